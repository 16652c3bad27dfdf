from odoo import models


class IntegrationHandlerBench(models.AbstractModel):
    """Accepts order confirmations and does nothing: what is left is the engine's own cost."""

    _name = "integration.handler.bench"
    _inherit = "integration.handler"
    _description = "Benchmark: nothing"

    _contract = "procurement.order_confirmation"

    def _process(self, received, data):
        return None
