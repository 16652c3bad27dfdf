from odoo import fields, models


class IntegrationException(models.Model):
    """What was used and had never been received: the buyer settles it with the supplier."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[
            ("emergency_receipt", "Used before it was received"),
            ("kit_failed", "Case kit could not be reserved"),
            ("kit_picked", "Case kit is picked and not needed"),
        ],
        ondelete={
            "emergency_receipt": "cascade",
            "kit_failed": "cascade",
            "kit_picked": "cascade",
        },
    )

    def _accept_emergency_receipt(self):
        """An order of which the receipt is the delivery: the bill has something to match.

        :raises UserError: the receipt names no supplier
        """
        self._document()._ehr_order_after_the_fact()

    def _accept_kit_picked(self):
        """It is put back: nothing of it is reserved any more."""
        picking = self._document()
        if picking.state == "done":
            picking._ehr_release_kit()
            return
        picking.move_ids.picked = False
        picking.action_cancel()
        picking.ehr_kit_closed = True

    def _reject_kit_picked(self):
        """It is brought as it is, and not looked after any more."""
        self._document().ehr_kit_closed = True

    def _accept_kit_failed(self):
        """What hindered it is mended: the appointment is looked at again."""
        self.env["ehr.kit.due"]._remember(self._document())
