from . import account_move_reversal, integration_charge_entry
