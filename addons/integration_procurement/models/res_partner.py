from odoo import models


class ResPartner(models.Model):
    """Suppliers show whether other systems have them as they stand here."""

    _name = "res.partner"
    _inherit = ["res.partner", "integration.sync.mixin"]

    def _integration_responsible_user(self):
        return self.buyer_id or super()._integration_responsible_user()
