from odoo import models


class IrCron(models.Model):
    _name = "ir.cron"
    _inherit = ["ir.cron", "integration.watched"]

    _watched_fields = (
        "name",
        "active",
        "code",
        "interval_number",
        "interval_type",
        "model_id",
        "nextcall",
        "state",
        "user_id",
    )

    def _watched(self):
        # sudo: as for record rules
        return self.filtered(lambda one: one.sudo().model_id.model.startswith("integration."))
