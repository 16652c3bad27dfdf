from odoo import models


class IntegrationInterface(models.Model):
    _inherit = "integration.interface"

    def action_open_page(self):
        """How this interface does, as charts."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "integration_monitoring.action_interface_page"
        )
        return {**action, "name": self.display_name, "context": {"active_id": self.id}}
