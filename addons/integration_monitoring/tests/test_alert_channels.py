from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from ..engine import alert_channels, notice_delivery
from .incident_case import CALM, HOUR, MINUTE, IncidentCase, Signal, Step

_DELIVERY = "odoo.addons.integration_monitoring.engine.notice_delivery"


@tagged("post_install", "-at_install")
class TestAlertChannels(IncidentCase):
    """People are told by the ways that they chose, once, and failures are seen."""

    def _heal(self):
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        self.deliver()

    def _notice(self, incident, channel, kind="start"):
        return incident.notice_ids.filtered(
            lambda one: one.channel_id == channel and one.kind == kind
        )

    def _channel(self, **values):
        return self.env["integration.alert.channel"].create(
            {"name": "Mine", "for_owner": True, **values}
        )

    # -- activity --------------------------------------------------------------------------

    def test_the_owner_has_one_task_until_it_is_healed(self):
        incident = self.open_one()
        self.deliver()
        [task] = self.tasks(self.owner)
        self.assertIn(self.outbound.name, task.summary)
        self.assertEqual(task.res_id, incident.id)
        self.outbound.criticality = "vital"
        self.take(self.of_interface(self.outbound, Signal.DURABILITY))
        self.deliver()
        [task] = self.tasks(self.owner)
        self.assertIn("Worse", task.summary, "it says the latest")
        self.take(self.of_interface(self.outbound, Signal.DURABILITY, Step.ENDED))
        self._heal()
        self.assertFalse(self.tasks(self.owner))
        self.assertFalse(incident.message_follower_ids, "nobody is made a follower")

    def test_whoever_may_not_see_incidents_gets_no_task_and_it_is_seen(self):
        person = new_test_user(self.env, "incident.nobody", "base.group_user")
        self.outbound.owner_id = person
        incident = self.open_one()
        self.deliver()
        notice = self._notice(incident, self.activities)
        self.assertEqual((notice.state, notice.attempts), ("waiting", 1))
        self.assertIn(person.name, notice.detail)
        self.assertEqual(incident.failed_notice_count, 1)
        self.assertEqual(self.activities.state, "failing")

    # -- chat ------------------------------------------------------------------------------

    def test_operators_read_it_in_their_channel(self):
        incident = self.open_one()
        self.deliver()
        [post] = self.posts()
        self.assertIn(self.outbound.name, post.body)
        self.assertIn(f"/odoo/integration-incidents/{incident.id}", post.body)
        self.assertEqual(post.author_id, self.env.ref("base.partner_root"))
        channel = self.chat.discuss_channel_id
        self.assertIn(self.operator.partner_id, channel.channel_partner_ids)
        self.assertFalse(channel.with_user(self.owner).has_access("read"))

    # -- mail ------------------------------------------------------------------------------

    def test_mails_are_queued_for_each_person(self):
        self._channel(kind="mail", for_support=True, support_ids=[(6, 0, self.operator.ids)])
        self.open_one()
        self.deliver()
        mails = self.env["mail.mail"].search([("subject", "like", self.outbound.name)])
        self.assertEqual(len(mails), 2)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertIn("owner@example.com", " ".join(mails.mapped("email_to")))

    def test_a_pager_gets_a_mail_as_well(self):
        pager = self._channel(
            kind="mail", for_support=False, addresses="pager@example.com, second@example.com"
        )
        self.owner.email = False
        incident = self.open_one()
        self.deliver()
        mails = self.env["mail.mail"].search([("subject", "like", self.outbound.name)])
        self.assertEqual(set(mails.mapped("email_to")), {"pager@example.com", "second@example.com"})
        self.assertIn("pager@example.com", self._notice(incident, pager).detail)
        with self.assertRaises(ValidationError):
            pager.addresses = "pager"

    def test_a_mail_that_the_server_does_not_take_is_seen(self):
        channel = self._channel(kind="mail")
        incident = self.open_one()
        self.deliver()
        notice = self._notice(incident, channel)
        self.minute()
        self.assertEqual(notice.state, "sent")
        self.env["mail.mail"].browse(notice.mail_ids).state = "exception"
        self.minute()
        self.assertEqual(notice.state, "failed")
        self.assertEqual(channel.state, "failing")
        self.assertEqual(incident.failed_notice_count, 1)

    def test_a_copy_sends_no_mail(self):
        channel = self._channel(kind="mail", for_support=False)
        self.env["integration.arming"].search([]).write({"armed": False})
        incident = self.open_one()
        self.deliver()
        self.assertEqual(self._notice(incident, channel).state, "waiting")
        self.assertFalse(self.env["mail.mail"].search([("subject", "like", self.outbound.name)]))
        self.assertTrue(self.posts(), "inside the database it is told")

    # -- who, from when --------------------------------------------------------------------

    def test_only_what_is_severe_enough(self):
        urgent = self._channel(kind="activity", min_severity="1")
        incident = self.open_one()
        self.assertFalse(self.notices(incident, urgent))
        self.outbound.criticality = "vital"
        self.take(self.of_interface(self.outbound, Signal.SILENCE))
        self.assertEqual(self.notices(incident, urgent), ["worse"])

    def test_only_of_its_companies_and_of_the_suite(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        theirs = self._channel(company_ids=[(6, 0, other.ids)], for_support=True)
        self.assertFalse(self.notices(self.open_one(), theirs))
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.assertTrue(self.notices(self.incidents(("subject", "=", "suite")), theirs))

    def test_a_channel_that_came_later_is_not_told_the_end_alone(self):
        incident = self.open_one()
        late = self._channel()
        self._heal()
        self.assertFalse(self.notices(incident, late))

    def test_nobody_to_be_told_is_seen(self):
        self.env["integration.alert.channel"].search([]).active = False
        incident = self.open_one()
        self.assertTrue(incident.untold)
        self.assertEqual(incident.notice_ids.state, "nobody")
        self.assertEqual(self.deliver(), 0)

    def test_a_channel_that_was_switched_off_tells_nothing_more(self):
        incident = self.open_one()
        self.chat.active = False
        self.deliver()
        self.assertEqual(self._notice(incident, self.chat).state, "skipped")
        self.assertFalse(self.posts())

    def test_who_is_not_named_or_has_left_is_stood_in_for(self):
        self.system.business_owner_id = False
        self.owner.active = False
        boss = new_test_user(self.env, "incident.boss", "integration_core.group_administrator")
        self.activities.manager_ids = boss
        incident = self.open_one()
        for audience in ("owner", "business", "managers"):
            self.assertEqual(incident._people([audience], self.activities), boss, audience)
        self.system.business_owner_id = self.business
        self.assertEqual(incident._people(["owner"], self.activities), self.business)
        self.owner.active = True
        self.system.business_owner_id = False
        self.assertEqual(incident._people(["business"], self.activities), self.owner)

    def test_a_copy_is_quiet(self):
        path = file_path("integration_monitoring/data/neutralize.sql")
        deadman = self.env["integration.deadman"].create(
            {"name": "Clinic", "url": "https://watcher.example/ping"}
        )
        incident = self.open_one()
        self.env.flush_all()
        with open(path) as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual(set(incident.notice_ids.mapped("state")), {"skipped"})
        self.assertFalse(deadman.active)
        self.assertFalse(self.webhook.active)
        self.assertTrue(self.chat.active)

    # -- quiet hours -----------------------------------------------------------------------

    def _quiet_now(self, channel):
        hour = datetime.fromtimestamp(self.clock).astimezone(tz=None).utctimetuple().tm_hour
        channel.write({"quiet": True, "quiet_from": hour, "quiet_to": (hour + 3) % 24, "tz": "UTC"})

    def test_what_is_not_critical_waits_until_the_morning(self):
        self._quiet_now(self.chat)
        incident = self.open_one()
        self.deliver()
        notice = self._notice(incident, self.chat)
        self.assertEqual((notice.state, notice.attempts), ("waiting", 0))
        self.assertTrue(self.tasks(self.owner), "other channels do not wait")
        self.deliver(self.clock + 4 * HOUR)
        self.assertEqual(notice.state, "sent")

    def test_what_is_critical_does_not_wait(self):
        self._quiet_now(self.chat)
        self.outbound.criticality = "vital"
        incident = self.open_one()
        self.deliver()
        self.assertEqual(self._notice(incident, self.chat).state, "sent")

    def test_what_was_healed_over_night_is_not_told_in_the_morning(self):
        self._quiet_now(self.chat)
        incident = self.open_one()
        self.deliver()
        self._heal()
        self.deliver(self.clock + 4 * HOUR)
        kinds = {one.kind: one.state for one in incident.notice_ids if one.channel_id == self.chat}
        self.assertEqual(kinds, {"start": "skipped", "end": "skipped"})
        self.assertFalse(self.posts())

    # -- failures --------------------------------------------------------------------------

    def test_a_channel_that_fails_is_seen_tried_again_and_blocks_nobody(self):
        broken = patch.object(
            type(self.env["discuss.channel"]), "message_post", side_effect=ValueError("Jane Doe")
        )
        incident = self.open_one()
        with broken, mute_logger(_DELIVERY):
            self.deliver()
        notice = self._notice(incident, self.chat)
        self.assertEqual((notice.state, notice.attempts), ("waiting", 1))
        self.assertIn("ValueError", notice.detail)
        self.assertNotIn("Jane", notice.detail)
        self.assertEqual(self.chat.state, "failing")
        self.assertTrue(self.tasks(self.owner), "the others were told")
        self.assertEqual(self.deliver(), 0, "not at once")
        self.deliver(self.clock + HOUR)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self.chat.state, "ok")

    def test_it_is_given_up_in_the_end_and_a_person_may_try_again(self):
        incident = self.open_one()
        notice = self._notice(incident, self.chat)
        broken = patch.object(
            type(self.env["discuss.channel"]), "message_post", side_effect=ValueError
        )
        with broken, mute_logger(_DELIVERY):
            for attempt in range(notice_delivery.PLAN.total_attempts):
                self.deliver(self.clock + (attempt + 1) * 2 * HOUR)
        self.assertEqual(notice.state, "failed")
        with self.assertRaises(AccessError):
            notice.with_user(self.owner).action_try_again()
        notice.with_user(self.operator).action_try_again()
        self.deliver(self.clock + MINUTE)
        self.assertEqual(notice.state, "sent")

    def test_the_end_does_not_overtake_the_start(self):
        incident = self.open_one()
        notice = self._notice(incident, self.chat)
        self._heal_without_chat()
        self.assertEqual(self._notice(incident, self.chat, "end").state, "waiting")
        self.deliver(self.clock + 3 * HOUR)
        self.assertEqual(notice.state, "sent")
        self.assertIn("Healed", self.posts()[0].body)

    def _heal_without_chat(self):
        broken = patch.object(
            type(self.env["discuss.channel"]), "message_post", side_effect=ValueError
        )
        with broken, mute_logger(_DELIVERY):
            self.deliver()
            self._heal()

    def test_a_crash_between_telling_and_its_record_tells_once(self):
        incident = self.open_one()
        notice = self._notice(incident, self.chat)
        with (
            patch.object(notice_delivery, "fault_point", side_effect=ValueError),
            mute_logger(_DELIVERY),
        ):
            self.deliver()
        self.assertEqual(notice.state, "waiting")
        self.assertFalse(self.posts(), "what was not recorded was not told")
        for _time in range(3):
            self.deliver(self.clock + 2 * HOUR)
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(len(self.tasks(self.owner)), 1)

    # -- tests by a person, rights ---------------------------------------------------------

    def test_a_person_tries_a_channel(self):
        administrator = new_test_user(
            self.env, "incident.admin", "integration_core.group_administrator", email="a@a.example"
        )
        mail = self._channel(kind="mail")
        for channel in (self.chat, self.activities, mail):
            with self.subTest(channel.kind):
                answer = channel.with_user(administrator).action_send_test()
                self.assertEqual(answer["params"]["type"], "success")
                self.assertEqual(channel.state, "ok")
        self.assertIn("Test alert", self.posts()[0].body)
        self.assertTrue(self.env["mail.activity"].search([("user_id", "=", administrator.id)]))
        administrator.email = False
        with self.assertRaises(UserError):
            mail.with_user(administrator).action_send_test()
        with self.assertRaises(UserError):
            self.webhook.with_user(administrator).action_send_test()
        with self.assertRaises(AccessError):
            self.chat.with_user(self.operator).action_send_test()

    def test_what_a_channel_needs(self):
        for values in (
            {"kind": "chat"},
            {"for_support": False, "for_owner": False},
            {"quiet": True, "quiet_from": 24},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._channel(**values)

    def test_every_way_is_known(self):
        kinds = {value for value, _label in self.chat._fields["kind"].selection}
        self.assertEqual(kinds, set(alert_channels._WAYS))
        self.assertEqual(kinds, set(alert_channels._TESTS))
