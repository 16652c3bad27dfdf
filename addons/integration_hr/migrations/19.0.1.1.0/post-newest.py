"""When the newest of employees and departments arrived is taken from the ledger."""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import newest

HANDLERS = {
    "integration.handler.employee": "hr.employee",
    "integration.handler.department": "hr.department",
}


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for handler, model in HANDLERS.items():
        newest.from_ledger(env, handler, model)
