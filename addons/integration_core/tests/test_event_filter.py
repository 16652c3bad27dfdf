import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import filters
from odoo.addons.integration_core.engine.capture import Snapshot

from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestEventFilter(EngineCase):
    """An interface sends the events that it wants; what it leaves out is seen, and counts not."""

    def setUp(self):
        super().setUp()
        self.sent = []
        self.send_with(self._send)

    def _send(self, outgoing):
        self.sent.append((outgoing.document["key"], outgoing.sequence_number))
        return delivered(outgoing)

    def _filter(self, expression):
        self.outbound.with_context(integration_approved_change=True).sudo().write(
            {"event_filter": expression}
        )

    def _fire(self, *names):
        countries = self.env["res.country"]
        company = self.env.company
        self.patch(
            type(countries),
            "_integration_snapshots",
            lambda records, _contract: {
                one.id: Snapshot({"key": one.name, "amount": "7"}, company.id, one.name)
                for one in records
            },
        )
        for number, name in enumerate(names):
            one = self.env["res.country"].create({"name": name, "code": f"{name[0]}{number}"})
            one.phone_code = 999
            self.env.cr.flush()
            countries += one
        self.dispatch()
        return countries

    def _states(self):
        return self.messages(self.outbound).mapped("state")

    def _statuses(self, records):
        return self.env["integration.record.sync"].search_count(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        )

    def test_only_what_matches_is_sent(self):
        self._filter("data.key == 'Wanted' || data.key == 'Zoned'")
        countries = self._fire("Wanted", "Other", "Zoned")
        messages = self.messages(self.outbound)
        self.assertEqual(self._states(), ["queued", "filtered", "queued"])
        self.assertEqual(messages.mapped("sequence_number"), [1, 0, 2], "no gap")
        self.assertTrue(messages[1].finished_at, "retention can take it")
        self.assertEqual(self._statuses(countries[1]), 0, "its document does not wait")
        self.drain(self.outbound)
        self.assertEqual(self.sent, [("Wanted", 1), ("Zoned", 2)])

    def test_other_subscribers_get_what_one_leaves_out(self):
        other = self._interface(
            "Other", direction="outbound", event_type_ids=[(6, 0, self.event_type.ids)]
        )
        self._filter("data.key == 'Wanted'")
        self._fire("Nothing")
        self.assertEqual(self._states(), ["filtered"])
        self.assertEqual(self.messages(other).state, "queued")

    def test_without_a_filter_no_content_is_read(self):
        self.patch(filters, "_read", lambda *_args: self.fail("content was read"))
        self._fire("Wanted")
        self.assertEqual(self._states(), ["queued"])

    def test_a_filter_that_fails_is_quarantined_and_asked_again_by_a_retry(self):
        self._filter("sum(data.amount) > `1`")
        country = self._fire("Wanted")
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.error_class), ("quarantined", "configuration"))
        self.assertEqual(message.error_code, "filter_failed")
        self.assertIn("filter", message.advice)
        self.assertEqual(message.fault, "own")
        self.assertTrue(self.outbound.activity_ids or country)
        self._filter("data.key == 'Other'")
        message.action_retry()
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("filtered", False))
        self.assertEqual(self.sent, [])
        self.assertEqual(self._statuses(country), 0)

    def test_a_retry_sends_what_passes_after_all(self):
        self._filter("sum(data.amount) > `1`")
        self._fire("Wanted")
        self._filter("data.key == 'Wanted'")
        self.messages(self.outbound).action_retry()
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["done"])
        self.assertEqual(self.sent, [("Wanted", 1)])

    def test_a_replay_asks_the_filter_of_today(self):
        self._filter("data.key == 'Other'")
        self._fire("Wanted")
        message = self.messages(self.outbound)
        message.action_replay("The filter was wrong.")
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["filtered", "filtered"])
        self._filter("data.key == 'Wanted'")
        message.action_replay("The filter was wrong.")
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["filtered", "filtered", "done"])

    def test_what_has_its_number_is_not_asked_again(self):
        self._fire("Wanted")
        self._filter("data.key == 'Other'")
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["done"])

    def test_private_content_is_decrypted_and_not_told(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.outbound.id],
        )
        self.outbound.invalidate_recordset()
        self.outbound._configuration_changed()
        self._filter("data.key == 'Wanted'")
        self._fire("Wanted", "Hidden")
        self.assertEqual(self._states(), ["queued", "filtered"])
        self.assertFalse(self.messages(self.outbound).event_id.mapped("data")[0])
        self._filter("sum(data.key) > `1`")
        self._fire("Jane Doe")
        self.assertEqual(self._states()[2], "quarantined")
        self.assertNotIn("Jane", self.messages(self.outbound)[2].error_message)

    def test_slow_filters_leave_the_rest_to_the_next_batch_in_order(self):
        self._filter("data.key != 'Other'")
        self.patch(filters, "BATCH_SECONDS", -1.0)
        batches = []
        judge = filters.judge

        def counted(env, plans, questions):
            verdicts = judge(env, plans, questions)
            batches.append(len(verdicts))
            return verdicts

        self.patch(filters, "judge", counted)
        self._fire("Wanted", "Other", "Zoned")
        self.assertEqual(batches, [1, 1, 1])
        self.assertEqual(self._states(), ["queued", "filtered", "queued"])

    def test_checked_when_it_is_entered(self):
        draft = self.outbound.copy({"name": "Draft"})
        for wrong in ("data.key ==", "nothing_like_this(data.key)", "key == 'x'"):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, "Filter"):
                draft.event_filter = wrong

    def test_an_approved_filter_changes_by_a_proposal_only(self):
        with self.assertRaises(UserError):
            self.outbound.event_filter = "data.key == 'Wanted'"
        self.assertIn("event_filter", self.outbound._governed_names())

    # -- try -------------------------------------------------------------------------------

    def _viewer(self):
        return self.env["res.users"].create(
            {
                "name": "Viewer",
                "login": "filter.viewer",
                "group_ids": [(6, 0, [self.env.ref("integration_core.group_content_viewer").id])],
            }
        )

    def test_try_it(self):
        self._fire("Wanted")
        event = self.messages(self.outbound).event_id
        interface = self.outbound.with_user(self._viewer())
        found = interface.try_filter(event.id, "data.key == 'Wanted'")
        self.assertEqual((found["matches"], found["problem"]), (True, ""))
        self.assertEqual(json.loads(found["text"])["data"], {"key": "Wanted", "amount": "7"})
        self.assertIs(interface.try_filter(event.id, "data.key == 'Other'")["matches"], False)
        found = interface.try_filter(event.id, "data.key ==")
        self.assertEqual(found["matches"], None)
        self.assertTrue(found["problem"])

    def test_try_it_needs_the_role_and_for_private_content_a_reason(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'confidential' WHERE id = %s",
            [self.outbound.id],
        )
        self.outbound.invalidate_recordset()
        self.outbound._configuration_changed()
        self._fire("Wanted")
        event = self.messages(self.outbound).event_id
        with self.assertRaises(AccessError):
            self.outbound.with_user(self.service_user).try_filter(event.id, "data.key")
        interface = self.outbound.with_user(self._viewer())
        found = interface.try_filter(event.id, "data.key == 'Wanted'")
        self.assertEqual((found["needs_reason"], found["text"]), (True, ""))
        found = interface.try_filter(event.id, "data.key == 'Wanted'", "To correct the filter")
        self.assertTrue(found["matches"])
        self.assertGreater(found["seconds"], 0)
        looks = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.event"), ("res_id", "=", event.id)]
        )
        self.assertIn("reveal", looks.mapped("act"))
