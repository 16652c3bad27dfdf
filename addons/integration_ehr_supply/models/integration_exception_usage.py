from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import stock_turns, usage_late


class IntegrationException(models.Model):
    """What was used and had never been received: the buyer settles it with the supplier."""

    _inherit = "integration.exception"  # pylint: disable=consider-merging-classes-inherited

    kind = fields.Selection(
        selection_add=[
            ("emergency_receipt", "Used before it was received"),
            ("kit_failed", "Case kit could not be reserved"),
            ("kit_picked", "Case kit is picked and not needed"),
            (usage_late.KIND, "Used after the kit had gone back"),
        ],
        ondelete={
            "emergency_receipt": "cascade",
            "kit_failed": "cascade",
            "kit_picked": "cascade",
            usage_late.KIND: "cascade",
        },
    )

    @api.model
    def _verdict_labels(self):
        return super()._verdict_labels() | {
            "emergency_receipt": (
                self.env._("Accept: order it from the supplier"),
                self.env._("Reject: it was in stock"),
            ),
            "kit_failed": (self.env._("Accept: try it again"), self.env._("Reject: leave it so")),
            "kit_picked": (
                self.env._("Accept: put it back"),
                self.env._("Reject: bring it as it is"),
            ),
            usage_late.KIND: (
                self.env._("Accept: it never came back"),
                self.env._("Reject: it did come back"),
            ),
        }

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

    def _accept_kit_went_back(self):
        """It never came back: what was booked is right. There is nothing to write."""

    def _reject_kit_went_back(self):
        """It did come back, and goods of the theatre were used: those are less.

        :raises UserError: the theatre has none of it by Odoo's count, or the usage is gone
        """
        used = self.env["ehr.consumption"].browse(self.proposal["consumption"]).exists()
        back = self.env["stock.move"].browse(self.proposal["back"]).exists()
        place = self.env["stock.location"].browse(self.proposal["place"]).exists()
        if not (used and back and place):
            raise UserError(self.env._("The usage is gone. Accept this, and count the stock."))
        stock_turns.take(
            self.with_company(used.company_id).env,
            [(used.product_id.id, one.id) for one in (back.location_id, place)],
        )
        quantity = min(self.proposal["quantity"], used._kept())
        there = self.env["stock.quant"]._get_available_quantity(
            used.product_id, back.location_id, lot_id=used.lot_id, strict=True
        )
        if used.product_id.uom_id.compare(there, quantity) < 0:
            raise UserError(
                self.env._(
                    "%(place)s has not so much of it by Odoo's count. Count it, then reject; or "
                    "accept, if the number that was told is the one that came back.",
                    place=back.location_id.display_name,
                )
            )
        usage_late.bring_back(used, back, place, quantity)
