import logging
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools import canonical, invoice_match
from ..tools.invoice_match import Aspect, Limit

_logger = logging.getLogger(__name__)

KINDS = {Aspect.QUANTITY: "invoice_quantity", Aspect.PRICE: "invoice_price"}
MATCHED = (*KINDS.values(), "invoice_totals")


class AccountMove(models.Model):
    """Bills that suppliers sent as messages are matched with orders and receipts.

    What does not match is a business exception. As long as one is open, the bill cannot be
    validated: whoever validates it would accept what he did not see.
    """

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    integration_digest = fields.Char(
        string="Digest of the supplier's invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Set on bills that came as a message; the same invoice has the same digest.",
    )

    integration_to_decide = fields.Boolean(
        string="Does not match",
        compute="_compute_integration_to_decide",
        search="_search_integration_to_decide",
        help="Something that the supplier says differently was not decided yet.",
    )

    @api.depends_context("uid")
    def _compute_integration_to_decide(self):
        # sudo: whoever reads a bill may know that it waits, not who decides what
        waiting = set(self.env["integration.exception"].sudo()._of(self._origin).mapped("res_id"))
        for move in self:
            move.integration_to_decide = move._origin.id in waiting

    @api.model
    def _search_integration_to_decide(self, operator, value):
        if operator != "in":
            return NotImplemented  # the ORM derives the other operators from this one
        waiting = Domain("id", "in", self._integration_undecided())
        wanted = set(value)
        if wanted == {True}:
            return waiting
        return ~waiting if wanted == {False} else Domain(bool(wanted))

    @api.model
    def _integration_undecided(self) -> SQL:
        """Ids of the bills of the user's companies about which something is open."""
        return SQL(
            "(SELECT res_id FROM integration_exception WHERE res_model = 'account.move' "
            "AND state = 'open' AND company_id = ANY(%s))",
            self.env.companies.ids,
        )

    # ------------------------------------------------------------------
    # the match
    # ------------------------------------------------------------------

    def action_open_integration_exceptions(self):
        """What differs now: goods may have arrived, or the bill was corrected."""
        self.filtered("integration_digest")._integration_match()
        return super().action_open_integration_exceptions()

    def action_open_integration_comparison(self):
        """Match again; open what has to be decided, else say that there is nothing."""
        self.ensure_one()
        action = self.action_open_integration_exceptions()
        # sudo: as in _integration_match
        if self.env["integration.exception"].sudo()._of(self):
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Nothing about this bill has to be decided."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _integration_match(self, received=None):
        """Raise what does not match, and withdraw what does by now.

        :param received: of the handler that made the bill; ``None`` when a person asks
        """
        for move in self.filtered(lambda one: one.is_purchase_document()):
            move._integration_take_rounding()
            found = {(one["kind"], one["key"]): one for one in move._integration_deviations()}
            # sudo: the service user and the buyer need no right on decisions of accountants
            exceptions = self.env["integration.exception"].sudo()
            waiting = exceptions._of(move).filtered(lambda one: one.kind in MATCHED)
            waiting.filtered(
                lambda one, found=found: not _same(one, found.get((one.kind, one.key)))
            )._void()
            for one in found.values():
                if not move._integration_decided(one):
                    move._integration_raise(received, one)

    def _integration_decided(self, deviation) -> bool:
        """Whether the same is open, or was accepted."""
        # sudo: as in _integration_match
        known = (
            self.env["integration.exception"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("kind", "=", deviation["kind"]),
                    ("key", "=", deviation["key"]),
                    ("state", "in", ("open", "accepted", "rejected")),
                ]
            )
        )
        return any(_same(one, deviation) for one in known)

    def _integration_raise(self, received, deviation):
        self.env["integration.exception"]._raise_for(
            received,
            self,
            deviation["kind"],
            deviation["name"],
            area="accounting",
            key=deviation["key"],
            lines=deviation["lines"],
            proposal=deviation["proposal"],
            user_id=self._integration_decider().id,
        )

    def _integration_decider(self):
        """Who decides: the buyer if he may, else the accountant in charge; nobody if none is set.

        Unassigned exceptions are in the list of all accountants.
        """
        buyers = self.invoice_line_ids.purchase_line_id.order_id.user_id
        able = buyers.filtered(
            lambda user: user.active and user.has_group("account.group_account_invoice")
        )
        return able[:1] or self.company_id.invoice_exception_user_id.filtered("active")

    def _integration_deviations(self) -> list[dict]:
        self.ensure_one()
        return [*self._integration_line_deviations(), *self._integration_totals_deviations()]

    # ------------------------------------------------------------------
    # quantity and price
    # ------------------------------------------------------------------

    def _integration_line_deviations(self) -> list[dict]:
        lines = self.invoice_line_ids.filtered("purchase_line_id")
        found = invoice_match.differences(
            [line._integration_invoiced() for line in lines],
            {line.id: line._integration_agreed(self) for line in lines.purchase_line_id},
            self._integration_tolerance(),
        )
        return [self._integration_deviation(one) for one in found]

    def _integration_tolerance(self) -> invoice_match.Tolerance:
        quantity, price = self.commercial_partner_id.with_company(
            self.company_id
        )._integration_invoice_tolerance(self.company_id)
        return invoice_match.Tolerance(_fraction(quantity), _fraction(price))

    def _integration_deviation(self, difference) -> dict:
        line = self.env["account.move.line"].browse(difference.key)
        label, name = self._integration_words(difference, line)
        ours, theirs = (
            invoice_match.as_text(value) for value in (difference.ours, difference.theirs)
        )
        unit = (
            line.purchase_line_id.product_uom_id.name
            if difference.aspect == Aspect.QUANTITY
            else self.currency_id.name
        )
        return {
            "kind": KINDS[difference.aspect],
            "key": str(line.id),
            "name": name,
            "lines": [(label, f"{ours} {unit}", f"{theirs} {unit}")],
            "proposal": {"ours": ours, "theirs": theirs},
        }

    def _integration_words(self, difference, line) -> tuple[str, str]:
        """Label and sentence for people."""
        product = line.product_id.display_name or line.name
        if difference.aspect == Aspect.PRICE:
            return (
                self.env._("Price for one %s", line.purchase_line_id.product_uom_id.name),
                self.env._("%s is invoiced at another price than it was ordered.", product),
            )
        if difference.limit == Limit.RECEIVED:
            return (
                self.env._("Received and not invoiced yet"),
                self.env._("More of %s is invoiced than was received.", product),
            )
        if difference.limit == Limit.INVOICED:
            return (
                self.env._("Invoiced and not credited yet"),
                self.env._("More of %s is credited than was invoiced.", product),
            )
        return (
            self.env._("Ordered and not invoiced yet"),
            self.env._("More of %s is invoiced than was ordered.", product),
        )

    # ------------------------------------------------------------------
    # not before all is decided
    # ------------------------------------------------------------------

    def _post(self, soft=True):
        received = self.filtered(
            lambda move: (
                move.integration_digest and move.state == "draft" and move.is_purchase_document()
            )
        )
        received._integration_refuse_undecided()
        return super()._post(soft)

    def _integration_refuse_undecided(self):
        """:raises UserError: something about one of the bills has to be decided first"""
        self._integration_match()
        for move in self:
            # sudo: whoever validates bills need not see who decides about them
            waiting = self.env["integration.exception"].sudo()._of(move)
            if waiting:
                self._integration_match_afterwards()
                raise UserError(
                    self.env._(
                        "%(bill)s does not match: %(reasons)s Decide this first (button “To be "
                        "decided”), or correct the bill and compare again.",
                        bill=move.ref or move.display_name,
                        reasons=" ".join(waiting.mapped("name")),
                    )
                )

    def _integration_match_afterwards(self):
        """Match once more when this transaction has ended, however it ends.

        The error that refuses to post takes back the exceptions that it speaks of, and whoever
        reads it has to find them. After the end no lock of ours is in the way.
        """
        registry = self.env.registry

        def match():
            try:
                with own_cursor(registry) as cr:
                    bills = self.with_env(self.env(cr=cr)).exists()
                    bills.filtered(lambda move: move.state == "draft")._integration_match()
            except Exception:
                # The button "Compare again" of the bill does the same.
                _logger.warning("Bills %s were not matched again", self.ids, exc_info=True)

        self.env.cr.postrollback.add(match)
        self.env.cr.postcommit.add(match)

    def unlink(self):
        self.env["integration.exception"]._settle(self.filtered("integration_digest"))
        return super().unlink()


def _same(exception, deviation) -> bool:
    """Whether an exception says what was found now."""
    return deviation is not None and exception.proposal == deviation["proposal"]


def _fraction(value) -> Fraction:
    return Fraction(canonical.number(value))
