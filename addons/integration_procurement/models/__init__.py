# What other handlers inherit from comes first.
from . import integration_handler_procurement

# isort: split
from . import integration_handler_master
from . import integration_handler_cost_centre, integration_handler_master

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
    uom_uom,
)
