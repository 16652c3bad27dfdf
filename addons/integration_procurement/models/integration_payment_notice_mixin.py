from odoo import fields, models
from odoo.tools import html2plaintext


class IntegrationPaymentNoticeMixin(models.AbstractModel):
    """What the payment system last said about a bill, an invoice or a payment.

    A notice books nothing: the money is matched with the bank statement as always. Each model adds
    ``payment_notice_amount``, in its own currency.
    """

    _name = "integration.payment.notice.mixin"
    _description = "Document with Notices of the Payment System"

    payment_notice_state = fields.Selection(
        [("executed", "Executed"), ("rejected", "Rejected"), ("returned", "Returned")],
        string="Payment system",
        readonly=True,
        copy=False,
        help="What the payment system last said. It books nothing.",
    )
    payment_notice_date = fields.Date(string="Payment system: date", readonly=True, copy=False)
    payment_notice_reference = fields.Char(
        string="Payment system: reference", readonly=True, copy=False
    )
    payment_notice_reason = fields.Char(string="Payment system: reason", readonly=True, copy=False)

    def _integration_note_payment(self, notice, responsible):
        """Note a notice, and give somebody the task when no money went out.

        :param notice: values of the fields above, without their prefix
        :param responsible: user, may be empty
        """
        self.ensure_one()
        words = dict(self._fields["payment_notice_state"]._description_selection(self.env))
        text = self.env._(
            "Payment system, %(date)s: %(state)s (%(reference)s). %(reason)s",
            date=fields.Date.to_string(notice["date"]),
            state=words[notice["state"]],
            reference=notice["reference"],
            reason=notice["reason"] or "",
        ).strip()
        overtaken = self.payment_notice_date and notice["date"] < self.payment_notice_date
        if overtaken and self._integration_payment_was_told(text):
            return  # handled again: nothing is new
        self.message_post(body=text, subtype_xmlid="mail.mt_note")
        if overtaken:
            return  # by what came first
        self.write({f"payment_notice_{name}": value for name, value in notice.items()})
        if notice["state"] != "executed" and responsible:
            self.activity_schedule(
                "mail.mail_activity_data_todo", user_id=responsible.id, summary=text
            )

    def _integration_payment_was_told(self, text) -> bool:
        """Whether the chatter has a notice: only the latest one is in the fields."""
        words = text.split()
        # sudo: what was noted is no secret to the interface that notes it
        return any(html2plaintext(one.body).split() == words for one in self.sudo().message_ids)
