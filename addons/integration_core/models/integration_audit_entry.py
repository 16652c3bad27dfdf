import json
import operator as operators
from collections.abc import Collection

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..engine import audit, audit_triggers

ACTS = [
    ("create", "Created"),
    ("change", "Changed"),
    ("delete", "Deleted"),
    ("submit", "Submitted for review"),
    ("send_back", "Sent back"),
    ("approve", "Approved"),
    ("activate", "Activated"),
    ("deprecate", "Deprecated"),
    ("retire", "Retired"),
    ("reopen", "Back to draft"),
    ("propose", "Change proposed"),
    ("discard", "Proposal discarded"),
    ("apply", "Change applied"),
    ("rollback", "Rolled back"),
    ("break_glass", "Changed in an emergency"),
    ("waive", "Waiver granted"),
    ("revoke", "Revoked"),
    ("expire", "Expired"),
    ("pause", "Paused"),
    ("resume", "Resumed"),
    ("stop_receiving", "Receiving stopped"),
    ("retry", "Retried"),
    ("replay", "Replayed"),
    ("park", "Parked"),
    ("release", "Released"),
    ("cancel", "Cancelled"),
    ("resolve", "Resolved"),
    ("acknowledge", "Acknowledged"),
    ("assign", "Assigned"),
    ("escalate", "Escalated"),
    ("open_again", "Opened again"),
    ("confirm", "Confirmed"),
    ("view", "Content viewed"),
    ("generate", "Secret generated"),
    ("rotate", "Secret rotated"),
    ("readdress", "New address given"),
    ("reencrypt", "Encrypted anew"),
    ("look_up", "Looked up"),
    ("reveal", "Content revealed"),
    ("export", "Exported"),
    ("import", "Imported"),
    ("grant", "Right granted"),
    ("withdraw", "Right withdrawn"),
    ("override", "Ownership overridden"),
    ("keep", "Conflict: value kept"),
    ("take", "Conflict: value taken"),
    ("link", "Possible duplicate: linked to a record"),
    ("keep_apart", "Possible duplicate: kept apart"),
    ("ask_again", "Possible duplicate: decision taken back"),
    ("hold", "Legal hold"),
    ("unhold", "Legal hold lifted"),
    ("purge", "Purged"),
    ("mute", "Events muted"),
    ("unmute", "Events no longer muted"),
    ("disarm", "All traffic held"),
    ("rearm", "Traffic released"),
    ("verify", "Verified"),
    ("start", "Started"),
    ("finish", "Finished"),
    ("test", "Test message sent"),
    ("try_connection", "Connection tested"),
    ("poll", "Polled at once"),
    ("reread", "Read again"),
    ("subscribe", "Subscription asked for or ended"),
]

_COMPARE = {
    "in": lambda number, numbers: number in set(numbers),
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


class IntegrationAuditEntry(models.Model):
    """Who did what, to which record, when and why. Written by ``engine.audit`` only.

    Rows are never changed or deleted: a database trigger refuses it. That is why the table has no
    foreign keys (a deleted user must not change it) and no author and date columns of the ORM.
    """

    _name = "integration.audit.entry"
    _description = "Integration Audit Entry"
    _order = "id desc"
    _rec_name = "res_name"
    _log_access = False

    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    actor_id = fields.Integer(string="User id", required=True, readonly=True)
    actor_login = fields.Char(string="Who", readonly=True, help="Login at the time of the act.")
    act = fields.Selection(ACTS, string="What", required=True, readonly=True)
    res_model = fields.Char(string="Kind of record", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record id", model_field="res_model", required=True, readonly=True
    )
    res_name = fields.Char(string="Record", readonly=True, help="Its name at the time of the act.")
    # An integer, not a relation: see above.
    company_id = fields.Integer(string="Company id", readonly=True)
    reason = fields.Char(readonly=True, help="In the words of the person who acted.")
    changes = fields.Text(
        string="Changed values",
        readonly=True,
        help="JSON: field, value before and after.",
    )
    remote_address = fields.Char(string="From address", readonly=True)
    kind_name = fields.Char(string="Kind", compute="_compute_names", search="_search_kind_name")
    company = fields.Many2one(
        "res.company", compute="_compute_company", search="_search_company", compute_sudo=True
    )
    seal_number = fields.Integer(
        string="Number",
        compute="_compute_seal",
        search="_search_seal_number",
        help="Its place in the sealed trail. 0: not sealed yet.",
    )
    sealed_at = fields.Datetime(string="Sealed", compute="_compute_seal")
    changes_text = fields.Text(string="Changes", compute="_compute_changes_text")

    _record_idx = models.Index("(res_model, res_id, id)")
    _occurred_idx = models.Index("(occurred_at)")
    _actor_idx = models.Index("(actor_id, id)")

    def init(self):
        """Refuse every change of what was written, whoever tries, and queue it for the sealer."""
        audit_triggers.append_only(self.env.cr, self._table)
        audit_triggers.enqueue(self.env.cr)

    @api.depends("res_model")
    def _compute_names(self):
        for entry in self:
            known = entry.res_model in self.env
            entry.kind_name = self.env[entry.res_model]._description if known else entry.res_model

    def _search_kind_name(self, operator, value):
        if operator not in ("ilike", "not ilike", "in", "not in", "=", "!="):
            return NotImplemented
        texts = [value] if isinstance(value, str) else list(value)
        # sudo: the names of models are no secret, and everybody sees them on his screens
        models_found = (
            self.env["ir.model"]
            .sudo()
            .search(
                Domain.OR(
                    Domain("name", "ilike", one) | Domain("model", "ilike", one) for one in texts
                )
            )
        )
        negative = operator in Domain.NEGATIVE_OPERATORS
        return Domain("res_model", "not in" if negative else "in", models_found.mapped("model"))

    @api.depends("company_id")
    def _compute_company(self):
        companies = self.env["res.company"].browse(set(self.mapped("company_id")) - {0}).exists()
        for entry in self:
            entry.company = companies.filtered(lambda one, entry=entry: one.id == entry.company_id)

    def _search_company(self, operator, value):
        if operator not in ("in", "any", "=ilike", "ilike", "=like", "like"):
            return NotImplemented
        name = "display_name" if operator.endswith("like") else "id"
        asked = value if operator == "any" else Domain(name, operator, value)
        domain = Domain("company_id", "in", self.env["res.company"]._search(asked))
        # False, not unknown, where there is none: the negation must find it.
        domain &= Domain("company_id", "!=", False)
        if operator == "in" and isinstance(value, Collection) and False in value:
            domain |= Domain("company_id", "=", False)
        return domain

    def _compute_seal(self):
        # sudo: whoever may read an entry may see its place in the trail
        seals = self.env["integration.audit.seal"].sudo().search([("entry_id", "in", self.ids)])
        by_entry = {seal.entry_id: seal for seal in seals}
        for entry in self:
            seal = by_entry.get(entry.id, seals.browse())
            entry.seal_number = seal.sequence
            entry.sealed_at = seal.sealed_at

    def _search_seal_number(self, operator, value):
        # sudo: as in _compute_seal
        seals = self.env["integration.audit.seal"].sudo()
        waiting = self.env["integration.audit.unsealed"].sudo()
        if operator not in _COMPARE:
            return NotImplemented
        found = seals._search(Domain("sequence", operator, value))
        entry_id = seals._field_to_sql(seals._table, "entry_id", found)
        domain = Domain("id", "in", found.subselect(entry_id))
        if _COMPARE[operator](0, value):  # what is not sealed yet shows 0
            domain |= Domain("id", "in", waiting._search([]))
        return domain

    @api.depends("changes")
    def _compute_changes_text(self):
        for entry in self:
            model = self.env.get(entry.res_model)
            entry.changes_text = "\n".join(
                f"{self._label(model, name)}: {old or '∅'} → {new or '∅'}"
                for name, (old, new) in json.loads(entry.changes or "{}").items()
            )

    @api.model
    def _label(self, model, name):
        field = model._fields.get(name) if model is not None else None
        if field is None and (other := getattr(model, "_audit_fields_of", None)):
            field = self.env[other]._fields.get(name)
        return field._description_string(self.env) if field else name

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Audit entries are written by the acts themselves only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise AccessError(self.env._("Audit entries do not change."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Audit entries are kept."))

    def export_data(self, fields_to_export):
        """The list's own export; it is recorded as any other."""
        audit.record(
            self.env["integration.audit.trail"]._trail(),
            "export",
            reason=self.env._("Export of a list"),
            changes={"entry_count": ("", str(len(self)))},
        )
        return super().export_data(fields_to_export)

    def action_open_record(self):
        self.ensure_one()
        if self.res_model not in self.env:
            raise AccessError(self.env._("The addon of this record is not installed any more."))
        return self.env[self.res_model].browse(self.res_id).get_formview_action()
