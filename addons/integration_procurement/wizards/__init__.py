from . import (
    account_move_dispute,
    account_payment_register,
    integration_sent_otherwise,
    integration_sent_otherwise_line,
)
