from odoo import api, models

from ..demo import traffic


class IntegrationDemo(models.AbstractModel):
    _inherit = "integration.demo"

    @api.model
    def _load_monitoring(self):
        traffic.tell(self.env)
