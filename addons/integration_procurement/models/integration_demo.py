from odoo import api, models

from ..demo import story


class IntegrationDemo(models.AbstractModel):
    """The orders of the demo story, with their messages."""

    _inherit = "integration.demo"

    @api.model
    def _load_procurement(self):
        story.tell(self.env)
