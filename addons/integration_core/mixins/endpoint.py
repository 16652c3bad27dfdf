from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime, plaintext2html

from ..engine import audit, dispatcher, health, own_events
from ..engine.cursors import own_cursor
from ..engine.snapshots import Snapshot, rfc3339

ACTIVITY = "integration_core.mail_activity_endpoint"
MAX_HOURS = 24 * 365


class IntegrationInterfaceEndpoint(models.AbstractModel):
    """An outbound interface whose partner fails on and on. Part of ``integration.interface``.

    It is disabled after a stated time, announced before: paused, so that events still become
    messages and wait. Whoever resumes it gives the partner the whole time again.
    """

    _name = "integration.interface.endpoint"
    _description = "Interface with an Endpoint That May Fail"

    endpoint_disabled = fields.Boolean(
        string="Disabled",
        readonly=True,
        copy=False,
        help="The partner failed for too long, or said that its address is gone. Resume enables "
        "the interface again.",
    )
    failing_since = fields.Datetime(
        compute="_compute_failing",
        help="Since then the partner has taken nothing. Empty: it does, or nothing was sent.",
    )
    disabled_from = fields.Datetime(
        string="Will be disabled",
        compute="_compute_failing",
        help="If the partner still takes nothing by then.",
    )

    @api.constrains("disable_after_hours")
    def _check_disable_after_hours(self):
        if any(not 0 <= one.disable_after_hours <= MAX_HOURS for one in self):
            raise ValidationError(
                self.env._("An interface is disabled after 0 to %s hours.", MAX_HOURS)
            )

    def _compute_failing(self):
        # sudo: the engine's own table is not for people; what it says is part of the interface
        rows = self.env["integration.health"].sudo().search([("interface_id", "in", self.ids)])
        since = {row.interface_id.id: row.failing_since for row in rows}
        for interface in self:
            interface.failing_since = since.get(interface.id, False)
            hours = interface.disable_after_hours
            interface.disabled_from = (
                interface.failing_since + timedelta(hours=hours)
                if interface.failing_since and hours and not interface.endpoint_disabled
                else False
            )

    # ------------------------------------------------------------------
    # what the engine finds; as superuser, in the transaction that records a batch
    # ------------------------------------------------------------------

    def _announce_failing(self, percent, failing_since, disable_at, failing_hours, hours_left):
        """Tell the owner how much of the time is over (:class:`endpoint_health.Announcement`)."""
        self.ensure_one()
        told = self._in_the_words_of_its_owner()
        summary = told.env._("Will be disabled: %s", told.name)
        text = told.env._(
            "The partner has taken nothing since %(since)s, for %(hours)s hours. That is "
            "%(percent)s %% of the time after which the interface is disabled: on %(until)s, in "
            "%(left)s hours. Ask the partner, or propose another address.",
            since=format_datetime(told.env, failing_since),
            hours=failing_hours,
            percent=percent,
            until=format_datetime(told.env, disable_at),
            left=hours_left,
        )
        told._tell_owner_of_endpoint(summary, text)

    def _disable_endpoint(self, reason):
        """Pause the interface until somebody resumes it."""
        self.ensure_one()
        if self.processing_paused or not self._carries_traffic():
            return
        told = self._in_the_words_of_its_owner()
        self.endpoint_disabled = True
        self._pause_by_system(reason, ask=False)
        own_events.endpoint_disabled(self)
        summary = told.env._("Disabled: %s", told.name)
        told._tell_owner_of_endpoint(
            summary,
            told.env._(
                "%s Nothing is sent any more; events still become messages and wait. When the "
                "partner is ready again, or another address was approved, resume the interface.",
                reason,
            ),
        )

    def _integration_snapshots(self, contract_code):
        """What the engine tells of an interface: nothing that it carries, nor its address."""
        if contract_code not in (own_events.DISABLED, own_events.TEST):
            return super()._integration_snapshots(contract_code)
        now = rfc3339(fields.Datetime.now())
        return {
            one.id: Snapshot(
                one._told_of_test(now)
                if contract_code == own_events.TEST
                else one._told_of_disabling(now),
                one.company_id.id,
                one.name,
            )
            for one in self
        }

    def _told_of_disabling(self, now):
        return {
            "interface": self.name,
            "system": self.system_id.code,
            "disabled_at": now,
            "failing_since": rfc3339(self.failing_since) if self.failing_since else None,
            "reason": self.pause_reason or None,
        }

    def _told_of_test(self, now):
        return {
            "test": True,
            "text": "This is a test. It is about no document: please answer 2xx and do nothing.",
            "interface": self.name,
            "sent_at": now,
        }

    # ------------------------------------------------------------------
    # a test by a person
    # ------------------------------------------------------------------

    def action_send_test(self):
        """Send a test message through the whole engine to this endpoint alone; open its delivery.

        While the interface is paused the test waits as everything else does.

        :raises UserError: the interface carries no traffic, or its transport knows no tests
        """
        self.ensure_one()
        self._require_operator()
        if self.direction != "outbound" or not self._transport()._sends_tests:
            raise UserError(self.env._("No tests are sent through this kind of interface."))
        if not self._carries_traffic():
            raise UserError(
                self.env._(
                    "“%s” carries no traffic here. Have it approved and activated first.",
                    self.display_name,
                )
            )
        # Committed at once, as the numbers of messages are shared with the drains.
        with own_cursor(self.env.registry) as cr:
            # sudo: an operator may send a test, but not write events and messages
            interface = self.with_env(self.env(cr=cr, su=True))
            message_id = dispatcher.send_to(cr, own_events.write_test(interface), interface.id)
        audit.record(self, "test")
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.message",
            "res_id": message_id,
            "views": [[False, "form"]],
        }

    def _endpoint_recovered(self):
        self._settle_endpoint(self.env._("The partner takes messages again."))

    def _endpoint_resumed(self):
        """The partner gets the whole time again."""
        for interface in self:
            health.forget(self.env.cr, interface.id)
            interface._settle_endpoint(self.env._("Resumed."))

    def _settle_endpoint(self, feedback):
        # sudo: activities of others
        self.sudo().activity_search([ACTIVITY]).action_feedback(feedback=feedback)

    def _in_the_words_of_its_owner(self):
        owner = self.owner_id or self.create_uid
        # No mail leaves from here: the queue of mails sends them, outside this transaction.
        return self.with_context(lang=owner.lang, tz=owner.tz, mail_notify_force_send=False)

    def _tell_owner_of_endpoint(self, summary, text):
        """One activity, which says the latest, and a mail for each step."""
        owner = self.owner_id or self.create_uid
        note = plaintext2html(text)
        known = self.activity_search([ACTIVITY])
        if known:
            known.write({"summary": summary, "note": note})
        else:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, user_id=owner.id, summary=summary, note=note
            )
        self.message_notify(partner_ids=owner.partner_id.ids, subject=summary, body=note)
