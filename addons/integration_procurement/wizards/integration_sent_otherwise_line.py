from odoo import fields, models


class IntegrationSentOtherwiseLine(models.TransientModel):
    """An interface that sends the order, and how far it got."""

    _name = "integration.sent.otherwise.line"
    _description = "Order Sent by Other Means: Interface"

    wizard_id = fields.Many2one(
        "integration.sent.otherwise", required=True, readonly=True, ondelete="cascade"
    )
    # A number, no relation: a buyer may not read interfaces.
    interface = fields.Integer(string="Number of the interface", readonly=True)
    name = fields.Char(string="Interface", readonly=True)
    state = fields.Char(string="What has happened", readonly=True)
    may_have_left = fields.Boolean(readonly=True)
    chosen = fields.Boolean(string="Stop")
