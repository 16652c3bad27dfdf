from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import audit

from ..tools.health_wall import Light

LIGHTS = [
    (Light.DOWN.value, "Down"),
    (Light.SILENT.value, "Silent"),
    (Light.DEGRADED.value, "Degraded"),
    (Light.UNKNOWN.value, "Not known"),
    (Light.PAUSED.value, "Paused"),
    (Light.OK.value, "OK"),
]
# What the watch keeps of itself.
KEPT = frozenset(
    {
        "interface_id",
        "light",
        "reasons",
        "since",
        "updated_at",
        "significant_at",
        "state",
        "profile",
        "learnt_at",
        "history_days",
        "use_expected",
    }
)


class IntegrationWatch(models.Model):
    """What is known of one interface from minute to minute, and its light.

    Written by ``engine.watch_round`` alone; people switch signals (``integration.watch.setting``)
    and have the usual traffic learnt anew.
    """

    _name = "integration.watch"
    _description = "Watch of an Interface"
    _inherit = ["integration.closed.columns"]
    _log_access = False
    _order = "interface_id"
    _rec_name = "interface_id"
    # Administrators add switches; the row itself is written by the watch.
    _closed_fields = KEPT

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id")
    system_id = fields.Many2one(related="interface_id.system_id")
    criticality = fields.Selection(related="interface_id.criticality")
    light = fields.Selection(LIGHTS, required=True, readonly=True, default="unknown", index=True)
    reasons = fields.Json(readonly=True, help="Why the light is as it is: codes and numbers.")
    since = fields.Datetime(string="Light since", readonly=True)
    updated_at = fields.Datetime(string="Last looked at", readonly=True)
    significant_at = fields.Datetime(
        string="Silent from",
        readonly=True,
        help="If nothing comes until then, that is no chance any more. Empty: too little is known, "
        "or nothing is expected.",
    )
    state = fields.Json(readonly=True, help="States of the detectors.")
    profile = fields.Json(readonly=True, help="What is usual at each hour of the week.")
    learnt_at = fields.Datetime(string="Usual traffic learnt", readonly=True)
    history_days = fields.Float(
        string="Learnt from (days)", readonly=True, digits=(6, 1), aggregator=None
    )
    use_expected = fields.Boolean(
        string="Use the expected number",
        readonly=True,
        help="Until enough is learnt, watch for silence and surges by the expected messages per "
        "day of the interface. A silence is then told after about a day.",
    )
    setting_ids = fields.One2many("integration.watch.setting", "watch_id", string="Switches")
    # for people
    reasons_text = fields.Text(string="Why", compute="_compute_texts")
    signals_text = fields.Text(string="Signals that are on", compute="_compute_texts")
    profile_text = fields.Text(string="What is usual", compute="_compute_profile_text")
    runbook = fields.Html(related="interface_id.runbook")

    _interface_unique = models.UniqueIndex("(interface_id)")

    @api.depends("reasons", "state")
    @api.depends_context("lang")
    def _compute_texts(self):
        texts = self.env["integration.finding.text"]
        for watch in self:
            reasons = watch.reasons or []
            watch.reasons_text = (
                "\n".join(texts._reason(one["code"], one.get("facts") or {}) for one in reasons)
                or False
            )
            watch.signals_text = (
                "\n".join(
                    f"{texts._sentence(signal, facts)} {texts._advice(signal)}"
                    for signal, facts in ((watch.state or {}).get("facts") or {}).items()
                )
                or False
            )

    @api.depends("profile", "learnt_at", "history_days", "use_expected")
    @api.depends_context("lang", "tz")
    def _compute_profile_text(self):
        for watch in self:
            watch.profile_text = self.env["integration.finding.text"]._profile(watch)

    # ------------------------------------------------------------------
    # buttons
    # ------------------------------------------------------------------

    def action_learn_anew(self):
        """Learn now what is usual, from the history that there is."""
        self._require_administrator()
        # sudo: the row is written by the watch alone
        for watch in self.sudo():
            watch._learn()
        audit.record(self, "change", reason=self.env._("Learn anew"))

    def action_use_expected(self):
        """Judge by the expected number per day as long as too little is learnt, or no more."""
        self._require_administrator()
        # sudo: as above
        for watch in self.sudo():
            before = audit.readable(watch, ["use_expected"])
            watch.use_expected = not watch.use_expected
            changes = audit.differences(before, audit.readable(watch, ["use_expected"]))
            audit.record(watch.with_env(self.env), "change", changes=changes)

    def _require_administrator(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise UserError(self.env._("Only integration administrators set up the watch."))

    def action_open_interface(self):
        self.ensure_one()
        return self.interface_id.get_formview_action()

    def action_open_objectives(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitoring.action_integration_slo"
        )
        return {
            **action,
            "domain": [("interface_id", "=", self.interface_id.id)],
            "context": {"default_interface_id": self.interface_id.id},
        }
