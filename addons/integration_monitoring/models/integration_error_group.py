import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.models.integration_message import ERROR_CLASSES, FAULTS

from ..engine import error_collector, ledger_counts
from ..tools import error_groups
from ..tools.error_groups import Act, ActRefused

_logger = logging.getLogger(__name__)

STATES = [
    ("new", "New"),
    ("regressed", "Back again"),
    ("open", "Open"),
    ("acknowledged", "Known"),
    ("assigned", "Assigned"),
    ("snoozed", "Snoozed"),
    ("resolved", "Resolved"),
]
ACTIVITY = "integration_monitoring.mail_activity_error_group"


class IntegrationErrorGroup(models.Model):
    """All failures of one kind at one interface, looked after as one.

    Failures come from the ledger (:mod:`..engine.error_collector`); people act by the transition
    table of :mod:`..tools.error_groups`. The title holds nothing individual.
    """

    _name = "integration.error.group"
    _description = "Group of Failures"
    _inherit = ["integration.error.group.act", "integration.error.group.view"]
    _order = "waiting_count desc, last_seen desc, id desc"
    _rec_name = "title"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    system_id = fields.Many2one(related="interface_id.system_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    fingerprint = fields.Char(required=True, readonly=True)
    title = fields.Char(
        string="Kind of failure", required=True, readonly=True, help="Without anything individual."
    )
    code = fields.Char(string="Error code", readonly=True)
    error_class = fields.Selection(ERROR_CLASSES, string="Class of error", readonly=True)
    fault = fields.Selection(FAULTS, readonly=True, help="On whose side the cause lies.")
    state = fields.Selection(STATES, required=True, readonly=True, default="new", index=True)
    attempted = fields.Integer(
        string="Failed attempts", readonly=True, default=0, help="Those that were counted so far."
    )
    count = fields.Integer(
        string="Failures",
        readonly=True,
        help="Failed attempts so far, and messages that failed without one.",
    )
    waiting_count = fields.Integer(
        string="Waiting", readonly=True, help="Messages that are dead or in quarantine by it."
    )
    first_seen = fields.Datetime(string="First seen", required=True, readonly=True)
    last_seen = fields.Datetime(string="Last seen", required=True, readonly=True)
    sample_id = fields.Many2one("integration.message", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", string="Looked after by", readonly=True, index=True)
    snoozed_until = fields.Datetime(string="Snoozed until", readonly=True)
    usual = fields.Float(
        string="Failures an hour when snoozed", readonly=True, help="Five times as many wake it."
    )
    note = fields.Char(readonly=True)
    resolved_at = fields.Datetime(string="Resolved", readonly=True)
    regressed_at = fields.Datetime(string="Came back", readonly=True)
    resolution_ids = fields.One2many("integration.error.resolution", "group_id", readonly=True)
    hour_ids = fields.One2many("integration.error.hour", "group_id", readonly=True)

    _kind_unique = models.UniqueIndex("(interface_id, fingerprint)")

    # ------------------------------------------------------------------
    # collecting
    # ------------------------------------------------------------------

    @api.model
    def _collect(self):
        """Count what failed since the last time, and let groups come, come back and wake.

        With each collection of the traffic, on a cursor that people's acts cannot collide with.
        """
        cr = self.env.cr
        ledger_counts.without_jit(cr)
        after = error_collector.begin(cr)
        if after is None:
            return  # another process is at it
        upto = error_collector.end_of(cr, after)
        found = error_collector.failures(cr, after, upto) if upto > after else []
        fresh = error_collector.store(cr, found)
        if fresh or error_collector.waiting_is_due(cr):
            waiting = error_collector.waiting(cr)
            fresh += error_collector.store(cr, waiting)
            error_collector.store_waiting(cr, waiting)
        if upto > after:
            error_collector.count_hours(cr, after, upto)
            error_collector.reached(cr, upto)
        self.env.invalidate_all()
        self.browse(fresh)._each(lambda group: group._route())
        self._relapsed()._each(lambda group: group._recur())
        self._wake()

    def _each(self, act):
        """Do something with each group; that one cannot be told must not end the counting."""
        for group in self:
            try:
                with self.env.cr.savepoint():
                    act(group)
            except Exception:  # whatever hooks of activities raise; it is logged
                _logger.exception("Group of failures %s cannot be looked after", group.id)

    @api.model
    def _relapsed(self):
        """Groups that failed again after they were resolved."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT id FROM integration_error_group
             WHERE state = 'resolved' AND last_seen > resolved_at
            """
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _recur(self):
        """It is back; whoever resolved it last hears of it."""
        self._move(Act.RECUR, regressed_at=fields.Datetime.now(), user_id=False)
        self._ask(
            self.resolution_ids[:1].user_id,
            self.env._(
                "It has come back: %(title)s (%(interface)s)",
                title=self.title,
                interface=self.interface_id.display_name,
            ),
        )

    def _wake(self):
        now = fields.Datetime.now()
        snoozed = self.search([("state", "=", "snoozed")])
        lately = snoozed._failures_since(now - timedelta(hours=1))
        for group in snoozed:
            until = group.snoozed_until or now
            if error_groups.wakes(
                now.timestamp(), until.timestamp(), lately.get(group.id, 0), group.usual
            ):
                group._move(Act.WAKE, snoozed_until=False, note=False)

    def _failures_since(self, moment):
        """Failures of each group in the hours that began after a moment: ``{id: count}``."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        found = self.env["integration.error.hour"]._read_group(
            [("group_id", "in", self.ids), ("hour_at", ">=", hour)], ["group_id"], ["count:sum"]
        )
        return {group.id: count for group, count in found}

    def _route(self):
        """Give new groups to those who look after their kind, as long as they can."""
        routes = self.env["integration.error.route"].search([("active", "=", True)])
        routes = routes.filtered(lambda one: one.user_id.active and _looks_after(one.user_id))
        for group in self:
            route = routes.filtered(lambda one, group=group: one._matches(group))[:1]
            if route.user_id:
                group._move(Act.ASSIGN, user_id=route.user_id.id)
                group._ask(
                    route.user_id,
                    group.env._(
                        "New kind of failure: %(title)s (%(interface)s)",
                        title=group.title,
                        interface=group.interface_id.display_name,
                    ),
                )

    def _ask(self, user, summary):
        """An activity on the interface for a person, who may see it: groups have no chatter."""
        if user.active and _looks_after(user):
            # sudo: an operator may not write interfaces, and asks a colleague all the same
            self.sudo().interface_id.activity_schedule(ACTIVITY, user_id=user.id, summary=summary)

    # ------------------------------------------------------------------
    # moving
    # ------------------------------------------------------------------

    def _move(self, act, **values):
        """Change the state of groups by the transition table.

        :raises UserError: the act is not possible in the state of one of them
        """
        targets = defaultdict(self.browse)
        for group in self:
            try:
                targets[error_groups.after(group.state, act)] |= group
            except ActRefused as refused:
                state = dict(self._fields["state"]._description_selection(self.env))[group.state]
                raise UserError(
                    self.env._(
                        "“%(title)s” is %(state)s: this cannot be done with it now. Load the page "
                        "again to see what can.",
                        title=group.title,
                        state=state.lower(),
                    )
                ) from refused
        for state, groups in targets.items():
            groups.write({"state": state.value, **values})

    def _require_operator(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators look after failures."))


def _looks_after(user):
    """Whether a person still may look after failures: whoever left is given nothing."""
    return user.has_group("integration_core.group_operator")
