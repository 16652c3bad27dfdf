from . import ehr_requisition  # isort: skip
from . import ehr_requisition_line  # isort: skip
from . import (
    account_move,
    ehr_requisition_answer,
    ehr_requisition_events,
    ehr_requisition_hand,
    ehr_supply_route,
    integration_demo,
    integration_exception,
    integration_handler_ehr_requisition,
    integration_hl7_answer,
    integration_readiness_check,
    purchase_order,
    stock_move,
    stock_picking,
)
