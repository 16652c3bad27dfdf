from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, plaintext2html

from ..engine import arming, audit, retention, retention_clocks
from ..engine.cursors import own_cursor

ACTIVITY = "integration_core.mail_activity_retention"
# Nobody is told of less: a night without workers is caught up by the next morning.
BEHIND = timedelta(days=1)
# The hourly look itself did not happen for so long: crons do not run.
BLIND = timedelta(hours=6)
# Rows of the preview are counted up to here.
PREVIEWED = 5_000_000
# Tables that lose rows by retention, with their share of dead rows at which autovacuum comes.
# PostgreSQL's own share of 20 % lets a large ledger grow by as much before anything is reused.
VACUUMED = (
    "integration_message",
    "integration_payload",
    "integration_attempt",
    "integration_event",
    "integration_idempotency",
)
VACUUM_SHARE = 0.05


class IntegrationRetention(models.Model):
    """Whether retention runs, since when it is behind, and what went wrong: one row for all."""

    _name = "integration.retention"
    _description = "Retention"
    _inherit = [
        "integration.audited",
        "integration.reason.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _rec_name = "state"

    _reason_acts = ("action_suspend", "action_resume")
    _audit_excluded = ("state", "stopped_because")

    state = fields.Selection(
        [("active", "In force"), ("suspended", "Suspended")],
        required=True,
        readonly=True,
        default="active",
    )
    stopped_because = fields.Selection(
        [
            ("upgrade", "Retention is new in this version"),
            ("clock", "The clock of the server jumped"),
            ("person", "An administrator suspended it"),
        ],
        readonly=True,
    )
    events_days = fields.Integer(
        string="Events without messages",
        default=30,
        required=True,
        help="Days after which an event that nobody subscribed to is removed. Other events stay as "
        "long as one of their messages.",
    )
    looked_at = fields.Datetime(
        string="Last look", readonly=True, help="When it was last checked what is overdue."
    )
    last_success_at = fields.Datetime(
        string="Last caught up", readonly=True, help="When nothing was overdue any more."
    )
    # of the engine
    batch_size = fields.Integer(readonly=True)
    last_number = fields.Integer(readonly=True)
    numbered_at = fields.Datetime(readonly=True)
    # for people
    problem = fields.Text(compute="_compute_problem")
    overdue = fields.Integer(compute="_compute_progress")
    removed_count = fields.Integer(compute="_compute_progress", string="Removed in this run")
    oldest_at = fields.Datetime(compute="_compute_progress", string="Oldest overdue")
    clock_ids = fields.Many2many("integration.retention.clock", compute="_compute_clocks")
    run_ids = fields.Many2many("integration.retention.run", compute="_compute_clocks")

    _events_days_range = models.Constraint(
        "CHECK(events_days BETWEEN 1 AND 36500)", "Events are kept for 1 to 36500 days."
    )

    def _compute_display_name(self):
        self.display_name = self.env._("Retention")

    @api.model
    def _singleton(self):
        return self.env.ref("integration_core.retention")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_clocks(self):
        self.clock_ids = self.env["integration.retention.clock"].search(
            ["|", ("overdue", ">", 0), ("problem", "!=", False)]
        )
        self.run_ids = self.env["integration.retention.run"].search([], limit=10)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_progress(self):
        clocks = self.env["integration.retention.clock"].search([("overdue", ">", 0)])
        running = self.env["integration.retention.run"].search([("state", "=", "running")])
        self.overdue = sum(clocks.mapped("overdue"))
        self.oldest_at = min(filter(None, clocks.mapped("oldest_at")), default=False)
        self.removed_count = sum(running.line_ids.mapped("count"))

    @api.depends("state", "looked_at")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_problem(self):
        self.problem = "\n".join(self._problems()) or False

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def _require_administrator(self):
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators may do this."))

    def action_preview(self):
        """Count now what is overdue, and show it; nothing is removed."""
        self._require_administrator()
        with own_cursor(self.env.registry) as cr:
            retention_clocks.refresh(cr, PREVIEWED)
        self.env.invalidate_all()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_retention_clock"
        )
        return {**action, "context": {"search_default_overdue": 1, "search_default_by_policy": 1}}

    def action_run_now(self):
        """Look now what is overdue, and begin; the form shows the progress."""
        self._require_administrator()
        with own_cursor(self.env.registry) as cr:
            works = retention.look(cr)
        self.env.invalidate_all()
        if not works:
            raise UserError(
                self.env._("Retention is not at work. Read why on this page; then resume it.")
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Under way. Reload the page to see the progress.")
                if self.overdue
                else self.env._("Nothing is overdue."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ask_suspend(self):
        return self._ask_reason(
            "action_suspend",
            self.env._("Suspend retention"),
            warning=self.env._(
                "Nothing is removed until somebody resumes it, and administrators are reminded. To "
                "keep some messages only, use a legal hold."
            ),
        )

    def action_suspend(self, reason):
        """Stop removing anything."""
        self._require_administrator()
        self._switch("suspended", "person", reason)

    def action_ask_resume(self):
        return self._ask_reason(
            "action_resume",
            self.env._("Resume retention"),
            warning=self.env._(
                "What is overdue by the present time of the server (%s UTC) is removed and cannot "
                "be brought back. Look at “What would be removed” first.",
                fields.Datetime.to_string(fields.Datetime.now()),
            ),
        )

    def action_resume(self, reason):
        """Remove again what is overdue; confirms that the clock of the server is right."""
        self._require_administrator()
        self._switch("active", False, reason)
        # The past was looked at with another clock, or not at all.
        retention_clocks.restart(self.env.cr)

    def _switch(self, state, because, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        one = self._singleton()
        # sudo: closed to writes of people; the role was checked by the callers
        one.sudo().write(
            {"state": state, "stopped_because": because, "looked_at": fields.Datetime.now()}
        )
        audit.record(one, "pause" if state == "suspended" else "resume", reason=reason)
        one.sudo().message_post(body=reason)  # sudo: as above
        if state == "active":
            self._settle()

    def write(self, vals):
        closed = set(vals) & {"state", "stopped_because", "looked_at", "last_success_at"}
        if closed and not self.env.su:
            raise AccessError(
                self.env._("%s is set by the buttons only.", ", ".join(sorted(closed)))
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Suspend retention instead."))

    # ------------------------------------------------------------------
    # watching
    # ------------------------------------------------------------------

    @api.model
    def _cron_retention(self):
        """Once an hour: look what is overdue, wake the sweep, tell people what is wrong."""
        with own_cursor(self.env.registry) as cr:
            retention.look(cr)
        # A new transaction: what the look has written is not in the snapshot of this one.
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr))._tell()

    def _problems(self):
        """What a person has to do something about, in sentences."""
        one = self._singleton()
        if arming.is_held(self.env.cr):
            return [
                self.env._(
                    "The traffic of this database is held because it is a copy or was restored. "
                    "Retention rests until traffic is released."
                )
            ]
        reasons = {
            "upgrade": self.env._(
                "Retention is new here and has not begun. Set the days in the policies, look at "
                "what would be removed, then resume it."
            ),
            "clock": self.env._(
                "For more than two days there was neither retention nor a message, then the clock "
                "went on. Either the server was off, or its clock was set ahead and everything "
                "looks too old. Nothing is removed until you have checked the time and resumed it."
            ),
            "person": self.env._("Retention is suspended, and content is kept for too long."),
        }
        if one.state == "suspended":
            return [reasons.get(one.stopped_because, reasons["person"])]
        return one._running_problems()

    def _running_problems(self):
        now = fields.Datetime.now()
        problems = []
        if self.looked_at and now - self.looked_at > BLIND:
            problems.append(
                self.env._(
                    "Nobody has looked since %s UTC. Check that scheduled actions run.",
                    self.looked_at,
                )
            )
        # sudo: the clocks of all companies count
        clocks = self.env["integration.retention.clock"].sudo()
        late = clocks.search([("overdue", ">", 0), ("caught_up_at", "<", now - BEHIND)])
        if late:
            problems.append(
                self.env._(
                    "Behind for more than a day with %(what)s. If it does not shrink, check that "
                    "the job runner works and the channel of batch work is not full.",
                    what=", ".join(sorted(late.mapped(self._clock_name))),
                )
            )
        for clock in clocks.search([("problem", "!=", False)]):
            problems.append(
                self.env._(
                    "%(what)s cannot be removed: %(problem)s. The log of the server says more.",
                    what=self._clock_name(clock),
                    problem=clock.problem,
                )
            )
        return problems

    def _clock_name(self, clock):
        kind = dict(clock._fields["kind"]._description_selection(self.env))[clock.kind]
        return f"{clock.interface_id.name}: {kind}" if clock.interface_id else kind

    def _tell(self):
        """One activity for each administrator while something is wrong."""
        one = self._singleton()
        problems = one._problems()
        if arming.is_held(self.env.cr):
            return  # whoever releases traffic is told by that page; a copy needs nobody else
        if not problems:
            one._settle()
            return
        known = one.activity_search([ACTIVITY])
        administrators = self.env.ref("integration_core.group_administrator").all_user_ids
        people = administrators.filtered(lambda u: u.active and not u._is_superuser())
        for user in people - known.user_id:
            one.activity_schedule(
                ACTIVITY,
                user_id=user.id,
                summary=self.env._("Retention needs you"),
                note=plaintext2html("\n".join(problems)),
            )

    def _settle(self):
        # sudo: activities of others
        self._singleton().sudo().activity_unlink([ACTIVITY])

    @api.model
    def _tune_autovacuum(self):
        """Let autovacuum come early to the tables of the ledger, unless somebody tuned them."""
        for table in VACUUMED:
            self.env.cr.execute(
                "SELECT reloptions::text LIKE '%%autovacuum_vacuum_scale_factor%%' "
                "FROM pg_class WHERE oid = %s::regclass",
                [table],
            )
            if not self.env.cr.fetchone()[0]:
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = %s, "
                        "toast.autovacuum_vacuum_scale_factor = %s)",
                        SQL.identifier(table),
                        VACUUM_SHARE,
                        VACUUM_SHARE,
                    )
                )
