from . import (
    integration_demo,
    integration_handler_order_confirmation,
    purchase_order,
    purchase_order_line,
    uom_uom,
)
