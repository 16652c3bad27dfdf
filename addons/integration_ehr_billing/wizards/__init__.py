from . import ehr_charge_entry
