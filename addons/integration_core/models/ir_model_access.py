from odoo import models


class IrModelAccess(models.Model):
    _name = "ir.model.access"
    _inherit = ["ir.model.access", "integration.watched"]

    _watched_fields = (
        "name",
        "active",
        "group_id",
        "model_id",
        "perm_read",
        "perm_write",
        "perm_create",
        "perm_unlink",
    )

    def _watched(self):
        # sudo: as for record rules
        return self.filtered(lambda one: one.sudo().model_id.model.startswith("integration."))
