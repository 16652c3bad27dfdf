from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine import documents

from ..tools import error_groups, suggestions

#: Resolutions that are compared for a suggestion, the latest ones.
COMPARED = 500
TRENDS = [
    ("new", "New since the last change"),
    ("back", "Back since the last change"),
    ("rising", "Rising"),
    ("steady", "Steady"),
    ("falling", "Falling"),
    ("gone", "Gone since the last change"),
]
_HOUR = 3600
#: Hours before and after a change that are compared at most: a week.
WINDOWS = 168


class IntegrationErrorGroupView(models.AbstractModel):
    """What the triage inbox shows of groups: trend, documents, and what helped before."""

    _name = "integration.error.group.view"
    _description = "View of Groups of Failures"

    interface_id = fields.Many2one("integration.interface")
    first_seen = fields.Datetime()
    count = fields.Integer()
    trend = fields.Selection(TRENDS, compute="_compute_trend")
    changed_at = fields.Datetime(
        string="Last change",
        compute="_compute_trend",
        help="When a change of the interface was applied last: what is new since may come from it.",
    )
    waiting_now = fields.Integer(
        string="Waiting now",
        compute="_compute_waiting_now",
        help="Messages that are dead or in quarantine by it at this moment. Lists tell what was "
        "counted within the last minute.",
    )
    document_count = fields.Integer(string="Documents", compute="_compute_document_count")
    suggestion_ids = fields.Many2many(
        "integration.error.resolution",
        string="What helped before",
        compute="_compute_suggestions",
    )
    suggestion_text = fields.Text(string="Why this", compute="_compute_suggestions")
    runbook = fields.Html(related="interface_id.runbook")
    manual_fallback = fields.Html(related="interface_id.manual_fallback")
    failure_impact = fields.Text(related="interface_id.failure_impact")

    @api.depends("interface_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_waiting_now(self):
        for group in self:
            domain = group._waiting_domain()
            group.waiting_now = self.env["integration.message"].search_count(domain)

    @api.depends("first_seen", "count", "interface_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_trend(self):
        marks = self._marks()
        now = fields.Datetime.now()
        yesterday = now - timedelta(days=1)
        hours = self._hours(min([yesterday, *marks.values()]))
        for group in self:
            mark = marks.get(group.interface_id.id)
            group.changed_at = mark
            counts = hours.get(group._origin.id, {})
            group.trend = group._trend(mark or yesterday, now, counts)

    def _hours(self, mark):
        """Failures by hour of each group that trends can be about: ``{id: {hour: count}}``.

        Many groups are shown at once, and each keeps counts of some months.
        """
        found = defaultdict(dict)
        # sudo: counts of groups that the reader has before him
        rows = (
            self.env["integration.error.hour"]
            .sudo()
            .search_read(
                [
                    ("group_id", "in", self._origin.ids),
                    ("hour_at", ">=", mark - timedelta(hours=WINDOWS + 1)),
                ],
                ["group_id", "hour_at", "count"],
                load="",
            )
        )
        for row in rows:
            found[row["group_id"]][row["hour_at"]] = row["count"]
        return found

    def _marks(self):
        """When the present revision of each interface was applied."""
        found = self.env["integration.revision"]._read_group(
            [("interface_id", "in", self.interface_id.ids), ("applied_at", "!=", False)],
            ["interface_id"],
            ["applied_at:max"],
        )
        return {interface.id: moment for interface, moment in found}

    def _trend(self, mark, now, counts):
        hour = mark.replace(minute=0, second=0, microsecond=0)
        windows = max(1, min(WINDOWS, int((now - hour).total_seconds() // _HOUR)))
        before = [counts.get(hour - timedelta(hours=n), 0) for n in range(1, windows + 1)]
        since = [counts.get(hour + timedelta(hours=n), 0) for n in range(windows + 1)]
        first = (self.first_seen or now).timestamp()
        return error_groups.trend(mark.timestamp(), first, before, since).value

    def _compute_document_count(self):
        for group in self:
            group.document_count = len(group._documents())

    def _documents(self):
        """Documents that what waits is about: pairs of model and id."""
        self.env.cr.execute(
            """
            SELECT DISTINCT res_model, res_id FROM integration_message
             WHERE interface_id = %s AND error_fingerprint = %s
               AND state IN ('quarantined', 'dead') AND res_id IS NOT NULL LIMIT 10000
            """,
            [self.interface_id.id, self.fingerprint or ""],
        )
        return self.env.cr.fetchall()

    @api.depends("interface_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_suggestions(self):
        for group in self:
            ranked = group._ranked()
            notes = [note for one in ranked for note in one.notes[:1]]
            group.suggestion_ids = self.env["integration.error.resolution"].browse(notes)
            group.suggestion_text = "\n".join(group._explained(one) for one in ranked)

    def _ranked(self):
        """Ways that helped in groups like this one, the most likely first."""
        resolutions = self.env["integration.error.resolution"]
        earlier = resolutions.search(
            [("group_id", "!=", self._origin.id)], order="resolved_at desc", limit=COMPARED
        )
        earlier |= self._origin.resolution_ids
        return suggestions.rank(
            self._likeness(),
            (one._experience() for one in earlier),
            fields.Datetime.now().timestamp(),
        )

    def _likeness(self):
        return suggestions.Group(
            fingerprint=self.fingerprint or "",
            error_class=self.error_class or "",
            code=self.code or "",
            title=self.title or "",
            interface=self.interface_id.id,
            system=self.system_id.id,
        )

    def _explained(self, one):
        """A suggestion with its reasons, in the reader's language."""
        ways = dict(
            self.env["integration.error.resolution"]._fields["way"]._description_selection(self.env)
        )
        names = {
            "title": self.env._("the same words"),
            "code": self.env._("the same code"),
            "interface": self.env._("the same interface"),
            "error_class": self.env._("the same class"),
            "system": self.env._("the same system"),
        }
        alike = [names[name] for name, value in one.parts if value >= 0.5 * _weight(name)]
        return self.env._(
            "%(way)s (%(score)s %%): held %(held)s of %(times)s times; %(alike)s.",
            way=ways.get(one.way, one.way),
            score=round(one.score * 100),
            held=one.held,
            times=one.times,
            alike=", ".join(alike),
        )

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_waiting(self):
        """The messages that the badge counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message_dead"
        )
        action["domain"] = self._waiting_domain()
        action["context"] = {"dead_letters": True}
        action["display_name"] = self.title
        return action

    def action_open_sample(self):
        self.ensure_one()
        return self.sample_id.get_formview_action()

    def action_open_documents(self):
        """Documents that what waits is about; of several kinds, the messages by kind."""
        self.ensure_one()
        by_model = {}
        for model, record in self._documents():
            by_model.setdefault(model, []).append(record)
        if len(by_model) != 1:
            action = self.action_open_waiting()
            action["context"] = {"dead_letters": True, "group_by": ["res_model"]}
            return action
        ((model, ids),) = by_model.items()
        return {
            "type": "ir.actions.act_window",
            "name": documents.kind_name(self.env, model),
            "res_model": model,
            "view_mode": "list,form",
            "domain": list(Domain("id", "in", ids)),
            "context": {"active_test": False},
        }


def _weight(name):
    return suggestions.WEIGHTS[name]
