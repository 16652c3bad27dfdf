import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..engine import conditions

_logger = logging.getLogger(__name__)

ACTIVITY = "integration_core.mail_activity_failed"
# Administrators who are told when nobody is responsible.
TOLD = 5


class IntegrationEventTypeSchedule(models.AbstractModel):
    """Event types whose documents begin to match a condition, checked at intervals."""

    _name = "integration.event.type.schedule"
    _description = "Integration Event Type: Scheduled Condition"

    interval_minutes = fields.Integer(
        string="Checked every (minutes)",
        default=60,
        help="How often the condition is looked at. An event may come this much late.",
    )
    fire_existing = fields.Boolean(
        string="Tell of documents that match already",
        help="By default the first look only remembers which documents match, so that activating "
        "an interface does not send years of history. With this, it makes an event of each.",
    )
    checked_at = fields.Datetime(
        string="Last checked",
        readonly=True,
        copy=False,
        help="When the condition was last looked at.",
    )
    primed = fields.Boolean(
        readonly=True, copy=False, help="The first look at the documents is over."
    )
    check_started_at = fields.Datetime(
        readonly=True, copy=False, help="Start of the check that is under way, if any."
    )
    check_position = fields.Integer(
        readonly=True, copy=False, help="Id of the last document that it has looked at."
    )
    problem = fields.Text(readonly=True, copy=False, help="Why the last check failed.")

    @api.constrains("trigger", "interval_minutes")
    def _check_interval(self):
        if any(t.trigger == "scheduled" and t.interval_minutes < 1 for t in self):
            raise ValidationError(self.env._("A condition is checked every minute at most."))

    def write(self, vals):
        res = super().write(vals)
        if {"model_name", "trigger", "condition"} & set(vals):
            self._forget_matches()
        return res

    def _forget_matches(self):
        if not self:
            return
        conditions.forget_all(self.env.cr, self.ids)
        self._set_check(
            primed=False, checked_at=None, check_started_at=None, check_position=0, problem=None
        )

    def _set_check(self, **values):
        """Keep books of the checks.

        SQL: no audit entry for each check, and no cache of triggers dropped on all workers.
        """
        self.flush_recordset(list(values))
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
        )
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id IN %s",
                SQL.identifier(self._table),
                assignments,
                self._ids,
            )
        )
        self.invalidate_recordset(list(values))

    def action_check_now(self):
        """Look at the condition within a minute, instead of when it is due."""
        self.check_access("write")
        if any(event_type.trigger != "scheduled" for event_type in self):
            raise UserError(self.env._("Only a condition is checked at intervals."))
        idle = self.filtered(lambda t: not t.check_started_at)
        if idle:
            idle._set_check(check_started_at=fields.Datetime.now())
        # sudo: ir.cron is not for integration administrators
        self.env.ref("integration_core.ir_cron_conditions").sudo()._trigger()

    # ------------------------------------------------------------------
    # the check
    # ------------------------------------------------------------------

    @api.model
    def _cron_conditions(self):
        """Look at the conditions that are due, batch by batch.

        Not in a copy of the database: its events are not those of the original.
        """
        if self.env["integration.arming"]._held():
            return
        active = self._checked_types()
        # Nobody listened for a while: what happened meanwhile is nobody's business.
        self.search([("primed", "=", True)]).filtered(lambda t: t not in active)._forget_matches()
        due = active._due()
        for number, event_type in enumerate(due):
            if not event_type._check_until_done(len(due) - number):
                return

    @api.model
    def _checked_types(self):
        """Event types with a subscriber whose condition is to be checked."""
        ids = {
            trigger.type_id
            for watch in self._watched().values()
            for trigger in watch.triggers
            if trigger.kind == "scheduled"
        }
        types = self.search([("trigger", "=", "scheduled"), ("interface_ids", "!=", False)])
        return types.filtered(lambda t: t.id in ids or t.model_name not in self.env)

    def _due(self):
        now = fields.Datetime.now()
        return self.filtered(
            lambda t: (
                t.check_started_at
                or not t.checked_at
                or t.checked_at + timedelta(minutes=t.interval_minutes) <= now
            )
        )

    def _check_until_done(self, remaining):
        """Check one condition; false if the time of the cron is up.

        :param remaining: how many conditions are due, this one included
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        if not self.check_started_at:
            self._set_check(check_started_at=fields.Datetime.now(), check_position=0)
        while True:
            try:
                # A failing statement must not take the books along.
                with self.env.cr.savepoint():
                    position = self._look()
            except psycopg2.OperationalError:
                raise  # collided with somebody: Odoo runs the job again
            except Exception as exc:  # whatever a domain or a search method can raise
                self._check_failed(exc)
                position = None
            else:
                if position is None:
                    self._check_done()
            if position is None:
                return bool(commit_progress(1, remaining=remaining - 1))
            self._set_check(check_position=position)
            if not commit_progress(0, remaining=remaining):
                return False

    def _look(self):
        """Look at one batch; the position up to which was looked, or None at the end."""
        if self.model_name not in self.env:
            raise KeyError(self.model_name)
        return conditions.look(
            self.env[self.model_name],
            self._trigger(),
            self.check_position,
            fire=self.fire_existing or self.primed,
        ).position

    def _check_done(self):
        if self.problem:
            self.activity_ids.filtered(
                lambda a: a.activity_type_id == self.env.ref(ACTIVITY)
            ).action_done()
        self._set_check(
            primed=True,
            checked_at=self.check_started_at,
            check_started_at=None,
            check_position=0,
            problem=None,
        )

    def _check_failed(self, exc):
        """Show why, tell people once, and go on checking: it may be mended any time."""
        if self.model_name not in self.env:
            problem = self.env._("The documents “%s” are not installed.", self.model_name)
        else:
            # The type of the error alone: its text may hold content.
            problem = self.env._(
                "The condition could not be checked (%s). Correct it, or install again what it "
                "refers to.",
                type(exc).__name__,
            )
        _logger.warning("Condition of event type %s fails: %s", self.code, type(exc).__name__)
        if not self.problem:
            self._tell(problem)
        self._set_check(
            checked_at=fields.Datetime.now(),
            check_started_at=None,
            check_position=0,
            problem=problem,
        )

    def _tell(self, problem):
        for user in self._responsible():
            self.activity_schedule(
                ACTIVITY,
                summary=self.env._("No longer checked: %s", self.name),
                note=problem,
                user_id=user.id,
            )

    def _responsible(self):
        owner = self.owner_id
        if owner.active and not owner._is_superuser():
            return owner
        administrators = self.env.ref("integration_core.group_administrator").all_user_ids
        return administrators.filtered(lambda u: u.active and not u._is_superuser())[:TOLD]
