from odoo.tests import tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase, delivered


def down(_outgoing):
    return Outcome(error=errors.TransientError("Down.", code="http_500"), http_status=500)


def gone(_outgoing):
    return Outcome(error=errors.PermanentError("Gone.", code="http_410"), http_status=410)


@tagged("post_install", "-at_install")
class TestEndpointHealth(EngineCase):
    """An endpoint that fails for days is announced, and then switched off."""

    def setUp(self):
        super().setUp()
        self.policy.max_attempts = 50
        self.send_with(down)
        self.fire()
        self.dispatch()

    def _try(self, hours_later=0):
        """Let time pass and the next attempt be made."""
        if hours_later:
            self.env.cr.execute(
                "UPDATE integration_health "
                "SET failing_since = failing_since - %(hours)s * interval '1 hour', "
                "disable_at = disable_at - %(hours)s * interval '1 hour'",
                {"hours": hours_later},
            )
        self.make_due(self.messages(self.outbound))
        self.drain(self.outbound)
        self.env.invalidate_all()

    def _activity(self):
        return self.outbound.activity_search(["integration_core.mail_activity_endpoint"])

    def _mails(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "integration.interface"),
                ("res_id", "=", self.outbound.id),
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", self.outbound.owner_id.partner_id.ids),
            ],
            order="id",
        )

    def test_written_when_it_changes_only(self):
        self._try()
        health = self.env["integration.health"].search([("interface_id", "=", self.outbound.id)])
        self.assertTrue(health)
        since = health.failing_since
        self.env.cr.execute("SELECT ctid FROM integration_health WHERE id = %s", [health.id])
        row = self.env.cr.fetchone()
        self._try()
        self.env.cr.execute("SELECT ctid FROM integration_health WHERE id = %s", [health.id])
        self.assertEqual(self.env.cr.fetchone(), row, "a second failure writes nothing")
        self.assertEqual(self.outbound.failing_since, since)
        self.send_with(delivered)
        self._try()
        self.assertFalse(self.env["integration.health"].search([]))
        self.assertFalse(self.outbound.failing_since)

    def test_disable_at_three_shares_then_disabled(self):
        self._try()
        told = []
        for hours in (59, 2, 24, 24):
            self._try(hours)
            told.append(len(self._mails()))
        self.assertEqual(told, [0, 1, 2, 3], "at 50, 70 and 90 percent of 120 hours")
        self.assertEqual(len(self._activity()), 1, "one activity, which says the latest")
        self.assertIn("90 %", self._activity().note)
        self.assertEqual(self._activity().user_id, self.outbound.owner_id)
        self.assertFalse(self.outbound.processing_paused)
        self._try(13)
        self.assertTrue(self.outbound.endpoint_disabled)
        self.assertTrue(self.outbound.processing_paused)
        self.assertEqual(self.outbound.light, "endpoint_disabled")
        self.assertIn("122 hours", self.outbound.pause_reason)
        self.assertEqual(len(self._mails()), 4)
        self.assertIn("Disabled", self._activity().summary)

    def test_a_share_is_told_once(self):
        self._try()
        self._try(61)
        self._try()
        self._try()
        self.assertEqual(len(self._mails()), 1)

    def test_disabled_interface_keeps_what_happens(self):
        self.outbound._disable_endpoint("The partner is gone.")
        country = self.env["res.country"].create({"name": "Later", "code": "QX"})
        country.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound)[1].state, "held")

    def test_resume_gives_the_whole_time_again(self):
        self._try()
        self._try(121)
        self.assertFalse(self.outbound.endpoint_disabled, "nobody is disabled unannounced")
        self._try(13)
        self.assertTrue(self.outbound.endpoint_disabled)
        self.outbound.action_resume()
        self.assertFalse(self.outbound.endpoint_disabled)
        self.assertFalse(self.outbound.processing_paused)
        self.assertFalse(self._activity())
        self._try()
        self.assertFalse(self.outbound.endpoint_disabled, "counted from anew")
        self.send_with(delivered)
        self._try()
        self.assertEqual(self.messages(self.outbound).state, "done", "nothing was lost")

    def test_success_ends_it(self):
        self._try()
        self._try(100)
        self.assertTrue(self._activity())
        self.send_with(delivered)
        self._try()
        self.assertFalse(self._activity())

    def test_never(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET disable_after_hours = 0 WHERE id = %s",
            [self.outbound.id],
        )
        self.outbound.invalidate_recordset()
        self._try()
        self._try(10000)
        self.assertFalse(self.outbound.endpoint_disabled)
        self.assertFalse(self._mails())

    def test_gone_disables_at_once_and_spares_the_rest(self):
        self.policy.concurrency = 1
        country = self.env["res.country"].create({"name": "Later", "code": "QX"})
        country.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        self.send_with(gone)
        self._try()
        self.assertTrue(self.outbound.endpoint_disabled)
        first, second = self.messages(self.outbound)
        self.assertEqual((first.state, second.state), ("dead", "held"))
        self.assertEqual(second.attempts, 0)

    def test_a_refused_message_says_nothing_about_the_endpoint(self):
        error = errors.PermanentError("Refused.", code="http_422")
        self.send_with(lambda _outgoing: Outcome(error=error, http_status=422))
        self._try()
        self.assertFalse(self.env["integration.health"].search([]))

    def test_a_notice_that_fails_does_not_undo_the_record(self):
        self._try()
        interfaces = type(self.env["integration.interface"])
        self.patch(interfaces, "_announce_failing", lambda *_args: 1 / 0)
        with self.assertLogs("odoo.addons.integration_core.engine.health", "ERROR"):
            self._try(61)
        self.assertEqual(self.messages(self.outbound).attempts, 2)
