import hmac
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry

from ..engine import audit, audit_settings, audit_verification
from ..engine.cursors import own_cursor
from ..tools.audit_chain import GENESIS, Head
from ..tools.audit_verify import FINDINGS, REMARKS

# A line that begins checkpoints anew is made up for, if its process died, for so long.
RESTART_WITHIN = timedelta(days=1)
# So many seals are checked while the person waits, some three seconds; more in the background.
AT_ONCE = 50_000
# A verification that tells nothing for so long was interrupted.
SILENCE = timedelta(minutes=30)
FULL_EVERY = timedelta(days=7)
SHOWN = 20
_SIGNED = "integration-audit-verification"


class IntegrationAuditVerification(models.Model):
    """One check of the audit trail: when, by whom, how far, and what is wrong first."""

    _name = "integration.audit.verification"
    _description = "Integration Audit Verification"
    _inherit = ["integration.reason.mixin"]
    _order = "id desc"
    _rec_name = "started_at"

    _reason_acts = ("action_accept",)

    started_at = fields.Datetime(
        string="Started", required=True, readonly=True, default=fields.Datetime.now
    )
    alive_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, default=lambda self: self.env.user
    )
    scope = fields.Selection(
        [("full", "Everything"), ("new", "What was new")], required=True, readonly=True
    )
    start_sequence = fields.Integer(readonly=True)
    start_mac = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("running", "Running"),
            ("intact", "Intact"),
            ("broken", "Broken"),
            ("failed", "Not finished"),
        ],
        required=True,
        readonly=True,
        default="running",
    )
    checked = fields.Integer(string="Checked seals", readonly=True)
    total = fields.Integer(string="Seals to check", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    head_sequence = fields.Integer(string="Last number", readonly=True)
    head_mac = fields.Char(readonly=True)
    finding_count = fields.Integer(string="Findings", readonly=True)
    findings = fields.Json(
        string="Findings as data",
        readonly=True,
        help="Code and place of each, as the verifier told.",
    )
    findings_digest = fields.Char(
        readonly=True, help="SHA-256 over all findings, also those that are only counted."
    )
    remarks = fields.Json(string="Remarks as data", readonly=True)
    problem = fields.Char(string="Why not finished", readonly=True)
    first_finding = fields.Text(string="First broken", compute="_compute_texts")
    findings_text = fields.Text(string="Everything that is wrong", compute="_compute_texts")
    remarks_text = fields.Text(string="Remarks", compute="_compute_texts")
    accepted_at = fields.Datetime(readonly=True)
    accepted_by_id = fields.Many2one("res.users", readonly=True)
    accept_reason = fields.Text(string="What was found out", readonly=True)
    restart_owed = fields.Boolean(
        string="Checkpoints are to begin anew",
        readonly=True,
        copy=False,
        help="Accepted, but the line that says so has not left the database yet.",
    )
    signature = fields.Char(
        readonly=True,
        copy=False,
        help="Key and MAC over the result: what the database alone says is not believed.",
    )

    @api.depends("checked", "total")
    def _compute_progress(self):
        for one in self:
            one.progress = 100.0 * one.checked / one.total if one.total else 100.0

    @api.depends("findings", "remarks", "finding_count")
    @api.depends_context("lang")
    def _compute_texts(self):
        for one in self:
            told = [self.env._(FINDINGS[code], **values) for code, values in one.findings or []]
            one.first_finding = told[0] if told else False
            if one.finding_count > len(told):
                told.append(self.env._("… and %s more", one.finding_count - len(told)))
            one.findings_text = "\n".join(told)
            one.remarks_text = "\n".join(
                self.env._(REMARKS[code], **values) for code, values in one.remarks or []
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Verifications are kept."))

    # ------------------------------------------------------------------
    # verifying
    # ------------------------------------------------------------------

    @api.model
    def _begin(self, *, full):
        """A new verification in the name of the current user; checks everything if it must."""
        start = GENESIS if full else self._verified()
        # sudo: nobody has the right to create or change a verification
        return (
            self.sudo()
            .create(
                {
                    "scope": "new" if start != GENESIS else "full",
                    "start_sequence": start.sequence,
                    "start_mac": start.mac,
                    "user_id": self.env.uid,
                }
            )
            .sudo(self.env.su)
        )

    @api.model
    def _verified(self):
        """How far the trail is known to be intact: GENESIS when everything is to be checked."""
        last = self.search([("state", "in", ("intact", "broken"))], limit=1)
        full_since = fields.Datetime.now() - FULL_EVERY
        recent = self.search(
            [("scope", "=", "full"), ("state", "=", "intact"), ("started_at", ">", full_since)]
        )
        believed = last.state == "intact" and last._is_genuine()
        if not believed or not any(one._is_genuine() for one in recent):
            return GENESIS
        known = Head(last.head_sequence, last.head_mac)
        with own_cursor(Registry(self.env.cr.dbname)) as cr:
            return known if audit_verification.is_place(cr, known) else GENESIS

    def _run(self):
        """Verify while the caller waits."""
        self.ensure_one()
        self._tell(self._verify())

    def _run_apart(self):
        """Job: verify, showing the progress. What it writes is committed at once, and apart."""
        self.ensure_one()
        registry = Registry(self.env.cr.dbname)

        def show(checked, total):
            with own_cursor(registry) as cr:
                cr.execute(
                    """
                    UPDATE integration_audit_verification
                       SET checked = %s, total = %s, alive_at = now() AT TIME ZONE 'UTC'
                     WHERE id = %s
                    """,
                    [checked, total, self.id],
                )

        found = self._verify(show)
        with own_cursor(registry) as cr:
            own = api.Environment(cr, SUPERUSER_ID, {})
            own["integration.audit.verification"].browse(self.id)._tell(found)

    def _verify(self, on_batch=None):
        """What a verification finds, as values of this record."""
        try:
            keys = audit_settings.keys()
            if keys is None:
                raise UserError(
                    self.env._("Configure audit_key first; see the state of the audit.")
                )
            report = audit_verification.run(
                Registry(self.env.cr.dbname),
                keys,
                Head(self.start_sequence, self.start_mac or ""),
                on_batch,
            )
        except (ValueError, OSError, UserError) as exc:
            return {"state": "failed", "problem": str(exc)}
        return {
            "state": "intact" if report.intact else "broken",
            "checked": report.checked,
            "total": report.checked,
            "head_sequence": report.head.sequence,
            "head_mac": report.head.mac,
            "finding_count": report.count,
            "findings": [[one.code, dict(one.values)] for one in report.findings[:SHOWN]],
            "findings_digest": report.digest,
            "remarks": [[one.code, dict(one.values)] for one in report.remarks],
        }

    def _tell(self, found):
        """Store what was found, audit it, and alert if it is bad."""
        now = fields.Datetime.now()
        own = self.sudo()  # sudo: as in _begin
        own.write({**found, "finished_at": now, "alive_at": now})
        own._sign()
        states = dict(self._fields["state"]._description_selection(self.env))
        changes = {
            "state": ("", states[own.state]),
            "checked": ("", str(own.checked)),
            "first_finding": ("", own.first_finding or own.problem or ""),
        }
        audit.record(
            self.with_user(own.user_id or SUPERUSER_ID),
            "verify",
            changes={name: pair for name, pair in changes.items() if pair[1]},
        )
        if own.state != "intact" and not own._is_known():
            self.env["integration.audit.trail"]._alert(
                "broken" if own.state == "broken" else "unverified",
                own.first_finding or own.problem,
            )

    def _sign(self):
        if not audit_settings.key_problem() and (keys := audit_settings.keys()):
            self.signature = f"{keys.current_id}:{self._mac(keys, keys.current_id)}"

    def _is_genuine(self):
        """Whether this says what was found, and accepted, when it was signed."""
        if audit_settings.key_problem() or not (keys := audit_settings.keys()):
            return False
        key_id, _separator, mac = (self.signature or "").partition(":")
        return key_id in keys and hmac.compare_digest(
            mac.encode(), self._mac(keys, key_id).encode()
        )

    def _mac(self, keys, key_id):
        signed = {
            "id": self.id,
            "scope": self.scope,
            "state": self.state,
            "started_at": fields.Datetime.to_string(self.started_at),
            "head_sequence": self.head_sequence,
            "head_mac": self.head_mac or "",
            "findings": self.findings or [],
            "finding_count": self.finding_count,
            "findings_digest": self.findings_digest or "",
            "accepted_at": fields.Datetime.to_string(self.accepted_at) or "",
            "restart_owed": bool(self.restart_owed),
        }
        return keys.sign(key_id, _SIGNED, signed)

    def _is_known(self):
        """Whether every finding was accepted, in this verification or in earlier ones."""
        accepted = self.search([("accepted_at", "!=", False), ("id", "<=", self.id)])
        accepted = accepted.filtered(lambda one: one._is_genuine())
        if self.finding_count > len(self.findings or []):
            # Not all of them are stored: what was accepted are exactly these, or it is news.
            return self.findings_digest in [one.findings_digest for one in accepted]
        known = [found for one in accepted for found in one.findings or []]
        return bool(self.findings) and all(found in known for found in self.findings)

    # ------------------------------------------------------------------
    # what the auditor does about a finding
    # ------------------------------------------------------------------

    def action_ask_accept(self):
        return self._ask_reason(
            "action_accept",
            self.env._("Investigated"),
            warning=self.env._(
                "The findings stay on record, but no further alert is raised for the same ones. "
                "If they are about checkpoints, a restore say, those before now stop counting."
            ),
        )

    def action_accept(self, reason):
        """Say what was found out; the same findings raise no further alert."""
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_auditor"):
            raise AccessError(self.env._("Only auditors close findings."))
        if self.state != "broken" or self.accepted_at:
            raise UserError(self.env._("There is no open finding."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say what was found out."))
        if not self._is_genuine():
            raise UserError(
                self.env._(
                    "The result of this verification is not as it was signed, or its key is not "
                    "configured. Verify again, and close what that finds."
                )
            )
        restart = any(code in ("older", "replaced") for code, _values in self.findings or [])
        own = self.sudo()  # sudo: as in _begin
        own.write(
            {
                "accepted_at": fields.Datetime.now(),
                "accepted_by_id": self.env.uid,
                "accept_reason": reason,
                "restart_owed": restart,
            }
        )
        own._sign()
        audit.record(self, "resolve", reason=reason)
        if restart:
            self.env["integration.audit.trail"]._restart()
        self.env["integration.audit.trail"]._settle("broken")

    @api.model
    def _restarts_owed(self):
        """Accepted verifications after which checkpoints are to begin anew, and have not yet.

        What the database says is not enough, or whoever can write to it could let earlier
        checkpoints stop counting: they are signed, and those that are old are left to the next
        verification.
        """
        since = fields.Datetime.now() - RESTART_WITHIN
        owed = self.search([("restart_owed", "=", True), ("accepted_at", ">", since)])
        return owed.filtered(lambda one: one._is_genuine())

    def _restart_written(self):
        """The line is where it belongs; noted apart from the transaction of whoever wrote it."""
        if not self:
            return
        self.flush_recordset()
        with own_cursor(Registry(self.env.cr.dbname)) as cr:
            own = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            own.restart_owed = False
            for one in own:
                one._sign()
        self.invalidate_recordset()

    @api.model
    def _give_up_silent(self):
        """End verifications whose process is gone."""
        gone = self.search(
            [("state", "=", "running"), ("alive_at", "<", fields.Datetime.now() - SILENCE)]
        )
        gone.write({"state": "failed", "problem": self.env._("Its process ended. Start it again.")})
