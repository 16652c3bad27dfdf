from odoo import api, models

from ..demo import claims


class IntegrationDemo(models.AbstractModel):
    """What the payer of the demo hospital says."""

    _inherit = "integration.demo"

    @api.model
    def _load_ehr_payer(self):
        claims.tell(self.env)
