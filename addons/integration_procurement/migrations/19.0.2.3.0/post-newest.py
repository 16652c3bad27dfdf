"""When the newest of items, suppliers and cost centres arrived is taken from the ledger."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import newest

HANDLERS = {
    "integration.handler.item": "product.product",
    "integration.handler.supplier": "res.partner",
    "integration.handler.cost_centre": "account.analytic.account",
}


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for handler, model in HANDLERS.items():
        newest.from_ledger(env, handler, model)
