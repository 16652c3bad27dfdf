import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.modules.registry import Registry
from odoo.tools import format_datetime

from ..engine import audit_checkpoints, audit_sealer, audit_settings, memberships
from ..tools.audit_chain import AuditKeyError
from .integration_audit_verification import AT_ONCE

_logger = logging.getLogger(__name__)

# Sealing and checkpoints later than this are told to people.
LATE = timedelta(minutes=15)
SEAL_SECONDS = 20
ACTIVITY = "integration_core.mail_activity_audit"
ALERTED = "integration_core.group_auditor", "integration_core.group_administrator"


class IntegrationAuditTrail(models.Model):
    """How the audit trail is doing: one record, which bears the alerts.

    Its scheduled actions seal, write checkpoints and verify; each tells when another one does not
    do its work.
    """

    _name = "integration.audit.trail"
    _description = "Integration Audit Trail"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # Whoever closes an alert leaves a note, and nobody may write here.
    _mail_post_access = "read"

    name = fields.Char(required=True, translate=True, readonly=True)
    # Written by the scheduled actions only.
    sealer_problem = fields.Char(readonly=True, copy=False)
    checkpoint_problem = fields.Char(readonly=True, copy=False)

    state = fields.Selection(
        [
            ("sealed", "Sealed"),
            ("no_key", "Not sealed: no key"),
            ("late", "Sealing is late"),
            ("broken", "Broken"),
        ],
        compute="_compute_state",
    )
    advice = fields.Text(string="What to do", compute="_compute_state")
    entry_count = fields.Integer(string="Entries", compute="_compute_chain")
    sealed_count = fields.Integer(string="Sealed", compute="_compute_chain")
    sealed_at = fields.Datetime(string="Last sealed", compute="_compute_chain")
    waiting_count = fields.Integer(string="Not sealed yet", compute="_compute_chain")
    waiting_since = fields.Datetime(string="Oldest of them", compute="_compute_chain")
    key_name = fields.Char(string="Key in use", compute="_compute_configuration")
    destinations = fields.Char(string="Checkpoints go to", compute="_compute_configuration")
    checkpoint_id = fields.Many2one(
        "integration.audit.checkpoint", string="Last checkpoint", compute="_compute_last"
    )
    checkpoint_at = fields.Datetime(string="Last checkpoint at", compute="_compute_last")
    verification_id = fields.Many2one(
        "integration.audit.verification", string="Last verification", compute="_compute_last"
    )
    verification_state = fields.Selection(
        selection=lambda self: (
            self.env["integration.audit.verification"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        string="It found",
        compute="_compute_last",
    )

    # ------------------------------------------------------------------
    # what the screen shows
    # ------------------------------------------------------------------

    def _compute_chain(self):
        self.env.cr.execute(
            """
            SELECT coalesce(max(s.sequence), 0), max(s.sealed_at),
                   (SELECT count(*) FROM integration_audit_unsealed),
                   (SELECT min(e.occurred_at) FROM integration_audit_unsealed u
                      JOIN integration_audit_entry e ON e.id = u.id)
              FROM (SELECT sequence, sealed_at FROM integration_audit_seal
                     ORDER BY sequence DESC LIMIT 1) s
            """
        )
        sealed, sealed_at, waiting, since = self.env.cr.fetchone()
        self.sealed_count = sealed
        self.sealed_at = sealed_at and sealed_at.replace(microsecond=0)
        self.waiting_count = waiting
        self.waiting_since = since and since.replace(microsecond=0)
        self.entry_count = sealed + waiting

    def _compute_configuration(self):
        try:
            keys = audit_settings.keys()
            name = keys.current_id if keys else False
        except AuditKeyError:
            name = False
        self.key_name = name
        try:
            syslog = audit_settings.checkpoint_syslog()
        except ValueError:
            syslog = self.env._("audit_syslog cannot be read")
        places = filter(None, [audit_settings.checkpoint_file(), str(syslog or "")])
        self.destinations = ", ".join(places)

    @api.depends_context("uid")
    def _compute_last(self):
        written = [("state", "=", "written")]
        checkpoint = self.env["integration.audit.checkpoint"].search(written, limit=1)
        self.checkpoint_id = checkpoint
        self.checkpoint_at = checkpoint.taken_at
        verification = self.env["integration.audit.verification"].search([], limit=1)
        self.verification_id = verification
        self.verification_state = verification.state

    @api.depends_context("uid")
    def _compute_state(self):
        for trail in self:
            problems = list(trail._problems())
            kinds = [kind for kind, _text in problems]
            trail.advice = "\n".join(text for _kind, text in problems)
            trail.state = next(
                (kind for kind in ("broken", "no_key", "late") if kind in kinds), "sealed"
            )

    def _problems(self):
        """Kind and text of everything that is not as it should be."""
        self.ensure_one()
        verification = self.verification_id
        if verification.state == "broken" and not verification._is_known():
            yield "broken", verification.first_finding
        if not self.key_name:
            why = audit_settings.key_problem()
            yield (
                "no_key",
                self.env._("Not sealed: %s. See docs/audit.md.", why)
                if why
                else self.env._(
                    "Not sealed: configure audit_key in the [integration] section of odoo.conf. "
                    "Entries are written all the same, and are sealed as soon as there is a key."
                ),
            )
        elif self.waiting_since and self.waiting_since < fields.Datetime.now() - LATE:
            yield (
                "late",
                self.sealer_problem
                or self.env._(
                    "Entries wait since %s. Look whether the scheduled action “Integrations: seal "
                    "the audit trail” is active and the server runs scheduled actions.",
                    format_datetime(self.env, self.waiting_since),
                ),
            )
        yield from self._checkpoint_problems()

    def _checkpoint_problems(self):
        if not audit_checkpoints.configured():
            yield (
                "checkpoint",
                self.env._(
                    "No checkpoints leave the database: a deleted end of the trail would not be "
                    "noticed. Configure audit_checkpoint_file, audit_syslog or both."
                ),
            )
        elif self.checkpoint_problem:
            yield "checkpoint", self.env._("Checkpoint: %s", self.checkpoint_problem)
        elif self.key_name and not self._checkpoint_within(LATE):
            yield (
                "checkpoint",
                self.env._(
                    "No checkpoint was written for a quarter of an hour. Look at the scheduled "
                    "action “Integrations: seal the audit trail”."
                ),
            )

    # ------------------------------------------------------------------
    # scheduled actions
    # ------------------------------------------------------------------

    @api.model
    def _trail(self):
        found = self.env.ref("integration_core.audit_trail", raise_if_not_found=False)
        return found or self.browse()

    @api.model
    def _cron_seal(self):
        """Each minute: seal what waits, then let a checkpoint leave the database if one is due."""
        trail = self._trail()
        if trail._seal():
            self.env.ref("integration_core.ir_cron_audit_seal")._trigger()
        trail._checkpoint()
        trail._watch()

    def _seal(self):
        """Seal; return whether there is more to do."""
        try:
            done = audit_sealer.seal_waiting(Registry(self.env.cr.dbname), SEAL_SECONDS)
        except (AuditKeyError, audit_sealer.WrongKeyError) as exc:
            self._set_problem("sealer_problem", str(exc))
            self._alert("sealer", str(exc))
            return False
        self._set_problem("sealer_problem", False)
        self._settle("sealer")
        return done.more

    def _watch(self):
        """Tell people what is wrong with sealing; also called by the nightly action."""
        problems = dict(self._problems())
        for kind in ("no_key", "late"):
            if kind in problems:
                self._alert(kind, problems[kind])
            else:
                self._settle(kind)

    @api.model
    def _cron_verify(self):
        """Each night: verify what is new, and compare the roles with what the audit knows."""
        trail = self._trail()
        memberships.compare(self.env)
        verifications = self.env["integration.audit.verification"]
        verifications._give_up_silent()
        if audit_settings.key_problem() or audit_settings.keys():
            verifications._begin(full=False)._run()
        trail._watch()

    def _set_problem(self, name, text):
        if (self[name] or False) != text:
            self[name] = text

    # ------------------------------------------------------------------
    # alerts
    # ------------------------------------------------------------------

    @api.model
    def _alert_titles(self):
        return {
            "broken": self.env._("The audit trail is broken"),
            "unverified": self.env._("The audit trail could not be verified"),
            "no_key": self.env._("The audit trail is not sealed"),
            "late": self.env._("Sealing of the audit trail is late"),
            "sealer": self.env._("The audit trail cannot be sealed"),
            "checkpoint": self.env._("Audit checkpoints cannot be written"),
            "outside": self.env._("Roles were changed outside Odoo"),
        }

    @api.model
    def _alert(self, kind, text):
        """Give auditors and administrators a task, once as long as it is open."""
        # sudo: the trail tells them, whoever runs into it
        trail = self._trail().sudo()
        if not trail:
            return  # its addon is being installed or removed
        title = self._alert_titles()[kind]
        groups = self.env["res.groups"].union(*(self.env.ref(name) for name in ALERTED))
        # sudo: whoever runs into it need not be able to read users
        people = groups.sudo().all_user_ids.filtered("active")
        told = trail._open_alerts(kind).user_id
        for user in people - told:
            trail.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, summary=title, note=text, user_id=user.id
            )
        if people - told:
            _logger.warning("%s: %s", title, text)

    def _open_alerts(self, kind):
        kind_of = self.env.ref(ACTIVITY)
        title = self._alert_titles()[kind]
        return self.activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind_of and activity.summary == title
        )

    @api.model
    def _settle(self, kind):
        """Close the alerts of what is right again."""
        trail = self._trail().sudo()  # sudo: as in _alert
        trail._open_alerts(kind).action_done()

    # ------------------------------------------------------------------
    # buttons
    # ------------------------------------------------------------------

    def action_verify(self):
        """Check everything: at once if that takes seconds, else in the background."""
        if not self.env.user.has_group("integration_core.group_auditor"):
            raise AccessError(self.env._("Only auditors verify the audit trail."))
        verification = self.env["integration.audit.verification"]._begin(full=True)
        if self._trail().sealed_count > AT_ONCE:
            verification.sudo().with_delay(  # sudo: a job is not a record of the auditor's
                channel="root.integration_background", max_retries=1
            )._run_apart()
        else:
            verification._run()
        return {
            "type": "ir.actions.act_window",
            "res_model": verification._name,
            "res_id": verification.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def action_open_trail(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("State of the audit"),
            "res_model": self._name,
            "res_id": self._trail().id,
            "views": [(False, "form")],
        }

    def action_open_entries(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_audit_entry"
        )

    def action_open_export(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Export the audit trail"),
            "res_model": "integration.audit.export",
            "views": [(False, "form")],
            "target": "new",
        }
