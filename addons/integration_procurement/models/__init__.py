from . import (
    integration_demo,
    integration_exception,
    integration_handler_material_consumption,
    integration_handler_order_confirmation,
    integration_handler_procurement,
    integration_handler_supplier,
    integration_readiness_check,
    purchase_order,
    purchase_order_line,
    uom_uom,
)
