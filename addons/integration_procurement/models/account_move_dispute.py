from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import canonical

DISPUTED = "disputed"
RELEASED = "released"


class AccountMove(models.Model):
    """A vendor bill in dispute: it is not paid and not reset before the dispute has ended."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    # A selection, not a checkbox: that a dispute ended is an event, and "no dispute" is none.
    dispute_state = fields.Selection(
        [(DISPUTED, "In dispute"), (RELEASED, "Dispute ended")],
        string="Dispute",
        readonly=True,
        copy=False,
        tracking=True,
        help="A bill in dispute cannot be paid. It can be validated: what is owed stays owed until "
        "the dispute has ended or a credit note has come.",
    )
    dispute_reason = fields.Char(
        string="Reason of the dispute", readonly=True, copy=False, tracking=True
    )
    dispute_user_id = fields.Many2one(
        "res.users", string="Disputed by", readonly=True, copy=False, ondelete="set null"
    )
    dispute_date = fields.Datetime(string="Disputed on", readonly=True, copy=False)

    # ------------------------------------------------------------------
    # begin and end
    # ------------------------------------------------------------------

    def action_ask_dispute(self):
        """Ask for the reason."""
        self._check_disputable()
        return self._integration_ask_reason(ending=False)

    def action_ask_end_dispute(self):
        """Ask why the bill may be paid now."""
        self._check_disputed()
        return self._integration_ask_reason(ending=True)

    def _integration_ask_reason(self, ending):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_procurement.action_integration_bill_dispute"
        )
        action["context"] = {
            "default_move_ids": [fields.Command.set(self.ids)],
            "default_ending": ending,
        }
        return action

    def _integration_dispute(self, reason):
        """Put bills in dispute.

        :param reason: for people, and for those that the event tells
        :raises UserError: no vendor bill, or paid, cancelled or disputed already
        """
        self._check_disputable()
        self.write(
            {
                "dispute_state": DISPUTED,
                "dispute_reason": reason,
                "dispute_user_id": self.env.uid,
                "dispute_date": fields.Datetime.now(),
            }
        )

    def _integration_end_dispute(self, reason):
        """The bills may be paid again.

        :param reason: for people, in the chatter
        :raises UserError: one of them is not in dispute
        """
        self._check_disputed()
        self.write({"dispute_state": RELEASED})
        for move in self:
            move.message_post(
                body=self.env._("The dispute ended: %s", reason), subtype_xmlid="mail.mt_note"
            )

    def _check_disputed(self):
        if any(move.dispute_state != DISPUTED for move in self):
            raise UserError(self.env._("Only bills in dispute can be released."))

    def _check_disputable(self):
        for move in self:
            if not move.is_purchase_document():
                raise UserError(self.env._("Only vendor bills can be put in dispute."))
            if move.dispute_state == DISPUTED:
                raise UserError(self.env._("%s is in dispute already.", move.display_name))
            if move.state == "cancel" or move.payment_state in ("paid", "in_payment", "reversed"):
                raise UserError(
                    self.env._(
                        "%s is cancelled, paid or settled. Ask the supplier for a credit note "
                        "instead.",
                        move.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # what is not done meanwhile
    # ------------------------------------------------------------------

    def _integration_refuse_disputed(self):
        """:raises UserError: one of the bills is in dispute"""
        for move in self:
            if move.dispute_state == DISPUTED:
                raise UserError(
                    self.env._(
                        "%(bill)s is in dispute: %(reason)s End the dispute on the bill first.",
                        bill=move.display_name,
                        reason=_sentence(move.dispute_reason),
                    )
                )

    def button_draft(self):
        self._integration_refuse_disputed()
        return super().button_draft()

    def button_cancel(self):
        res = super().button_cancel()
        # There is nothing to argue about any more.
        self.filtered(lambda move: move.dispute_state == DISPUTED).write(
            {"dispute_state": RELEASED}
        )
        self.env["integration.exception"]._settle(self)
        return res

    def _integration_dispute_told(self) -> dict | None:
        if not self.dispute_state:
            return None
        return {
            "state": self.dispute_state,
            "reason": canonical.text(self.dispute_reason),
            "since": canonical.moment(self.dispute_date),
        }


def _sentence(text) -> str:
    text = (text or "").strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
