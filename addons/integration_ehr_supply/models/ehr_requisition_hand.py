from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..engine import requisition_changes, requisition_moving
from ..engine.requisition_supply import Supply

HAND = "requisition_hand"
#: An order of the feed may be one that was entered by hand so long before or after it.
NEAR = timedelta(hours=12)


class EhrRequisition(models.Model):
    """Requisitions that storekeepers enter while the feed is down, and what becomes of them."""

    _inherit = "ehr.requisition"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------
    # buttons
    # ------------------------------------------------------------------

    def action_supply(self):
        """Decide what was entered by hand, and make its transfers."""
        for one in self:
            one._check_access_to_supply()
            if not one.by_hand or one.state != "draft":
                raise UserError(self.env._("%s was decided already.", one.name))
            if not one.line_ids:
                raise UserError(self.env._("Enter what is needed first."))
            if not (one.hand_reason or "").strip():
                raise UserError(
                    self.env._("Say why it is entered by hand, such as “feed down since 7:40”.")
                )
            one._decide(one.line_ids)

    def action_cancel(self):
        """Let nothing more come of it; what was picked or delivered stays."""
        for one in self:
            one._check_access_to_supply()
            for line in one.line_ids.filtered(lambda line: line.decision):
                requisition_changes.discontinue(line)
            one.line_ids.filtered(lambda line: not line.decision).unlink()
            self.env["integration.exception"]._settle(one, (HAND,))

    def _check_access_to_supply(self):
        self.ensure_one()
        self.check_access("write")

    def _decide(self, lines):
        """:raises UserError: it cannot be supplied as it is"""
        self.ensure_one()
        try:
            Supply(self).supply(lines)
        except errors.IntegrationError as exc:
            raise UserError(exc.message) from exc

    # ------------------------------------------------------------------
    # the feed is back
    # ------------------------------------------------------------------

    def _hold_for_hand(self, received):
        """Let an order of the feed wait if it may have been entered by hand.

        :return: whether it waits
        """
        self.ensure_one()
        pairs = self._hand_pairs()
        if not pairs:
            return False
        other = pairs[0][1].requisition_id
        self.line_ids.write({"decision": "held", "reason": "maybe_by_hand"})
        lines = [
            (mine.product_id.display_name, theirs._as_ordered(), mine._as_ordered())
            for mine, theirs in pairs
        ]
        self.env["integration.exception"]._raise_for(
            received,
            self,
            HAND,
            self.env._(
                "%(order)s may be %(hand)s, which was entered by hand for %(place)s.",
                order=self.group_number,
                hand=other.name,
                place=self.route_id.display_name,
            ),
            area="stock",
            key="hand",
            lines=lines,
            proposal={"hand": other.id, "pairs": [[mine.id, theirs.id] for mine, theirs in pairs]},
        )
        return True

    def _hand_pairs(self):
        """Lines of this order, each with one that was entered by hand for the same place and item.

        They are of one requisition; there are none unless all lines of this order have one.
        """
        near = self.search(
            Domain("by_hand", "=", True)
            & Domain("route_id", "=", self.route_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "not in", ("draft", "cancelled"))
            & Domain("ordered_at", ">=", self.ordered_at - NEAR)
            & Domain("ordered_at", "<=", self.ordered_at + NEAR)
        )
        for other in near.sorted(lambda one: (abs(one.ordered_at - self.ordered_at), one.id)):
            left = other.line_ids.filtered(lambda line: not line.matched_id)
            pairs = []
            for line in self.line_ids:
                found = left.filtered(lambda one, line=line: one.product_id == line.product_id)
                same = found.filtered(
                    lambda one, line=line: one.product_quantity == line.product_quantity
                )
                if not found:
                    break
                pairs.append((line, (same or found)[0]))
                left -= pairs[-1][1]
            else:
                if pairs:
                    return pairs
        return []

    def _take_over_hand(self, pairs):
        """It was this order: what was supplied by hand is supplied for it.

        :param pairs: ids of lines, of this order and by hand
        :raises UserError: the quantities differ, and that cannot be made right
        """
        self.ensure_one()
        browse = self.env["ehr.requisition.line"].browse
        for mine, theirs in (
            (browse(one).exists(), browse(other).exists()) for one, other in pairs
        ):
            if not mine or not theirs or theirs.matched_id or mine.decision != "held":
                raise UserError(self.env._("What was entered by hand has changed. Keep both."))
            mine._take_over(theirs)
            # sudo: what is decided is closed to people but for their buttons
            hand = theirs.requisition_id.sudo()
            if all(line.matched_id for line in hand.line_ids):
                hand.matched_id = self
        self.line_ids._wait_no_more()

    def _supply_held(self):
        """It was another order: it is supplied as well."""
        self.ensure_one()
        held = self.line_ids.filtered(lambda line: line.decision == "held")
        # sudo: as above
        held.sudo().write({"decision": False, "reason": False})
        self._decide(held)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_matched(self):
        if self.search_count([("matched_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("Something that was entered by hand belongs to it."))


class EhrRequisitionLine(models.Model):
    """Lines that turn out to be those that were entered by hand."""

    _inherit = "ehr.requisition.line"  # pylint: disable=consider-merging-classes-inherited

    def _as_ordered(self):
        self.ensure_one()
        return f"{self.quantity:g} {self.unit_id.display_name}"

    def _refusals(self):
        """Why a line is left as it is, by code."""
        return {
            requisition_changes.PICKED: self.env._("it is picked already"),
            requisition_changes.DELIVERED: self.env._("it is delivered already"),
            requisition_changes.ORDERED: self.env._("it is ordered from a supplier already"),
            requisition_changes.CANCELLED: self.env._("it is cancelled already"),
            "item_changed": self.env._("another item would be another order"),
            requisition_moving.PLACE: self.env._("it is too late for another place"),
            requisition_moving.VISIT: self.env._("it is too late for another visit"),
            requisition_moving.CENTRE: self.env._("it is too late for another cost centre"),
            requisition_moving.SUPPLIER: self.env._("it is ordered from a supplier already"),
        }

    def _take_over(self, other):
        """Let the documents of a line that was entered by hand be those of this one."""
        # sudo: links of documents are closed to people but for decisions
        line, hand = self.sudo(), other.sudo()
        quantity, unit = line.quantity, line.unit_id
        wanted = line._number(line.product_quantity)
        hand.move_ids.write({"ehr_requisition_line_id": line.id})
        hand.purchase_line_ids.write({"ehr_requisition_line_id": line.id})
        kept = ("decision", "reason", "is_direct", "rejected_quantity", "cancelled_quantity")
        values = {name: hand[name] for name in kept}
        line.write({**values, "quantity": hand.quantity, "unit_id": hand.unit_id.id})
        hand.matched_id = line
        if wanted == line._number(line.product_quantity):
            line.write({"quantity": quantity, "unit_id": unit.id})
            return
        if refusal := requisition_changes.resize(self, quantity, unit):
            raise UserError(
                self.env._(
                    "%(line)s: other quantities were ordered than entered by hand, and %(reason)s. "
                    "Keep both, and take back by hand what is too much.",
                    line=self.display_name,
                    reason=self._refusals()[refusal],
                )
            )

    def _wait_no_more(self):
        """Lines that had no counterpart by hand are supplied."""
        held = self.filtered(lambda line: line.decision == "held")
        if held:
            # sudo: as above
            held.sudo().write({"decision": False, "reason": False})
            held.requisition_id._decide(held)
