from odoo import models

from ..tools import encoded_orders


class IntegrationHandlerEhrEncodedOrder(models.AbstractModel):
    """What a pharmacy is going to dispense is ordered of the store that it fills from.

    It becomes a requisition and moves goods to where they are dispensed. It uses none up: each
    dispense does, which is told by itself.
    """

    _name = "integration.handler.ehr_encoded_order"
    _inherit = "integration.handler.ehr_requisition"
    _description = "Encoded order: order of the store what a pharmacy is going to dispense"

    _contract = "ehr.encoded_order"

    def _process(self, received, data):
        return super()._process(received, encoded_orders.as_requisition(data))
