from odoo import api, models

from ..demo import leavers


class IntegrationDemo(models.AbstractModel):
    """Those who leave, with the messages of payroll."""

    _inherit = "integration.demo"

    @api.model
    def _load_hr(self):
        leavers.tell(self.env)
