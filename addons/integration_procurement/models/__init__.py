# What other handlers inherit from comes first.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_master

# isort: split
from . import (
    integration_demo,
    integration_exception,
    integration_handler_item,
    integration_handler_item_merge,
    integration_handler_material_consumption,
    integration_handler_order_confirmation,
    integration_handler_supplier,
    integration_readiness_check,
    product_product,
    purchase_order,
    purchase_order_line,
    uom_uom,
)
