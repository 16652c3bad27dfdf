from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import html_escape

from ..engine import audit, replay_scope, replay_tasks, wakeup
from ..tools import replay_pace

# The web client hands over so many ids of a selection at most.
SELECTED = 20_000
# Decided when it was started.
FIXED = frozenset({"act", "domain", "reason"})


class IntegrationReplayTask(models.Model):
    """A bulk retry or replay of what a list of messages shows.

    The set of messages is fixed when it is started (``engine.replay_scope``), and worked through
    by a drain of its own (``engine.replay_tasks``).
    """

    _name = "integration.replay.task"
    _description = "Bulk Retry or Replay"
    _inherit = [
        "integration.replay.task.screen",
        "integration.closed.columns",
        "integration.audited",
        "integration.reason.mixin",
    ]
    _order = "id desc"
    _reason_acts = ("action_cancel",)

    act = fields.Selection(
        [
            ("retry", "Retry what failed"),
            ("replay", "Replay what is finished"),
            ("both", "Retry what failed and replay what is finished"),
        ],
        string="What to do",
        required=True,
        default="retry",
    )
    domain = fields.Text(
        string="Messages",
        required=True,
        default="[('state', 'in', ['quarantined', 'dead'])]",
        help="The filter of the list. Which messages these are is fixed when you start.",
    )
    reason = fields.Char(help="Others will read it in the history of each message.")
    rate = fields.Integer(
        string="Messages each minute",
        required=True,
        default=600,
        help="How many are queued each minute at most, so that the other side is not flooded. New "
        "traffic goes first in any case.",
    )
    state = fields.Selection(
        [
            ("draft", "Prepared"),
            ("running", "Under way"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    problem = fields.Selection(
        [
            ("error", "An error that nobody foresaw; the log of the server has it."),
            ("operator", "Whoever started it is no operator any more. Another one may resume it."),
            (
                "release",
                "Traffic was held, after a copy or a restore perhaps. See whether it is still "
                "wanted, then resume or cancel it.",
            ),
        ],
        string="Why it stopped",
        readonly=True,
        copy=False,
    )
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        readonly=True,
        copy=False,
        help="Companies of the messages. Who may not see one of them does not see the task.",
    )
    # Whose audit entries these are.
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    started_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users",
        string="In the name of",
        readonly=True,
        copy=False,
        help="Whoever started or resumed it last. It does what this person may do.",
    )
    started_at = fields.Datetime(string="Started", readonly=True, copy=False)
    ended_at = fields.Datetime(string="Ended", readonly=True, copy=False)
    total = fields.Integer(string="Messages in all", readonly=True, copy=False, default=0)
    done_count = fields.Integer(string="Queued again", readonly=True, copy=False, default=0)
    refused_count = fields.Integer(string="Not possible", readonly=True, copy=False, default=0)
    refused = fields.Text(readonly=True, copy=False)
    paid_until = fields.Datetime(readonly=True, copy=False)
    worked_at = fields.Datetime(string="Last progress", readonly=True, copy=False)

    _closed_fields = frozenset(
        {
            "state",
            "problem",
            "company_ids",
            "started_by_id",
            "user_id",
            "started_at",
            "ended_at",
            "total",
            "done_count",
            "refused_count",
            "refused",
            "paid_until",
            "worked_at",
        }
    )
    # Buttons leave an entry of their own.
    _audit_excluded = tuple(sorted(_closed_fields))

    _running_idx = models.Index("(id) WHERE state = 'running'")

    @api.depends("company_ids", "state")
    @api.depends_context("company")
    def _compute_company_id(self):
        """The one company that it is about, if it is one."""
        for task in self:
            owners = self.env.company if task.state == "draft" else task.company_ids
            task.company_id = owners if len(owners) == 1 else False

    # ------------------------------------------------------------------
    # preparing
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """The scope is what the list showed from which it was opened."""
        values = super().default_get(fields)
        context = self.env.context
        if "domain" in values and context.get("active_model") == replay_scope.MESSAGE:
            values["domain"] = replay_scope.text_of(self._opened_on(context))
        if "act" in values and "default_act" not in context:
            domain = replay_scope.parse(self.env, values.get("domain"))
            values["act"] = replay_scope.suggested(self.env, domain)
        return values

    @api.model
    def _opened_on(self, context):
        """What the list shows, or those of it that are selected."""
        shown = replay_scope.parse(self.env, repr(context.get("active_domain") or []))
        shown = replay_scope.fixed(self.env, shown)
        selected = context.get("active_ids") or []
        if not selected or len(selected) >= SELECTED:
            return shown
        # everything on the list may be selected as well, page by page or at once
        limit = len(selected) + 1
        if self.env[replay_scope.MESSAGE].search_count(shown, limit=limit) == len(selected):
            return shown
        return fields.Domain("id", "in", sorted(selected))

    @api.model
    def _propose(self, domain, act=None, title=None):
        """The dialog that asks for a bulk retry or replay of ``domain``, a domain of messages."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_replay_task_new"
        )
        scope = replay_scope.text_of(fields.Domain(domain))
        context = {"dialog_size": "extra-large", "default_domain": scope}
        if act:
            context["default_act"] = act
        return {**action, "context": context, "name": title or action["name"]}

    @api.constrains("rate")
    def _check_rate(self):
        for task in self:
            if not replay_pace.SLOWEST <= task.rate <= replay_pace.FASTEST:
                raise ValidationError(
                    self.env._("Choose between 1 and 100,000 messages each minute.")
                )

    @api.constrains("domain")
    def _check_domain(self):
        for task in self:
            replay_scope.parse(self.env, task.domain)

    def write(self, vals):
        # su: actions
        if not self.env.su and FIXED & set(vals) and any(task.state != "draft" for task in self):
            raise UserError(self.env._("What is done was decided at the start, and stays."))
        if not self.env.su and "rate" in vals and any(task.state == "running" for task in self):
            # and the drain counts on this row all the time, see engine.replay_tasks.switch
            raise UserError(self.env._("Pause it, then change the pace."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(task.state != "draft" for task in self):
            raise UserError(self.env._("What was done to messages is part of their history."))

    # ------------------------------------------------------------------
    # acts
    # ------------------------------------------------------------------

    def action_start(self):
        """Fix which messages are meant, and begin."""
        self.ensure_one()
        self._require_operator()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if self.state != "draft":
            raise UserError(self.env._("This was started already."))
        # The set and the task become visible together, with the commit of this request.
        domain = replay_scope.fixed(self.env, replay_scope.parse(self.env, self.domain))
        total, companies = replay_scope.collect(self.env, self.id, domain, self.act)
        self._check_total(total)
        now = fields.Datetime.now()
        # sudo: closed to writes of people
        self.sudo().write(
            {
                "state": "running",
                "domain": replay_scope.text_of(domain),
                "reason": self.reason.strip(),
                "company_ids": [fields.Command.set(sorted(companies))],
                "started_by_id": self.env.uid,
                "user_id": self.env.uid,
                "started_at": now,
                "total": total,
                "paid_until": replay_pace.Pace(self.rate).start(now),
            }
        )
        audit.record(self, "start", reason=self.reason, changes={"total": ("", str(total))})
        self.env.flush_all()
        wakeup.wake_replays_after_commit(self.env.cr)
        return self._open()

    def _check_total(self, total):
        if not total:
            raise UserError(self.env._("There is nothing that this is possible for."))
        if total > replay_scope.LARGEST:
            raise UserError(
                self.env._(
                    "These are more than %s messages. Choose a shorter time, or fewer interfaces.",
                    replay_scope.LARGEST,
                )
            )

    def action_pause(self):
        """Stop until somebody resumes it; what is queued already goes its way."""
        self._switch("pause", ["running"], {"state": "paused"})

    def action_resume(self):
        """Go on where it stopped, in the name of whoever resumes it."""
        self.ensure_one()
        self._switch(
            "resume",
            ["paused"],
            {
                "state": "running",
                "problem": None,
                "user_id": self.env.uid,
                "paid_until": replay_pace.Pace(self.rate).start(fields.Datetime.now()),
            },
        )

    def action_ask_cancel(self):
        self.ensure_one()
        return self._ask_reason(
            "action_cancel",
            self.env._("Cancel the task"),
            warning=self.env._(
                "The %(left)s messages that are left stay as they are. The %(done)s that were "
                "queued already stay queued, or are sent and handled by now: cancelling takes "
                "none of them back.",
                left=self.left_count,
                done=self.done_count,
            ),
        )

    def action_cancel(self, reason):
        """Give up what is left."""
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        self._switch(
            "cancel",
            ["running", "paused"],
            {"state": "cancelled", "ended_at": fields.Datetime.now()},
            reason.strip(),
        )

    def _switch(self, act, sources, values, reason=""):
        self.ensure_one()
        self._require_operator()
        if not replay_tasks.switch(self.env, self.id, act, sources, values, reason):
            raise UserError(self.env._("This is not possible now; look at it again."))
        self.invalidate_recordset()

    def _require_operator(self):
        self.check_access("write")

    def _tell_end(self):
        """Tell whoever runs it, wherever in Odoo this person is."""
        self.user_id._bus_send(
            "simple_notification",
            {
                "type": "warning" if self.refused_count else "success",
                "title": html_escape(self.display_name),
                "message": self.env._(
                    "Done: %(done)s messages queued again, %(refused)s not possible.",
                    done=self.done_count,
                    refused=self.total - self.done_count,
                ),
            },
        )
