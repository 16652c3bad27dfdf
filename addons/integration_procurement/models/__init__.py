# First: other handlers inherit from these.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_receipt

# isort: split
from . import integration_handler_carrier

# isort: split
from . import integration_handler_catalogue

# isort: split
from . import integration_handler_cost_centre

# isort: split
from . import integration_handler_invoice_line

# isort: split
from . import integration_handler_master

# isort: split
from . import integration_handler_order_confirmation

# isort: split
from . import (
    account_analytic_account,
    account_move,
    account_move_canonical,
    account_move_dispute,
    account_move_line,
    account_move_match,
    account_move_notice,
    account_move_payment,
    account_move_totals,
    account_partial_reconcile,
    account_payment,
    account_payment_term,
    account_tax,
    integration_demo,
    integration_exception,
    integration_exception_cost_centre,
    integration_exception_finance,
    integration_exception_price_list,
    integration_exception_purchase,
    integration_exception_stock,
    integration_handler_budget_answer,
    integration_handler_cost_centre_list,
    integration_handler_invoice,
    integration_handler_item,
    integration_handler_item_merge,
    integration_handler_item_packaging,
    integration_handler_journal_entry,
    integration_handler_material_consumption,
    integration_handler_order_confirmation_words,
    integration_handler_payment_status,
    integration_handler_price_list,
    integration_handler_procurement_finance,
    integration_handler_proof_of_delivery,
    integration_handler_shipment_status,
    integration_handler_shipping_notice,
    integration_handler_stock_adjustment,
    integration_handler_stock_availability,
    integration_handler_supplier,
    integration_payment_notice_mixin,
    integration_readiness_check,
    integration_readiness_check_finance,
    integration_shipment,
    integration_shipment_event,
    integration_shipment_line,
    integration_stock_adjustment,
    integration_stock_adjustment_line,
    procurement_stock_threshold,
    procurement_stock_threshold_check,
    procurement_stock_threshold_due,
    product_product,
    product_product_bulk,
    product_product_events,
    product_supplierinfo,
    product_template,
    product_template_events,
    purchase_budget_check,
    purchase_order,
    purchase_order_budget,
    purchase_order_line,
    purchase_order_line_availability,
    purchase_order_line_budget,
    purchase_order_line_invoice,
    purchase_order_line_plan,
    purchase_order_sent,
    purchase_order_shipment,
    res_company,
    res_company_finance,
    res_config_settings,
    res_partner,
    res_partner_events,
    res_partner_finance,
    stock_location,
    stock_lot,
    stock_move,
    stock_move_line_shipment,
    stock_move_shipment,
    stock_picking,
    stock_picking_receiving,
    stock_picking_shipment,
    stock_warehouse_orderpoint,
    uom_uom,
)
