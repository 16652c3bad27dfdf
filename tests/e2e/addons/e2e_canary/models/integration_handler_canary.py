from odoo import models
from odoo.exceptions import UserError

from odoo.addons.integration_core.tools.errors import ConflictError


class IntegrationHandlerCanary(models.AbstractModel):
    """Fails in every way in which a careless handler may quote what it was given."""

    _name = "integration.handler.canary"
    _inherit = "integration.handler"
    _description = "Canaries"

    _contract = "e2e.patient"
    _repeatable = True

    def _process(self, received, data):
        getattr(self, f"_{data['act']}")(data)

    def _nothing(self, data):
        """Handle it."""

    def _value_error(self, data):
        raise ValueError(f"cannot read {data['patient']} of {data['visit']}")

    def _user_error(self, data):
        raise UserError(f"{data['patient']} is not admitted")

    def _conflict(self, data):
        raise ConflictError(f"{data['patient'].upper()} is known under another visit")

    def _sql(self, data):
        self.env.cr.execute("SELECT %s::integer", [data["patient"]])

    def _orm(self, data):
        # sudo: the service user may not write countries; the database refuses the code anyway
        self.env["res.country"].sudo().create({"name": data["patient"], "code": "BE"})
