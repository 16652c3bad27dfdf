import json
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import slo_history
from ..tools import burn_rate, objectives
from ..tools.findings import Grade
from ..tools.slo import TIMED, Kind

KINDS = [
    (Kind.LATENCY.value, "Latency"),
    (Kind.AVAILABILITY.value, "Availability"),
    (Kind.RECOVERY.value, "Recovery"),
    (Kind.DURABILITY.value, "Durability"),
]
STATES = [
    ("unknown", "Nothing counted yet"),
    ("kept", "Kept"),
    ("burning", "Burning"),
    ("spent", "Spent"),
]
COUNTED = frozenset({"total", "bad", "remaining", "burn", "state", "computed_at"})
SHOWN_HOURS = 48


class IntegrationSlo(models.Model):
    """What an interface promises, and what is left of its budget of failures; see ``tools.slo``."""

    _name = "integration.slo"
    _description = "Service Level Objective"
    _inherit = ["integration.closed.columns", "integration.audited"]
    _order = "interface_id, kind, id"
    _audit_parent = "interface_id"
    # What is counted each minute is written in SQL.
    _closed_fields = COUNTED
    _audit_excluded = tuple(sorted(COUNTED))

    interface_id = fields.Many2one(
        "integration.interface",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('revision_of_id', '=', False)]",
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    system_id = fields.Many2one(related="interface_id.system_id")
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        KINDS,
        required=True,
        help="Latency: messages that were finished within the threshold. Availability: attempts "
        "that did not fail for reasons of the service. Recovery: incidents that were healed within "
        "the threshold. Durability: acknowledged messages that are kept, and no dead letter that "
        "nobody has handled within a day.",
    )
    target = fields.Float(
        string="Target (%)",
        required=True,
        digits=(6, 3),
        default=99.5,
        help="Share of good events. 100 % cannot be promised: what is missing to it is the budget "
        "of failures.",
    )
    threshold = fields.Float(
        string="Threshold (s)",
        help="Seconds within which a message is finished, or an incident healed.",
    )
    period_days = fields.Integer(
        string="Period (days)", required=True, default=30, help="Over which the promise is kept."
    )
    # computed each minute
    total = fields.Integer(string="Events", readonly=True, copy=False)
    bad = fields.Integer(string="Bad ones", readonly=True, copy=False)
    remaining = fields.Float(
        string="Budget left (%)",
        readonly=True,
        copy=False,
        default=100.0,
        digits=(12, 1),
        aggregator=None,
        help="Of the failures that the period may have. Below 0: more than was promised.",
    )
    burn = fields.Json(readonly=True, copy=False, help="Burn rate by seconds of the window.")
    state = fields.Selection(STATES, readonly=True, copy=False, default="unknown", index=True)
    computed_at = fields.Datetime(string="Counted", readonly=True, copy=False)
    # for people
    remaining_bar = fields.Float(compute="_compute_standing", string="Budget")
    burn_hour = fields.Float(compute="_compute_standing", string="Burn rate (1 h)", digits=(12, 1))
    burn_six_hours = fields.Float(
        compute="_compute_standing", string="Burn rate (6 h)", digits=(12, 1)
    )
    burn_three_days = fields.Float(
        compute="_compute_standing", string="Burn rate (3 d)", digits=(12, 1)
    )
    standing = fields.Char(compute="_compute_standing", string="How it stands")
    chart = fields.Text(compute="_compute_chart", string="Burn rate by hour")
    rules_text = fields.Text(compute="_compute_rules_text", string="When it is told")
    day_ids = fields.One2many("integration.slo.day", "slo_id", string="History", readonly=True)

    _kind_unique = models.UniqueIndex(
        "(interface_id, kind)", "The interface has an objective of this kind already. Change that."
    )

    @api.depends("interface_id.name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for slo in self:
            slo.display_name = f"{slo.interface_id.name}: {kinds.get(slo.kind, '')}"

    @api.depends("remaining", "burn", "total", "bad", "state", "target", "period_days")
    @api.depends_context("lang")
    def _compute_standing(self):
        for slo in self:
            burn = slo.burn or {}
            slo.remaining_bar = min(max(slo.remaining, 0.0), 100.0)
            slo.burn_hour = burn.get("3600", 0.0)
            slo.burn_six_hours = burn.get("21600", 0.0)
            slo.burn_three_days = burn.get("259200", 0.0)
            slo.standing = slo._standing_text()

    def _standing_text(self):
        if not self.total:
            return self.env._("Nothing has been counted in the period.")
        allowed = (100.0 - self.target) / 100.0 * self.total
        return self.env._(
            "%(bad)s of %(total)s were bad in %(days)s days; %(allowed).1f may be.",
            bad=self.bad,
            total=self.total,
            days=self.period_days,
            allowed=allowed,
        )

    @api.depends("interface_id", "kind", "target", "threshold")
    def _compute_chart(self):
        for slo in self:
            slo.chart = json.dumps(slo._chart_values())

    def _chart_values(self):
        """Burn rate of the latest hours and from which on it is told; for ``burn_chart.js``."""
        now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        first = now - timedelta(hours=SHOWN_HOURS)
        rates = slo_history.hourly_burn(self.env.cr, self, first, now) if self._origin.id else {}
        begin = int(first.replace(tzinfo=UTC).timestamp())
        return {
            "times": [begin + at * 3600 for at in range(SHOWN_HOURS)],
            "rates": [rates.get(at, 0.0) for at in range(SHOWN_HOURS)],
            "limits": sorted(rule.rate for rule in burn_rate.RULES),
        }

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("target", "threshold", "kind", "period_days")
    def _check_promise(self):
        for slo in self:
            if not 0 < slo.target < 100:
                raise ValidationError(
                    self.env._("A target is above 0 and below 100 %: 100 % cannot be promised.")
                )
            if Kind(slo.kind) in TIMED and slo.threshold <= 0:
                raise ValidationError(
                    self.env._("Latency and recovery need a threshold in seconds above 0.")
                )
            if not 1 <= slo.period_days <= 366:
                raise ValidationError(self.env._("A period has 1 to 366 days."))

    @api.model_create_multi
    def create(self, vals_list):
        slos = super().create(vals_list)
        slos._count_again()
        return slos

    def write(self, vals):
        res = super().write(vals)
        if {"threshold", "kind", "interface_id", "period_days"} & set(vals):
            self._count_again()
        return res

    def _count_again(self):
        """Count the days of the period anew: the promise is another one now."""
        self.env.flush_all()
        for slo in self:
            slo_history.count_again(self.env.cr, slo, fields.Datetime.now())
        self.day_ids.invalidate_recordset()
        self.invalidate_recordset(["day_ids"])

    @api.model
    def _count_missed(self):
        """Each night: count the days of all periods anew, a transaction for each objective.

        The watch counts the present day only. Of a day on which it did not run, or whose messages
        were recorded later, nobody would know afterwards what was kept.
        """
        for slo_id in self.search([("active", "=", True)]).ids:
            with own_cursor(self.env.registry) as cr:
                slo = self.with_env(self.env(cr=cr)).browse(slo_id).exists()
                if slo:
                    slo_history.count_again(cr, slo, fields.Datetime.now())

    # ------------------------------------------------------------------
    # defaults
    # ------------------------------------------------------------------

    @api.model
    def _ensure(self, interfaces):
        """Give interfaces the objectives of their classification that they do not have yet.

        One that was archived was taken away on purpose, and stays away.
        """
        known = self.with_context(active_test=False).search(
            [("interface_id", "in", interfaces.ids)]
        )
        there = {(slo.interface_id.id, slo.kind) for slo in known}
        return self.create(
            [
                {
                    "interface_id": interface.id,
                    "kind": one.kind.value,
                    "target": round(100.0 * one.target, 6),
                    "threshold": one.threshold or 0.0,
                    "period_days": one.period // slo_history.DAY,
                }
                for interface in interfaces
                for one in objectives.defaults(
                    interface.criticality,
                    interface.latency_class,
                    interface.rto_minutes,
                    interface.rpo_minutes,
                )
                if (interface.id, one.kind.value) not in there
            ]
        )

    def action_suggest(self):
        """Objectives for every active interface that has none of a kind, by its classification."""
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise UserError(self.env._("Only integration administrators set objectives."))
        interfaces = self.env["integration.interface"].search(
            [("activated_at", "!=", False), ("revision_of_id", "=", False)]
        )
        made = self._ensure(interfaces)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if made else "info",
                "message": self.env._("%s objectives were added.", len(made)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_history(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitoring.action_integration_slo_day"
        )
        return {**action, "domain": [("slo_id", "=", self.id)], "context": {}}

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_rules_text(self):
        grades = {
            Grade.PAGE: self.env._("told at once"),
            Grade.TICKET: self.env._("for working hours"),
        }
        text = "\n".join(
            self.env._(
                "Burn rate of %(rate)s over %(long)s h and still over %(short)s min: %(grade)s.",
                rate=rule.rate,
                long=rule.long // 3600,
                short=rule.short // 60,
                grade=grades[rule.grade],
            )
            for rule in burn_rate.RULES
        )
        for slo in self:
            slo.rules_text = text
