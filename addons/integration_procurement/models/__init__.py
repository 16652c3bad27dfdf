# What other handlers inherit from comes first.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_master
from . import integration_handler_cost_centre, integration_handler_master
# First: other handlers inherit from these.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_catalogue
from . import integration_handler_receipt

# isort: split
from . import integration_handler_carrier

# isort: split
from . import (
    account_analytic_account,
    integration_demo,
    integration_exception,
    integration_exception_cost_centre,
    integration_handler_cost_centre_list,
    integration_handler_item,
    integration_handler_item_merge,
    integration_handler_material_consumption,
    integration_handler_order_confirmation,
    integration_handler_supplier,
    integration_readiness_check,
    product_product_events,
    product_template_events,
    purchase_order,
    purchase_order_line,
    res_partner_events,
    integration_exception_price_list,
    integration_exception_purchase,
    integration_handler_material_consumption,
    integration_handler_order_confirmation,
    integration_handler_order_confirmation_words,
    integration_handler_price_list,
    integration_handler_stock_availability,
    integration_handler_supplier,
    integration_readiness_check,
    product_supplierinfo,
    purchase_order,
    purchase_order_line,
    purchase_order_line_availability,
    purchase_order_sent,
    res_company,
    res_config_settings,
    res_partner,
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
    procurement_stock_threshold,
    procurement_stock_threshold_check,
    procurement_stock_threshold_due,
    product_product,
    product_template,
    purchase_order,
    purchase_order_line,
    res_partner,
    stock_location,
    stock_lot,
    stock_move,
    stock_picking,
    stock_warehouse_orderpoint,
    uom_uom,
)
