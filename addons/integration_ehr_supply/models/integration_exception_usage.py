from odoo import fields, models


class IntegrationException(models.Model):
    """What was used and had never been received: the buyer settles it with the supplier."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[("emergency_receipt", "Used before it was received")],
        ondelete={"emergency_receipt": "cascade"},
    )

    def _accept_emergency_receipt(self):
        """The buyer has ordered it after the fact, or corrected the stock: nothing to write."""
