from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..engine import disputes, documents, own_events
from ..tools import advice

# Acts whose reasons are the auditors' business: they tell why somebody looked, and at whom.
LOOKS = ("reveal", "view", "export")
# More than a person reads; the button above the form opens the whole list.
RELATED_LIMIT = 100


@dataclass(frozen=True)
class _Step:
    """One line of a history."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""
    look: str = "secondary"


class IntegrationMessageScreen(models.AbstractModel):
    """What the form of a message shows beside its columns: nothing of it is stored."""

    _name = "integration.message.screen"
    _description = "Screen of a Message"

    advice = fields.Char(
        compute="_compute_advice", string="What to do", help="What usually helps in this case."
    )
    kind_name = fields.Char(
        compute="_compute_kind_name",
        string="Type",
        help="What it tells: the name of the event type, or of the contract of the handler.",
    )
    document_label = fields.Char(
        compute="_compute_document_label",
        string="Document",
        help="Its name, or its kind for those who may not read it.",
    )
    calls_paused = fields.Boolean(
        compute="_compute_calls_paused", help="It waits because the circuit breaker is open."
    )
    history = fields.Html(compute="_compute_history", sanitize=False)
    related_ids = fields.Many2many(
        "integration.message",
        compute="_compute_related",
        string="Related messages",
        help="Everything that belongs to the same business case, in all systems.",
    )
    related_count = fields.Integer(compute="_compute_related")
    replay_count = fields.Integer(compute="_compute_replay_count")
    waits_for_decision = fields.Boolean(
        compute="_compute_waits_for_decision", help="A data steward has to decide a conflict."
    )
    conflict_count = fields.Integer(compute="_compute_conflict_count", string="Conflicts")

    @api.depends("error_class", "error_code")
    def _compute_advice(self):
        for message in self:
            sentence = advice.advice(message.error_class, message.error_code)
            message.advice = self.env._(sentence) if sentence else False

    @api.depends("message_type")
    @api.depends_context("lang")
    def _compute_kind_name(self):
        codes = [code for code in set(self.mapped("message_type")) if code]
        names = {}
        for model in ("integration.contract", "integration.event.type"):
            # sudo: what a code means is no secret, also where it is archived or another company's
            catalogue = self.env[model].sudo().with_context(active_test=False)
            found = catalogue.search_fetch([("code", "in", codes)], ["code", "name"])
            names |= {one.code: one.name for one in found}
        for message in self:
            message.kind_name = names.get(message.message_type, message.message_type)

    @api.depends("document_name", "res_model")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_label(self):
        for message in self:
            kind = documents.kind_name(self.env, message.res_model)
            message.document_label = message.document_name or kind or False

    @api.depends("state", "direction")
    def _compute_calls_paused(self):
        for message in self:
            message.calls_paused = (
                message.direction == "outbound"
                and message.state in ("queued", "retry")
                and message.interface_id.breaker_state in ("open", "forced_open")
            )

    @api.depends("correlation_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_related(self):
        for message in self:
            domain = [("correlation_id", "=", message.correlation_id)]
            found = self.search(domain, order="id", limit=RELATED_LIMIT)
            message.related_ids = found if message.correlation_id else message
            message.related_count = (
                self.search_count(domain, limit=1000) if len(found) == RELATED_LIMIT else len(found)
            )

    @api.depends("replay_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_replay_count(self):
        groups = dict(
            self._read_group([("original_id", "in", self.ids)], ["original_id"], ["__count"])
        )
        for message in self:
            message.replay_count = groups.get(message, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_conflict_count(self):
        groups = dict(
            self.env["integration.conflict"]._read_group(
                [("message_id", "in", self.ids)], ["message_id"], ["__count"]
            )
        )
        for message in self:
            message.conflict_count = groups.get(message, 0)

    @api.depends("state", "error_code")
    def _compute_waits_for_decision(self):
        for message in self:
            message.waits_for_decision = (
                message.state == "quarantined" and message.error_code == disputes.PARKED
            )

    def action_open_duplicate(self):
        self.ensure_one()
        found = self.env["integration.duplicate"].search([("message_id", "=", self.id)])
        return found.get_formview_action()

    def action_open_conflicts(self):
        self.ensure_one()
        found = self.env["integration.conflict"].search([("message_id", "=", self.id)])
        if len(found) == 1:
            return found.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_conflict"
        )
        action["domain"] = [("message_id", "=", self.id)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------
    # history
    # ------------------------------------------------------------------

    @api.depends("state")
    @api.depends_context("uid", "allowed_company_ids", "lang", "tz")
    def _compute_history(self):
        for message in self:
            steps = sorted(message._history_steps(), key=lambda step: step.at)
            message.history = self._render_history(steps)

    def _history_steps(self):
        """What happened to this message, from its attempts and from the audit trail."""
        self.ensure_one()
        steps = [
            _Step(
                self.created_at,
                self._first_step(),
                detail=self.env._("as a replay of %s", self.original_id.display_name)
                if self.original_id
                else "",
                look="info",
            )
        ]
        return steps + self._attempt_steps() + self._fetch_steps() + self._act_steps()

    def _first_step(self):
        if self.direction == "outbound" or self.original_id:
            return self.env._("Created")
        return self.env._("Fetched") if self.causation_id else self.env._("Received")

    def _fetch_steps(self):
        """What was asked of the partner because of this notification, or what it answered."""
        if self.direction == "inbound" and not self.causation_id:
            what = self.env._("Asked the partner for the content")
            caused = [("message_type", "=", own_events.FETCH), ("causation_id", "=", self.uuid)]
        elif self.message_type == own_events.FETCH:
            what = self.env._("Stored the content")
            caused = [("causation_id", "=", self.uuid)]
        else:
            return []
        domain = [("correlation_id", "=", self.correlation_id), *caused]
        found = self.search(domain, order="id", limit=RELATED_LIMIT)
        steps = [_Step(one.created_at, what, detail=one.display_name, look="info") for one in found]
        return steps or self._shared_fetch_step()

    def _shared_fetch_step(self):
        """That an earlier notification of the same thing had made its fetch already."""
        if self.res_model != self._name or self.causation_id:
            return []
        what = self.env._("The content comes by a fetch that was waiting already")
        return [
            _Step(self.finished_at or self.created_at, what, detail=one.display_name, look="info")
            for one in self.search([("id", "=", self.res_id)])
        ]

    def _attempt_steps(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        looks = {"done": "success", "dead": "danger", "quarantined": "danger", "retry": "warning"}
        steps = []
        for attempt in self.attempt_ids:
            outcome = states.get(attempt.outcome, "")
            status = f"HTTP {attempt.http_status}" if attempt.http_status else ""
            steps.append(
                _Step(
                    attempt.started_at,
                    self.env._(
                        "Attempt %(number)s: %(outcome)s", number=attempt.number, outcome=outcome
                    ),
                    detail=" · ".join(
                        filter(None, (self._duration(attempt), status, attempt.error_message))
                    ),
                    look=looks.get(attempt.outcome, "secondary"),
                )
            )
        return steps

    def _duration(self, attempt):
        milliseconds = attempt.duration_ms
        if milliseconds >= 1000:
            return self.env._("took %s s", round(milliseconds / 1000, 1))
        return self.env._("took %s ms", milliseconds) if milliseconds else ""

    def _act_steps(self):
        # sudo: who mended a message is part of its history; the rest of the trail is the auditors'
        entries = (
            self.env["integration.audit.entry"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "=", self.id)], limit=200)
        )
        acts = dict(entries._fields["act"]._description_selection(self.env))
        # sudo: the name of a colleague whom the reader's company rules may hide
        users = self.env["res.users"].sudo().browse(set(entries.mapped("actor_id"))).exists()
        names = {user.id: user.name for user in users}
        return [
            _Step(
                entry.occurred_at,
                acts[entry.act],
                who=names.get(entry.actor_id, entry.actor_login),
                detail=f"“{entry.reason}”" if entry.reason and entry.act not in LOOKS else "",
                look="primary",
            )
            for entry in entries
        ]

    def _render_history(self, steps):
        rows, before = [], None
        for step in steps:
            rows.append(
                Markup(
                    "<tr><td class='text-nowrap'>%s</td><td class='text-muted text-nowrap'>%s</td>"
                    "<td><span class='badge rounded-pill text-bg-%s'>%s</span></td>"
                    "<td>%s</td><td>%s</td></tr>"
                )
                % (
                    format_datetime(self.env, step.at, dt_format="medium"),
                    _pause(before, step.at),
                    step.look,
                    step.what,
                    step.who,
                    step.detail,
                )
            )
            before = step.at
        heads = Markup().join(
            Markup("<th>%s</th>") % head
            for head in (
                self.env._("When"),
                self.env._("After"),
                self.env._("What"),
                self.env._("Who"),
                self.env._("Details"),
            )
        )
        return Markup(
            "<table class='table table-sm o_integration_history'>"
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table>"
        ) % (heads, Markup().join(rows))


def _pause(before: datetime | None, at: datetime) -> str:
    """The time since the step before: ``+1.2 s``, ``+5 min``; nothing for the first one."""
    if before is None:
        return ""
    seconds = max((at - before) / timedelta(seconds=1), 0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"+{seconds / size:.0f} {unit}"
    return f"+{seconds:.1f} s" if seconds < 10 else f"+{seconds:.0f} s"
