from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..engine import settings

# Ended grants are of no use any more; the audit trail keeps what happened.
KEPT = timedelta(days=1)


class IntegrationReveal(models.Model):
    """That a person may see private content for some minutes, and why.

    Written by ``integration.revealed`` only, and by nobody over RPC: a grant is made by giving a
    reason. It holds no content. It counts for its person alone, and only as long as the person
    keeps the role and the rights on the record.
    """

    _name = "integration.reveal"
    _description = "Revealed Content"
    _order = "id desc"
    _rec_name = "reason"
    _log_access = False

    user_id = fields.Many2one(
        "res.users", string="Who", required=True, readonly=True, index=True, ondelete="cascade"
    )
    res_model = fields.Char(string="Kind of record", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record id",
        model_field="res_model",
        required=True,
        readonly=True,
        help="A message, an event, or a document: then all messages and events about it.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    reason = fields.Char(required=True, readonly=True)
    created_at = fields.Datetime(string="From", required=True, readonly=True)
    until = fields.Datetime(required=True, readonly=True, index=True)
    # What was shown, so that each piece is audited once: “model,id:stage” by line.
    seen = fields.Text(readonly=True)

    @api.model
    def _grant(self, record, reason, company):
        """Let the present user see the content of ``record`` from now on.

        :param record: a message, an event or a document
        """
        now = fields.Datetime.now()
        # sudo: closed to everybody; the caller has checked role, rights and reason
        return self.sudo().create(
            {
                "user_id": self.env.uid,
                "res_model": record._name,
                "res_id": record.id,
                "company_id": company.id,
                "reason": reason,
                "created_at": now,
                "until": now + timedelta(minutes=settings.reveal_minutes()),
            }
        )

    @api.model
    def _open(self, records):
        """Grants of the present user that are not over and cover one of ``records``, newest first.

        :param records: messages or events
        """
        targets = {(one._name, one.id) for one in records}
        targets |= {(one.res_model, one.res_id) for one in records if one.res_id}
        # sudo: closed to everybody; only grants of the user himself are looked for
        return self.sudo().search(
            Domain("user_id", "=", self.env.uid)
            & Domain("until", ">", fields.Datetime.now())
            & Domain.OR(
                Domain("res_model", "=", model) & Domain("res_id", "=", res_id)
                for model, res_id in targets
            )
        )

    @api.model
    def _interfaces(self):
        """Interfaces of the messages that are revealed to the present user now."""
        # sudo: as in _open
        grants = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("until", ">", fields.Datetime.now()),
                ("res_model", "=", "integration.message"),
            ]
        )
        # sudo: as above
        messages = self.env["integration.message"].sudo().browse(grants.mapped("res_id"))
        return messages.exists().interface_id

    def _covers(self, record) -> bool:
        """Whether one of these grants is for ``record`` or for the document that it is about."""
        targets = {(record._name, record.id)}
        if record.res_id:
            targets.add((record.res_model, record.res_id))
        return any((grant.res_model, grant.res_id) in targets for grant in self)

    def _first_looks(self, record, stages) -> list[str]:
        """Those of ``stages`` of a record that were not shown under this grant; noted as shown."""
        self.ensure_one()
        seen = set((self.seen or "").splitlines())
        new = [s for s in stages if f"{record._name},{record.id}:{s}" not in seen]
        if new:
            seen.update(f"{record._name},{record.id}:{stage}" for stage in new)
            self.seen = "\n".join(sorted(seen))
        return new

    def _end(self):
        self.until = fields.Datetime.now()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # su: :meth:`_grant`; a remote call never is superuser
            raise AccessError(
                self.env._("Content is revealed by giving a reason, in no other way.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:  # su: as in create
            raise AccessError(
                self.env._("Content is revealed by giving a reason, in no other way.")
            )
        return super().write(vals)

    @api.autovacuum
    def _gc_ended(self):
        self.search([("until", "<", fields.Datetime.now() - KEPT)]).unlink()
