import logging
from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..engine import audit, capture, muting
from ..engine.drain import fault_point
from ..tools.keyring import KeyRingError

_logger = logging.getLogger(__name__)

ACTIVITY = "integration_core.mail_activity_mute"
ALERT = "mail.mail_activity_data_warning"
MAX_HOURS = 24
# A worker may go by what it remembers for so long after the end: what it withholds meanwhile is
# caught up as well.
GRACE = timedelta(seconds=60)
# What was decided when it began.
FIXED = frozenset(
    {"event_type_ids", "model_name", "company_id", "user_id", "reason", "state", "started_at"}
)


class IntegrationEventMute(models.Model):
    """Events are muted for a bulk import, for some hours at most, and caught up afterwards."""

    _name = "integration.event.mute"
    _description = "Integration Muted Events"
    _inherit = [
        "integration.event.mute.screen",
        "integration.audited",
        "integration.reason.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"

    # Buttons leave an entry of their own; the rest are the books of catching up.
    _audit_excluded = (
        "state",
        "started_at",
        "until",
        "ended_at",
        "muted_by_id",
        "told_count",
        "gone_count",
        "worked_at",
    )
    _reason_acts = ("action_drop",)

    event_type_ids = fields.Many2many(
        "integration.event.type",
        string="Event types",
        help="Which events are muted. Empty: all events of the kind of record.",
    )
    model_name = fields.Char(
        string="Kind of record", help="All events about such records are muted."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Records of this company are muted, and those that all companies share.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Only changes of",
        default=lambda self: self.env.user,
        help="Whoever runs the import. Empty: everybody's changes are muted, also those of people "
        "who go on working and of messages that arrive.",
    )
    reason = fields.Char(required=True, help="Others will read it; write it for them.")
    hours = fields.Float(
        string="For at most (hours)",
        default=1.0,
        help="It ends by itself then, and what changed is caught up. At most 24 hours.",
    )
    rate = fields.Integer(
        string="Caught up each minute",
        default=600,
        help="How many records are told each minute afterwards, so that current traffic and the "
        "other side are not flooded.",
    )
    state = fields.Selection(
        [
            ("draft", "Prepared"),
            ("active", "Muted"),
            ("catching_up", "Catching up"),
            ("done", "Caught up"),
            ("dropped", "Dropped"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    started_at = fields.Datetime(string="Muted since", readonly=True, copy=False)
    until = fields.Datetime(string="Ends by itself", readonly=True, copy=False)
    ended_at = fields.Datetime(string="Ended", readonly=True, copy=False)
    muted_by_id = fields.Many2one("res.users", string="Muted by", readonly=True, copy=False)
    told_count = fields.Integer(string="Told", readonly=True, copy=False)
    gone_count = fields.Integer(
        string="Not told",
        readonly=True,
        copy=False,
        help="Records that are gone, do not match the condition of the event type any more, or of "
        "whose event type nobody is told now.",
    )
    worked_at = fields.Datetime(readonly=True, copy=False)

    @api.constrains("event_type_ids", "model_name")
    def _check_scope(self):
        for mute in self:
            if bool(mute.event_type_ids) == bool(mute.model_name):
                raise ValidationError(
                    self.env._("Choose event types, or a kind of record; one of the two.")
                )

    @api.constrains("hours", "rate")
    def _check_limits(self):
        for mute in self:
            if not 0 < mute.hours <= MAX_HOURS:
                raise ValidationError(self.env._("Events are muted for %s h at most.", MAX_HOURS))
            if not 1 <= mute.rate <= 100_000:
                raise ValidationError(self.env._("Tell between 1 and 100,000 records a minute."))

    @api.model_create_multi
    def create(self, vals_list):
        # su: actions; a mute begins with its button
        if not self.env.su:
            vals_list = [{**vals, "state": "draft", "until": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        # su: actions
        if not self.env.su:
            if {"state", "until", "started_at", "ended_at", "muted_by_id"} & set(vals):
                raise AccessError(self.env._("Use the buttons."))
            if FIXED & set(vals) and any(mute.state != "draft" for mute in self):
                raise UserError(self.env._("What is muted was said at the beginning, and stays."))
            if "hours" in vals and any(mute.state != "draft" for mute in self):
                raise UserError(self.env._("End it, and begin another one if you need more time."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(mute.state != "draft" for mute in self):
            raise UserError(self.env._("What was muted is part of the history of events."))

    # ------------------------------------------------------------------
    # beginning and end
    # ------------------------------------------------------------------

    def action_mute(self):
        """Mute from now on."""
        self._require_administrator()
        self._require("draft", self.env._("It began already."))
        now = fields.Datetime.now()
        for mute in self:
            # sudo: closed to writes of people
            mute.sudo().write(
                {
                    "state": "active",
                    "started_at": now,
                    "until": now + timedelta(hours=mute.hours),
                    "muted_by_id": self.env.uid,
                }
            )
            audit.record(mute, "mute", reason=mute.reason)
        self._muting_changed()

    def action_unmute(self):
        """End it, and catch up."""
        self._require_administrator()
        self._require("active", self.env._("It is not muted."))
        self._end()
        audit.record(self, "unmute")

    def _end(self):
        # sudo: closed to writes of people
        self.sudo().write({"state": "catching_up", "ended_at": fields.Datetime.now()})
        self._muting_changed()
        # sudo: ir.cron is not for integration administrators
        self.env.ref("integration_core.ir_cron_mutes").sudo()._trigger()

    def action_ask_drop(self):
        return self._ask_reason(
            "action_drop",
            self.env._("Stop catching up"),
            warning=self.env._(
                "%s changed records will not be told. Other systems keep what they have of them, "
                "until they change again.",
                self.waiting_count,
            ),
        )

    def action_drop(self, reason):
        """Give up what is still to be told."""
        self._require_administrator()
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))
        self._require("catching_up", self.env._("Nothing is being caught up."))
        for mute in self:
            count = mute.waiting_count
            self.env.cr.execute(
                "DELETE FROM integration_event_muted WHERE mute_id = %s",
                [mute.id],
            )
            # sudo: closed to writes of people
            mute.sudo().write({"state": "dropped", "gone_count": mute.gone_count + count})
        audit.record(self, "cancel", reason=reason.strip())

    def _require_administrator(self):
        self.check_access("write")

    def _require(self, state, sentence):
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if any(mute.state != state for mute in self):
            raise UserError(sentence)

    # ------------------------------------------------------------------
    # for the capture of events
    # ------------------------------------------------------------------

    def _muting_changed(self):
        self.env.flush_all()
        self.env.registry.clear_cache()

    @api.model
    @tools.ormcache()
    def _muting(self):
        """``{event type id: (engine.muting.Mute, …)}`` of what is muted. Cached as triggers are."""
        found: dict[int, list[muting.Mute]] = {}
        # sudo: events are muted whoever causes them
        for mute in self.sudo().search([("state", "=", "active")], order="id"):
            types = mute.event_type_ids or self.env["integration.event.type"].sudo().search(
                [("model_name", "=", mute.model_name)]
            )
            for event_type in types:
                found.setdefault(event_type.id, []).append(
                    muting.Mute(mute.id, mute.until, mute.user_id.id or None, mute.company_id.id)
                )
        return {key: tuple(mutes) for key, mutes in found.items()}

    # ------------------------------------------------------------------
    # catching up
    # ------------------------------------------------------------------

    @api.model
    def _cron_mutes(self):
        """End what is over, and tell of what changed, batch by batch and not too fast."""
        self._end_overdue()
        self.env["ir.cron"]._commit_progress(0)
        for mute in self._behind():
            if not mute._catch_up():
                return

    @api.model
    def _end_overdue(self):
        over = self.search([("state", "=", "active"), ("until", "<=", fields.Datetime.now())])
        for mute in over:
            mute._end()
            audit.record(mute, "unmute", reason=self.env._("The time was up."))
            person = mute.muted_by_id
            if person.active and not person._is_superuser():
                mute.activity_schedule(
                    ACTIVITY,
                    user_id=person.id,
                    summary=self.env._("Events are no longer muted: the time was up"),
                    note=self.env._(
                        "What was changed meanwhile is being told now. If the import still runs, "
                        "its further changes are told at once."
                    ),
                )

    @api.model
    def _behind(self):
        """Mutes of which something is still to be told, also what slow workers added later."""
        self.env.cr.execute("SELECT DISTINCT mute_id FROM integration_event_muted")
        left = [row[0] for row in self.env.cr.fetchall()]
        return self.search(
            [
                "|",
                ("state", "=", "catching_up"),
                "&",
                ("id", "in", left),
                ("state", "in", ("done", "dropped")),
            ],
            order="id",
        )

    def _catch_up(self) -> bool:
        """Tell of what the rate allows; false if the time of the cron is up."""
        commit_progress = self.env["ir.cron"]._commit_progress
        allowance = self._allowance()
        while allowance > 0:
            try:
                with self.env.cr.savepoint():
                    step = muting.catch_up(self.env, self.id, allowance, capture.caught_up)
            except KeyRingError:
                # It waits for its key; the other mutes do not wait for it.
                self._ask_for_key()
                break
            if not step.taken:
                self._close()
                break
            self._count(step)
            allowance -= step.taken
            remaining = self._left()
            fault_point("mute_caught_up")
            if not commit_progress(step.taken, remaining=0):
                return False
            if not remaining:
                self._close()
                break
        commit_progress(0)
        return True

    def _allowance(self) -> int:
        """Records that may be told now: the rate, for the time since the last ones."""
        now = fields.Datetime.now()
        seconds = (now - self.worked_at).total_seconds() if self.worked_at else 60
        allowance = int(self.rate * min(max(seconds, 0), 60) / 60)
        if allowance:
            self._set(worked_at=now)
        return allowance

    def _count(self, step):
        self._set(
            told_count=self.told_count + step.told,
            gone_count=self.gone_count + step.taken - step.told,
        )

    def _close(self):
        """All is told, and no worker can be behind."""
        self.activity_unlink([ALERT])
        if self.state == "catching_up" and self.ended_at + GRACE <= fields.Datetime.now():
            self._set(state="done")
            self.message_post(
                body=self.env._(
                    "Caught up. Records told: %(told)s, not told: %(gone)s.",
                    told=self.told_count,
                    gone=self.gone_count,
                )
            )

    def _left(self) -> bool:
        """Whether anything is still to be told: not how much, which would be counted each time."""
        self.env.cr.execute(
            "SELECT EXISTS (SELECT 1 FROM integration_event_muted WHERE mute_id = %s)", [self.id]
        )
        return self.env.cr.fetchone()[0]

    def _ask_for_key(self):
        """A deleted record's content cannot be decrypted: tell the person who muted, once."""
        _logger.warning("Mute %s waits: the key of a deleted record's content is missing", self.id)
        person = self.muted_by_id
        if person.active and not person._is_superuser() and not self.activity_search([ALERT]):
            self.activity_schedule(
                ALERT,
                user_id=person.id,
                summary=self.env._("Catching up waits for an encryption key"),
                note=self.env._(
                    "A record that was deleted meanwhile is told with its content, which is "
                    "encrypted with a key that the server's key ring does not have. Bring the key "
                    "back, and it goes on by itself; or press “Stop catching up”."
                ),
            )

    def _set(self, **values):
        """Keep books. SQL: no audit entry for each batch."""
        self.flush_recordset(list(values))
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
        )
        self.env.cr.execute(
            SQL("UPDATE integration_event_mute SET %s WHERE id = %s", assignments, self.id)
        )
        self.invalidate_recordset(list(values))
