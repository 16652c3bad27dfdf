from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit, owned_form

#: Minutes that a person may write owned fields of one record.
MINUTES = 30


class IntegrationOwnershipOverride(models.Model):
    """A person's leave to change owned data of one record for half an hour, with the reason."""

    _name = "integration.ownership.override"
    _description = "Integration Ownership Override"
    _log_access = False
    _order = "id desc"
    _rec_name = "res_model"

    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="cascade")
    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id",
        model_field="res_model",
        readonly=True,
        help="Empty: records that are yet to be created.",
    )
    reason = fields.Char(required=True, readonly=True)
    granted_at = fields.Datetime(required=True, readonly=True)
    valid_until = fields.Datetime(required=True, readonly=True)

    _use_idx = models.Index("(user_id, res_model, res_id, valid_until)")

    @api.model
    def _reasons(self, model, ids) -> dict[int, str]:
        """Reasons of the user's overrides that hold now, by record id (0 for new records)."""
        # sudo: nobody but administrators reads overrides; these are the user's own
        found = self.sudo().search(
            [
                ("user_id", "=", self.env.uid),
                ("res_model", "=", model),
                ("res_id", "in", list(ids)),
                ("valid_until", ">", fields.Datetime.now()),
            ],
            order="id",
        )
        return {one.res_id or 0: one.reason for one in found}

    @api.model
    def grant(self, res_model, res_id, reason):
        """Let the user change owned data of a record for half an hour.

        :param res_id: False for records that are yet to be created
        :param reason: why it cannot wait for the owner
        :return: as :meth:`lock_of`
        :raises AccessError: the user is no data steward, or may not write the record
        """
        self._require_steward(reason)
        record = owned_form.document(self.env, res_model, res_id)
        record.check_access("write" if record else "create")
        targets = owned_form.lock(record).targets
        if not targets:
            raise UserError(self.env._("Nobody owns data of this record. You may change it."))
        now = fields.Datetime.now()
        # sudo: overrides come into being here only
        self.sudo().create(
            [
                {
                    "user_id": self.env.uid,
                    "res_model": model,
                    "res_id": target_id,
                    "reason": reason.strip(),
                    "granted_at": now,
                    "valid_until": now + timedelta(minutes=MINUTES),
                }
                for model, target_id in sorted(targets)
            ]
        )
        for model, target_id in sorted(targets):
            if target_id:
                target = self.env[model].browse(target_id)
                audit.record(target, "override", reason=reason.strip())
        return self.lock_of(res_model, res_id)

    def _require_steward(self, reason):
        if not self.env.user.has_group("integration_core.group_steward"):
            raise AccessError(
                self.env._(
                    "Only people with the role “Data steward” of Integrations may override who "
                    "owns data."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))

    @api.model
    def give_back(self, res_model, res_id):
        """End the user's own overrides of a record before their time."""
        record = owned_form.document(self.env, res_model, res_id)
        for model, target_id in owned_form.lock(record).targets:
            # sudo: as in _reasons; the user's own only
            self.sudo().search(
                [
                    ("user_id", "=", self.env.uid),
                    ("res_model", "=", model),
                    ("res_id", "=", target_id),
                    ("valid_until", ">", fields.Datetime.now()),
                ]
            ).valid_until = fields.Datetime.now()
        return self.lock_of(res_model, res_id)

    @api.model
    @api.readonly
    def lock_of(self, res_model, res_id):
        """Which fields of a document are owned, for whoever may read the document.

        :param res_id: False for a document that is not saved yet
        :return: ``owners`` ([{system, fields (labels)}]), ``free`` (names that may be changed
            although their kind of record has an owner), ``creation`` (name of the system that
            alone creates such records, or False), ``partly`` (the same for some such records),
            ``until`` (end of the user's override as UTC
            text, or False), ``reason``, ``may_override``, and ``conflicts`` (number of open ones,
            False for those who may not see any)
        """
        record = owned_form.document(self.env, res_model, res_id)
        found = owned_form.lock(record)
        until, reason = self._own(found.targets)
        observer = self.env["integration.conflict"].has_access("read")
        return {
            "owners": found.owners,
            "free": sorted(found.names if until else found.free),
            "creation": found.creation if not until else False,
            "partly": found.partly if not until else False,
            "until": fields.Datetime.to_string(until) if until else False,
            "reason": reason,
            "may_override": self.env.user.has_group("integration_core.group_steward"),
            "conflicts": observer
            and bool(record)
            and self.env["integration.conflict"].search_count(
                [
                    ("res_model", "=", record._name),
                    ("res_id", "=", record.id),
                    ("state", "=", "open"),
                ]
            ),
        }

    def _own(self, targets):
        """End and reason of the user's override, if it holds for all ``targets``."""
        ends = []
        for model, target_id in targets:
            # sudo: as in _reasons
            one = self.sudo().search(
                [
                    ("user_id", "=", self.env.uid),
                    ("res_model", "=", model),
                    ("res_id", "in", [target_id] if target_id else [0, False]),
                    ("valid_until", ">", fields.Datetime.now()),
                ],
                limit=1,
            )
            if not one:
                return False, ""
            ends.append((one.valid_until, one.reason))
        return min(ends) if ends else (False, "")

    @api.autovacuum
    def _gc_old(self):
        """What was done under an override is in the audit trail."""
        self.search([("valid_until", "<", fields.Datetime.now() - timedelta(days=7))]).unlink()
