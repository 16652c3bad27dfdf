# What other handlers inherit from comes first.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_master
from . import integration_handler_cost_centre, integration_handler_master
# First: other handlers inherit from these.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_catalogue

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
    uom_uom,
)
