from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL
from odoo.tools.sql import table_exists

from odoo.addons.integration_core.tools import errors

from ..engine import requisition_changes, requisition_moving
from ..engine.requisition_supply import Supply

#: What a person is asked when an order may have been entered by hand, or changes too late.
HAND = "requisition_hand"
LATE = "requisition_late"
#: What a person is told when an answer could not say what was decided.
UNTOLD = "requisition_untold"
#: An order of the feed may be one that was entered by hand so long before or after it.
NEAR = timedelta(hours=12)


class EhrRequisition(models.Model):
    """Requisitions that storekeepers enter while the feed is down, and what becomes of them."""

    _inherit = "ehr.requisition"  # pylint: disable=consider-merging-classes-inherited

    beside_feed = fields.Boolean(
        string="Another one than the feed's",
        copy=False,
        help="Somebody has looked: no order of the clinical system is for the same. It is supplied "
        "although one for this place and item is known.",
    )

    # ------------------------------------------------------------------
    # buttons
    # ------------------------------------------------------------------

    def action_supply(self):
        """Decide what was entered by hand, and make its transfers."""
        for one in self:
            one._check_access_to_supply()
            if not one.by_hand or one.state != "draft":
                raise UserError(self.env._("%s was decided already.", one.name))
            lines = one.line_ids.filtered(lambda line: line.state == "draft")
            if not lines:
                raise UserError(self.env._("Enter what is needed first."))
            if not (one.hand_reason or "").strip():
                raise UserError(
                    self.env._("Say why it is entered by hand, such as “feed down since 7:40”.")
                )
            one.route_id._take_turn()
            one._check_beside_feed(lines)
            one._decide(lines)

    def action_cancel(self):
        """Let nothing more come of it; what was picked or delivered stays, and is named."""
        kept = []
        for one in self:
            one._check_access_to_supply()
            for line in one.line_ids.filtered(lambda line: line.decision):
                refusal = requisition_changes.discontinue(line)
                if refusal and refusal != requisition_changes.DELIVERED:
                    kept.append(f"{line.display_name}: {line._refusals()[refusal]}")
            one.line_ids.filtered(lambda line: line.state == "draft").unlink()
            self.env["integration.exception"]._settle(one, (HAND,))
        return self._told_kept(kept) if kept else None

    def _told_kept(self, kept):
        """Action: say what was not cancelled."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not everything was cancelled"),
                "message": "\n".join(kept),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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

    def _check_beside_feed(self, lines):
        """:raises UserError: the feed tells of the same, and nobody has said that it is another"""
        if self.beside_feed:
            return
        self._require_all_seen()
        told = self._near(Domain("system_id", "!=", False)).line_ids
        matched = lines.search([("matched_id", "in", told.ids)]).matched_id
        pairs = lines._paired(
            (told - matched).filtered(lambda line: line.state not in ("cancelled", "rejected"))
        )
        if pairs:
            raise UserError(
                self.env._(
                    "%(order)s of the clinical system is for the same place and item, "
                    "%(product)s. If it is the same, delete this one, or decide it under “To "
                    "decide”. If it is another one, say so (“Another one than the feed's”) and "
                    "supply it.",
                    order=pairs[0][1].requisition_id.display_name,
                    product=pairs[0][0].product_id.display_name,
                )
            )

    def _require_all_seen(self):
        """The feed has ordered nothing for the place since this transaction began.

        :raises ConcurrencyError: it has; the server begins the request again, and sees it
        """
        query = SQL(
            """
            SELECT id FROM ehr_requisition
             WHERE route_id = %s AND system_id IS NOT NULL AND ordered_at BETWEEN %s AND %s
            """,
            self.route_id.id,
            self.ordered_at - NEAR,
            self.ordered_at + NEAR,
        )
        self.flush_model()
        seen = set(self.env.execute_query(query))
        with self.env.registry.cursor() as fresh:
            if not table_exists(fresh, self._table):
                return  # the addon is being installed: nobody else has its tables yet
            fresh.execute(query)
            if set(fresh.fetchall()) - seen:
                raise ConcurrencyError(self.env._("An order of the feed came at this moment."))

    def _near(self, domain):
        """Requisitions for the same place about the same time, the nearest first."""
        found = self.search(
            domain
            & Domain("route_id", "=", self.route_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "!=", "cancelled")
            & Domain("ordered_at", ">=", self.ordered_at - NEAR)
            & Domain("ordered_at", "<=", self.ordered_at + NEAR)
        )
        return found.sorted(lambda one: (abs(one.ordered_at - self.ordered_at), one.id))

    def _hold_for_hand(self, received):
        """Let lines of an order of the feed wait that may have been entered by hand.

        What is being entered still counts: it may be supplied any moment.

        :return: the lines that wait
        """
        self.ensure_one()
        entered = self._near(Domain("by_hand", "=", True)).line_ids
        pairs = self.line_ids._paired(
            entered.filtered(lambda line: not line.matched_id and line.state != "cancelled")
        )
        asked = {}
        for mine, theirs in pairs:
            mine.write({"decision": "held", "reason": "maybe_by_hand"})
            asked.setdefault(theirs.requisition_id, []).append((mine, theirs))
        # One question for each that was entered: the answers may differ.
        for hand, its in asked.items():
            self._ask_by_hand(received, hand, its)
        return self.line_ids.union(*(mine for mine, _theirs in pairs)).filtered(
            lambda line: line.decision == "held"
        )

    def _ask_by_hand(self, received, hand, pairs):
        self.env["integration.exception"]._raise_for(
            received,
            self,
            HAND,
            self.env._(
                "%(order)s may be %(hand)s, which was entered by hand for %(place)s.",
                order=self.group_number,
                hand=hand.name,
                place=self.route_id.display_name,
            ),
            area="stock",
            key=f"hand-{hand.id}",
            lines=[mine._beside(theirs) for mine, theirs in pairs],
            proposal={"hand": hand.id, "pairs": [[mine.id, theirs.id] for mine, theirs in pairs]},
        )

    def _ask_no_more(self, line):
        """Nobody has to decide on a line any more. What is asked of the others stays asked."""
        # sudo: questions are closed to people but for their buttons
        exceptions = self.env["integration.exception"].sudo()
        for asked in exceptions._of(self).filtered(lambda one: one.kind == HAND):
            before = asked.proposal["pairs"]
            pairs = [pair for pair in before if pair[0] != line.id]
            if not pairs:
                asked._void()
            elif pairs != before:
                told = [mine._beside(theirs) for mine, theirs in self._held(pairs)]
                lines = [
                    Command.create({"label": label, "ours": ours, "theirs": theirs})
                    for label, ours, theirs in told
                ]
                asked.write(
                    {
                        "proposal": {**asked.proposal, "pairs": pairs},
                        "line_ids": [Command.clear(), *lines],
                    }
                )

    def _take_over_hand(self, pairs):
        """It was this order: what was supplied by hand is supplied for it.

        What was cancelled since is left out; what was not supplied by hand yet is supplied now.

        :param pairs: ids of lines, of this order and by hand
        :raises UserError: what was entered by hand has changed in a way that people have to look at
        """
        self.ensure_one()
        waiting = self.env["ehr.requisition.line"]
        for mine, theirs in self._held(pairs):
            if not theirs or theirs.matched_id:
                raise UserError(self.env._("What was entered by hand has changed. Keep both."))
            # sudo: what is decided is closed to people but for their buttons
            hand = theirs.requisition_id.sudo()
            if theirs.decision:
                mine._take_over(theirs)
            else:
                theirs.sudo().matched_id = mine  # sudo: as above
                waiting |= mine
            if all(line.matched_id for line in hand.line_ids):
                hand.matched_id = self
        self._supply_now(waiting)

    def _supply_held(self, pairs):
        """It was another order: it is supplied as well.

        :param pairs: as of :meth:`_take_over_hand`
        """
        self.ensure_one()
        lines = self.env["ehr.requisition.line"]
        held, entered = lines, lines
        for mine, theirs in self._held(pairs):
            held |= mine
            entered |= theirs
        # sudo: as above; nobody is asked the same again
        entered.requisition_id.sudo().beside_feed = True
        self._supply_now(held)

    def _held(self, pairs):
        """Pairs of lines of which the order's waits still; by hand it may be gone."""
        browse = self.env["ehr.requisition.line"].browse
        found = [(browse(one).exists(), browse(other).exists()) for one, other in pairs]
        return [(mine, theirs) for mine, theirs in found if mine.decision == "held"]

    def _supply_now(self, held):
        if held:
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

    def _paired(self, others):
        """These lines, each with another one of the same item; of the same quantity if there is.

        :param others: in the order in which they are taken
        :return: pairs; lines without another one are left out
        """
        found, left = {}, others
        for exact in (True, False):
            for line in self:
                fits = left.filtered(
                    lambda one, line=line, exact=exact: (
                        one.product_id == line.product_id
                        and (not exact or one.product_quantity == line.product_quantity)
                    )
                )
                if line not in found and fits:
                    found[line] = fits[0]
                    left -= fits[0]
        return [(line, found[line]) for line in self if line in found]

    def _beside(self, other):
        """What people compare: the item, how much by hand, how much by the feed."""
        return self.product_id.display_name, other._as_ordered(), self._as_ordered()

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

    def _late_no_more(self):
        """What came too late was told again, and done."""
        # sudo: questions are closed to people but for their buttons
        asked = self.env["integration.exception"].sudo()._of(self.requisition_id)
        asked.filtered(lambda one: (one.kind, one.key) == (LATE, str(self.id)))._void()

    def _take_over(self, other):
        """Let the documents of a line that was entered by hand be those of this one."""
        # sudo: links of documents are closed to people but for decisions
        line, hand = self.sudo(), other.sudo()
        quantity, unit = line.quantity, line.unit_id
        wanted = line._number(line.product_quantity)
        line._give_visit(hand.move_ids.picking_id)
        line._give_visit(hand.purchase_line_ids.order_id)
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

    def _give_visit(self, documents):
        """Documents that were made by hand belong to the visit that the feed tells of."""
        documents.filtered(
            lambda one: not one.encounter_id
        ).encounter_id = self.requisition_id.encounter_id
