from odoo import api, models

from ..demo import story


class IntegrationDemo(models.AbstractModel):
    """Loads what demo data cannot say in XML: the ledger, which the ORM does not write."""

    _name = "integration.demo"
    _description = "Integration Demo Data"

    @api.model
    def _load_core(self):
        arming = self.env["integration.arming"]
        if not arming._current():
            arming._remember(self.env._("Demo data"))
        story.tell(self.env)
