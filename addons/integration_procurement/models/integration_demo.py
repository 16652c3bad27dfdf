from odoo import api, models

from ..demo import fetching, laboratory, partners_say, story, suppliers, watching


class IntegrationDemo(models.AbstractModel):
    """The orders of the demo story, its suppliers and its laboratory, with their messages."""

    _inherit = "integration.demo"

    @api.model
    def _load_procurement(self):
        story.tell(self.env)
        laboratory.tell(self.env)
        suppliers.tell(self.env)
        fetching.tell(self.env)

    @api.model
    def _load_partners_say(self):
        partners_say.tell(self.env)
        watching.tell(self.env)
