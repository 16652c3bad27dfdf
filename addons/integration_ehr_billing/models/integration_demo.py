from odoo import api, models

from ..demo import charges


class IntegrationDemo(models.AbstractModel):
    """The charges of the demo hospital, and what became of them."""

    _inherit = "integration.demo"

    @api.model
    def _load_ehr_billing(self):
        charges.tell(self.env)

    @api.model
    def _load_ehr_hospital_charges(self):
        charges.connect_hospital(self.env)
