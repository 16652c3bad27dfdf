from odoo import api, models

from ..demo import hospital, requisitions


class IntegrationDemo(models.AbstractModel):
    """What wards of the demo hospital order, with what became of it."""

    _inherit = "integration.demo"

    @api.model
    def _load_supply_requisitions(self):
        requisitions.tell(self.env)

    @api.model
    def _load_ehr_hospital(self):
        hospital.prepare(self.env)
