from . import account_move_dispute, account_payment_register
