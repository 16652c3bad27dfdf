import json
from collections import Counter

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import replay_scope
from ..tools import acts, replay_pace
from ..tools.acts import Act

# From here on the preview says plainly that this is a lot.
MANY = 500


class IntegrationReplayTaskScreen(models.AbstractModel):
    """What the screens of a bulk task show: nothing of it is stored."""

    _name = "integration.replay.task.screen"
    _description = "Integration Bulk Retry or Replay: Screen"

    # before the start
    selected = fields.Boolean(
        compute="_compute_selected", help="Single messages were chosen, and no filter."
    )
    scope_text = fields.Char(string="The list holds", compute="_compute_preview")
    possible_text = fields.Char(string="Possible for", compute="_compute_preview")
    possible = fields.Integer(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    sample_ids = fields.Many2many(
        "integration.message", compute="_compute_preview", string="The first of them"
    )
    warning = fields.Text(compute="_compute_preview")
    # afterwards
    left_count = fields.Integer(string="Left", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress")
    refused_html = fields.Html(compute="_compute_progress", sanitize=False, string="Reasons")
    minutes_left = fields.Integer(string="Minutes left", compute="_compute_minutes_left")
    held = fields.Boolean(compute="_compute_held", help="All traffic of this database is held.")

    @api.depends("act")
    def _compute_display_name(self):
        labels = dict(self._fields["act"]._description_selection(self.env))
        for task in self:
            task.display_name = f"{labels.get(task.act, '')} #{task.id or ''}".rstrip("#")

    # ------------------------------------------------------------------
    # before the start
    # ------------------------------------------------------------------

    @api.depends("domain", "act", "state", "rate")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_preview(self):
        for task in self:
            found = task._preview() if task.state == "draft" else None
            task.possible = found.may_do if found else 0
            task.sample_ids = found.sample if found else []
            task.scope_text = task._number(found.total) if found else ""
            task.possible_text = task._possible_text(found) if found else ""
            task.preview = task._render(found) if found else ""
            task.warning = task._warning(found) if found else ""

    @api.depends("domain")
    def _compute_selected(self):
        for task in self:
            text = task.domain or ""
            task.selected = text.startswith("[('id', 'in'") and text.count("(") == 1

    def _preview(self):
        try:
            domain = replay_scope.fixed(self.env, replay_scope.parse(self.env, self.domain))
        except ValidationError:
            return None  # said when it is saved; while it is typed, there is nothing to count
        return replay_scope.preview(self.env, domain, self.act or "retry")

    @api.model
    def _number(self, count):
        if count > replay_scope.COUNTED:
            return self.env._("more than %s messages", f"{replay_scope.COUNTED:,}")
        return self.env._("%s messages", f"{count:,}")

    def _possible_text(self, found):
        count = sum(found.possible.values())
        minutes = replay_pace.Pace(max(self.rate, 1)).minutes(found.suitable)
        if found.examined < found.suitable:
            return self.env._(
                "%(count)s of the oldest %(examined)s that were looked at closely",
                count=f"{count:,}",
                examined=f"{found.examined:,}",
            )
        return self.env._(
            "%(count)s, queued within %(minutes)s min", count=f"{count:,}", minutes=minutes or 1
        )

    def _render(self, found):
        """What will happen, and to how many; built from our own sentences only."""
        verbs = {Act.RETRY: self.env._("Retry:"), Act.REPLAY: self.env._("Replay:")}
        rows = [
            Markup("<li><i class='fa fa-fw fa-check text-success'></i> %s <b>%s</b> %s</li>")
            % (verbs[act], f"{count:,}", self.env._(acts.EFFECTS[code]))
            for (act, code), count in found.effects.most_common()
        ]
        return self._list(rows, found.refused)

    @api.model
    def _list(self, rows, refused):
        rows = rows + [
            Markup("<li><i class='fa fa-fw fa-times text-danger'></i> %s</li>") % line
            for line in self.env["integration.message"]._refusal_lines(refused)
        ]
        return Markup("<ul class='list-unstyled mb-0'>%s</ul>") % Markup().join(rows)

    def _warning(self, found):
        lines = []
        count = sum(found.possible.values())
        if count >= MANY:
            lines.append(
                self.env._(
                    "These are many messages at once. Is the cause mended? If not, try one of "
                    "them first."
                )
            )
        if found.possible[Act.REPLAY]:
            lines.append(
                self.env._(
                    "What is replayed had come to its end already: the partner gets it, or Odoo "
                    "handles it, once more."
                )
            )
        return "\n".join(lines)

    # ------------------------------------------------------------------
    # afterwards
    # ------------------------------------------------------------------

    @api.depends("total", "done_count", "refused_count", "refused", "state")
    def _compute_progress(self):
        for task in self:
            refused = Counter(json.loads(task.refused or "{}"))
            left = task.total - task.done_count - task.refused_count
            task.left_count = left
            task.progress = 100 * (task.total - left) / (task.total or 1)
            task.refused_html = self._list([], refused) if refused else ""

    @api.depends("left_count", "rate", "state")
    def _compute_minutes_left(self):
        for task in self:
            waits = task.state in ("running", "paused")
            pace = replay_pace.Pace(max(task.rate, 1))
            task.minutes_left = pace.minutes(task.left_count) if waits else 0

    def _compute_held(self):
        self.held = self.env["integration.arming"]._held_lately()

    # ------------------------------------------------------------------
    # screens
    # ------------------------------------------------------------------

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }

    def action_open_results(self):
        """What was queued: where it stands now."""
        return self._messages(
            [("replay_result_ids", "any", [("task_id", "=", self.id)])], self.env._("Queued again")
        )

    def action_open_refused(self):
        done = ("retried", "replayed")
        of_task = [
            ("task_id", "=", self.id),
            ("outcome", "!=", False),
            ("outcome", "not in", done),
        ]
        return self._messages([("replay_item_ids", "any", of_task)], self.env._("Not possible"))

    def action_open_left(self):
        of_task = [("task_id", "=", self.id), ("outcome", "=", False)]
        return self._messages([("replay_item_ids", "any", of_task)], self.env._("Left"))

    def _messages(self, domain, title):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        return {
            **action,
            "name": title,
            # what the breadcrumb shows
            "display_name": title,
            "domain": domain,
            "context": {"search_default_group_state": 1},
        }
