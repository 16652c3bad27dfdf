from odoo import models


class IrRule(models.Model):
    _name = "ir.rule"
    _inherit = ["ir.rule", "integration.watched"]

    _watched_fields = (
        "name",
        "active",
        "domain_force",
        "groups",
        "model_id",
        "perm_read",
        "perm_write",
        "perm_create",
        "perm_unlink",
    )

    def _watched(self):
        # sudo: what a rule protects is decided whoever changes it
        return self.filtered(lambda one: one.sudo().model_id.model.startswith("integration."))
