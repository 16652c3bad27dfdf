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

# Usage and case kits
from . import (
    account_move_usage,
    ehr_appointment_kit,
    ehr_case_kit,
    ehr_case_kit_line,
    ehr_consumption,
    ehr_kit_demand,
    ehr_kit_due,
    ehr_kit_request,
    ehr_location_usage,
    integration_exception_usage,
    integration_handler_ehr_consumption,
    integration_handler_ehr_kit_request,
    product_product_usage,
    purchase_order_usage,
    res_company_usage,
    res_config_settings_usage,
    stock_lot_usage,
    stock_move_usage,
    stock_orderpoint_usage,
    stock_picking_usage,
    stock_quant_usage,
)
