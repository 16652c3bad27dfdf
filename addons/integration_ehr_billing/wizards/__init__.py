from . import integration_charge_entry
