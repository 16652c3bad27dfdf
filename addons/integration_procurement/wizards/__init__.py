from . import (
    account_payment_register,
    integration_bill_dispute,
    integration_budget_ask,
    integration_sent_otherwise,
    integration_sent_otherwise_line,
)
