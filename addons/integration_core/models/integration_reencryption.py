from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit, keys, reencryption, sealed_columns
from ..tools.keyring import KeyRingError

# One call of the scheduled action; other scheduled actions wait so long at most.
SLICE_SECONDS = 10.0
CRON = "integration_core.ir_cron_encryption"


class IntegrationReencryption(models.Model):
    """One run that encrypts everything anew under the current key of the ring."""

    _name = "integration.reencryption"
    _description = "Integration Re-encryption"
    _order = "id desc"
    _log_access = False

    state = fields.Selection(
        [
            ("ready", "Not started"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Finished"),
            ("incomplete", "Finished, not everything"),
        ],
        required=True,
        default="ready",
        readonly=True,
    )
    target_key = fields.Char(string="New key", readonly=True)
    started_at = fields.Datetime(string="Started", readonly=True)
    started_by = fields.Char(string="Started by", readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    heartbeat_at = fields.Datetime(string="Last progress", readonly=True)
    done = fields.Integer(string="Encrypted anew", readonly=True, default=0)
    failed = fields.Integer(string="Not readable", readonly=True, default=0)
    passes = fields.Integer(readonly=True, default=1)
    position = fields.Char(readonly=True)
    failures = fields.Text(readonly=True)
    report = fields.Text(readonly=True)
    hindrance = fields.Char(
        readonly=True, help="Why it does not get on; it tries again every few minutes."
    )
    remaining = fields.Integer(string="Still to do", compute="_compute_remaining")
    progress = fields.Integer(compute="_compute_remaining")
    left_text = fields.Text(string="Values by key", compute="_compute_remaining")

    @api.depends("state")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._("Re-encryption %s", run.id)

    @api.depends("done", "state")
    @api.depends_context("uid")
    def _compute_remaining(self):
        self.env["integration.encryption.key"]._require_administrator()
        places = sealed_columns.places(self.env)
        ring = keys.optional_ring(self.env.cr)
        left, _missing = reencryption.remaining(places, ring) if ring else (0, {})
        lines = [
            f"{key_id}{' *' if ring and key_id == ring.current_id else ''}: {sum(found.values())}"
            for key_id, found in sorted(places.items())
        ]
        for run in self:
            run.remaining = left
            run.left_text = "\n".join(lines)
            total = run.done + left
            run.progress = 100 if not left else int(100 * run.done / total)

    @api.model
    def _prepare(self):
        """A run that waits for its start; the last one that did is taken again."""
        # sudo: people only read this model, acts below are theirs
        return (self.search([("state", "=", "ready")], limit=1) or self.sudo().create({})).sudo(
            False
        )

    def _require_administrator(self):
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only administrators re-encrypt."))

    def action_start(self):
        self.ensure_one()
        self._require_administrator()
        if self.state not in ("ready", "paused"):
            raise UserError(self.env._("This run was started already."))
        try:
            ring = keys.require_encryption(self.env.cr)
        except KeyRingError as exc:
            raise UserError(self.env._("Nothing can be encrypted: %s", exc.message)) from exc
        if self.search_count([("state", "=", "running"), ("id", "!=", self.id)]):
            raise UserError(self.env._("Another run is under way."))
        first = self.state == "ready"
        values = {"state": "running", "target_key": ring.current_id, "hindrance": False}
        if first:
            values |= {
                "started_at": fields.Datetime.now(),
                "started_by": self.env.user.login,
            }
        self.sudo().write(values)  # sudo: as in _prepare
        audit.record(self, "reencrypt" if first else "resume")
        self.env.ref(CRON).sudo()._trigger()  # sudo: whoever may start it lets it run

    def action_pause(self):
        self.ensure_one()
        self._require_administrator()
        if self.state != "running":
            raise UserError(self.env._("This run is not under way."))
        self.sudo().state = "paused"  # sudo: as in _prepare
        audit.record(self, "pause")

    @api.model
    def _cron_encryption(self):
        """Know the keys of the ring, and go on with the run that is under way."""
        self.env["integration.encryption.key"]._refresh()
        run = self.search([("state", "=", "running")], limit=1)
        # Its batches have transactions of their own; this one must not hold what they lock.
        self.env["ir.cron"]._commit_progress(remaining=int(bool(run)))
        if not run:
            return
        try:
            more = reencryption.work(self.env.registry, run.id, SLICE_SECONDS)
            hindrance = False
        except KeyRingError as exc:
            more, hindrance = False, exc.message
        run.invalidate_recordset()
        if (run.hindrance or False) != hindrance:
            run.hindrance = hindrance
        self.env["ir.cron"]._commit_progress(1, remaining=int(more))
