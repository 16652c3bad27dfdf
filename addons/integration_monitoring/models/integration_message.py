from odoo import models


class IntegrationMessage(models.Model):
    _inherit = "integration.message"

    def action_open_trace(self):
        """Everything that happened under the correlation id of this message."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("integration_monitoring.action_trace")
        return {**action, "context": {"correlation_id": self.correlation_id}}
