from . import ehr_waits_for  # isort: skip
from . import (
    account_move,
    ehr_account,
    ehr_charge,
    ehr_charge_booking,
    ehr_charge_code,
    ehr_charge_decisions,
    ehr_charge_events,
    ehr_merge,
    ehr_payer,
    integration_exception,
    integration_handler_ehr_account,
    integration_handler_ehr_charge,
    res_company,
    res_config_settings,
    stock_move,
    stock_picking,
)
