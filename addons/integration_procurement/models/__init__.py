# What other handlers inherit from comes first.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_receipt

# isort: split
from . import integration_handler_carrier

# isort: split
from . import (
    integration_demo,
    integration_exception,
    integration_exception_stock,
    integration_handler_material_consumption,
    integration_handler_order_confirmation,
    integration_handler_proof_of_delivery,
    integration_handler_shipment_status,
    integration_handler_shipping_notice,
    integration_handler_stock_adjustment,
    integration_handler_supplier,
    integration_readiness_check,
    integration_shipment,
    integration_shipment_event,
    integration_shipment_line,
    integration_stock_adjustment,
    integration_stock_adjustment_line,
    purchase_order,
    purchase_order_line,
    purchase_order_shipment,
    res_company,
    res_config_settings,
    stock_move_line_shipment,
    stock_move_shipment,
    stock_picking_receiving,
    stock_picking_shipment,
    uom_uom,
)
