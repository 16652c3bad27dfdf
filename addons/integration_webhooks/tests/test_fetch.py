from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import intake, operations, outside, restore
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.acts import Act

from .fetch_common import BASE, TOKEN, FetchCase


@tagged("post_install", "-at_install")
class TestFetch(FetchCase):
    def test_notification_is_answered_by_its_content(self):
        notification = self.notify()
        fetch = self.messages(self.fetch)
        self.assertEqual((notification.state, fetch.state), ("done", "queued"))
        self.assertFalse(self.handled, "a notification is not what the handler takes")
        self.assertFalse(self.api.asked, "nobody is called while a notification is handled")
        self.run_all()
        content = self.content()
        [(received, data)] = self.handled
        self.assertEqual(data, {"key": "as it is there"})
        self.assertEqual(received.uuid, content.uuid)
        self.assertEqual((notification.state, fetch.state, content.state), ("done", "done", "done"))
        [request] = self.api.asked
        self.assertEqual(
            (request.method, request.url, request.body),
            ("GET", f"{BASE}/things/T%2F1?part=2", b""),
        )
        self.assertEqual(request.headers["authorization"], f"Bearer {TOKEN}")
        self.assertEqual(request.headers["x-correlation-id"], "corr-n1")

    def test_the_three_belong_together(self):
        notification = self.notify()
        self.run_all()
        fetch, content = self.messages(self.fetch), self.content()
        self.assertEqual({m.correlation_id for m in notification + fetch + content}, {"corr-n1"})
        self.assertEqual(notification.related_ids, notification + fetch + content)
        self.assertEqual(fetch.causation_id, notification.uuid)
        self.assertEqual(content.causation_id, fetch.uuid)
        self.assertEqual([m.depth for m in notification + fetch + content], [0, 1, 2])
        self.assertEqual(content.message_type, notification.message_type)
        self.assertEqual((fetch.res_model, fetch.res_id), (notification._name, notification.id))
        self.assertEqual((notification.res_model, notification.res_id), (fetch._name, fetch.id))
        self.assertIn(fetch.display_name, notification.history)
        self.assertIn(content.display_name, fetch.history)
        self.assertIn("Fetched", content.history)
        self.assertNotIn("Fetched", notification.history)

    def test_a_repeated_notification_is_not_fetched_twice(self):
        first, again = self.notify(), self.notify()
        self.assertEqual(first, again)
        self.run_all()
        self.assertEqual((len(self.api.asked), len(self.handled)), (1, 1))

    def test_other_notifications_of_the_same_thing_fetch_again_in_their_order(self):
        self.policy.ordering = "key"
        self.notify("n1")
        self.notify("n2")
        first, second = self.messages(self.fetch)
        self.assertEqual(first.partition_key, second.partition_key)
        self.api.answers = [503]
        self.run_all()
        self.assertEqual((first.state, second.state), ("retry", "queued"), "nothing overtakes")
        self.run_all()
        self.assertEqual(self.content().mapped("causation_id"), [first.uuid, second.uuid])

    def test_content_stands_in_the_queue_of_its_notification(self):
        self.approve(self.inbound, ordering_key_path="id")
        notification = self.notify()
        self.run_all()
        self.assertEqual(notification.partition_key, "T/1")
        self.assertEqual(self.messages(self.fetch).partition_key, "T/1")
        self.assertEqual(self.content().partition_key, "T/1")

    def test_the_answer_is_kept_once(self):
        self.notify()
        self.run_all()
        kinds = [p.kind for p in (self.messages(self.fetch) + self.content()).payload_ids]
        self.assertEqual(sorted(kinds), ["received", "sent"])

    def test_outages_are_retried(self):
        self.notify()
        self.api.answers = [503, errors.UnknownOutcomeError("no answer", code="no_response")]
        fetch = self.messages(self.fetch)
        for code in ("http_503", "no_response"):
            self.run_all()
            fetch.invalidate_recordset()
            self.assertEqual((fetch.state, fetch.error_code), ("retry", code))
            self.assertFalse(self.content())
        self.run_all()
        self.assertEqual(len(self.api.asked), 3)
        self.assertEqual(len(self.handled), 1)

    def test_what_cannot_be_stored_undoes_no_other(self):
        self.notify("n1")
        self.notify("n2", part=3)
        first, second = self.messages(self.fetch)
        store = intake.store

        def but_for_one(cr, spec, incoming, ring):
            if incoming.external_key == second.uuid:
                raise RuntimeError("a fault of ours")
            return store(cr, spec, incoming, ring)

        log = "odoo.addons.integration_core.engine.fetches"
        with patch.object(intake, "store", but_for_one), self.assertLogs(log, "ERROR"):
            self.drain(self.fetch)
        (first + second).invalidate_recordset()
        self.assertEqual((first.state, second.state), ("done", "retry"))
        self.assertEqual(second.error_code, "internal_error")
        self.assertEqual(self.content().mapped("causation_id"), [first.uuid])
        self.run_all()
        self.assertEqual(self.content().mapped("causation_id"), [first.uuid, second.uuid])

    def test_after_a_restore_it_is_asked_again(self):
        """Nobody has got anything by a question."""
        self.notify()
        fetch = self.messages(self.fetch)
        self.assertNotIn(fetch.uuid, restore._waiting(self.env.cr))
        with patch.object(outside, "note") as note:
            self.drain(self.fetch)
        self.assertEqual(fetch.state, "done")
        self.assertFalse([row for call in note.call_args_list for row in call.args[3]])

    def test_a_dead_fetch_tells_and_can_be_retried(self):
        self.notify()
        self.api.answers = [400]
        self.run_all()
        fetch = self.messages(self.fetch)
        self.assertEqual((fetch.state, fetch.error_code), ("dead", "http_400"))
        self.assertTrue(self.fetch.activity_ids, "its owner has a task")
        fetch.action_retry()
        self.run_all()
        self.assertEqual(len(self.handled), 1)

    def test_content_breaks_its_contract(self):
        self.api.content = {"no": "key"}
        self.notify()
        self.run_all()
        content = self.content()
        self.assertEqual((content.state, content.error_class), ("quarantined", "contract"))
        self.assertEqual(self.messages(self.fetch).state, "done", "the partner has answered")
        self.assertFalse(self.handled)

    def test_huge_answers_are_refused(self):
        self.approve(self.fetch, body_limit=1)
        self.api.content = {"key": "x" * 2000}
        self.notify()
        self.run_all()
        fetch = self.messages(self.fetch)
        self.assertEqual((fetch.state, fetch.error_code), ("dead", "answer_too_large"))
        self.assertEqual(self.api.asked[0].max_response_bytes, 1024)
        self.assertFalse(self.content())

    def test_what_is_not_named_is_asked_of_nobody(self):
        for key, values in (("n1", {"id": None}), ("n2", {"id": ""}), ("n3", {"id": {"a": 1}})):
            message = self.notify(key, **values)
            self.assertEqual((message.state, message.error_code), ("quarantined", "fetch_unnamed"))
        message = self.notify("n4", id="../../admin")
        self.assertEqual((message.state, message.error_code), ("quarantined", "fetch_refused"))
        self.assertNotIn("admin", message.error_message)
        self.assertFalse(self.messages(self.fetch))

    def test_links(self):
        self.approve(self.inbound, webhook_fetch="link", webhook_fetch_path="url")
        self.notify("n1", url=f"{BASE}/things/7?full=1")
        refused = self.notify("n2", url="https://evil.example/v2/things/7")
        self.run_all()
        self.assertEqual(self.api.urls, [f"{BASE}/things/7?full=1"])
        self.assertEqual((refused.state, refused.error_code), ("quarantined", "fetch_refused"))

    def test_an_address_that_was_changed_meanwhile_holds_for_what_waits(self):
        self.notify()
        self.approve(self.fetch, url="https://new.partner.example/api/")
        self.run_all()
        self.assertEqual(self.api.urls, ["https://new.partner.example/api/things/T%2F1?part=2"])

    def test_a_fetch_is_never_sent_as_an_event(self):
        """Somebody made the interface one that sends, while fetches were waiting."""
        self.notify()
        self.approve(self.fetch, webhook_purpose="send")
        self.drain(self.fetch)
        fetch = self.messages(self.fetch)
        self.assertEqual((fetch.state, fetch.error_code), ("quarantined", "not_subscribed"))
        self.assertFalse(self.api.asked)

    def test_a_notification_waits_for_an_interface_that_fetches(self):
        self.approve(self.fetch, webhook_purpose="send")
        message = self.notify()
        self.assertEqual((message.state, message.error_code), ("quarantined", "no_fetch"))
        self.approve(self.fetch, webhook_purpose="fetch")
        message.action_retry()
        self.drain(self.inbound)
        self.run_all()
        self.assertEqual(len(self.handled), 1)

    def test_no_test_is_sent(self):
        with self.assertRaisesRegex(UserError, "fetches"):
            self.fetch.action_send_test()


@tagged("post_install", "-at_install")
class TestMissingContent(FetchCase):
    """Between the notification and the fetch, the thing was deleted; or it is not there yet."""

    def test_not_there_yet(self):
        self.notify()
        self.api.answers = [404]
        self.run_all()
        fetch = self.messages(self.fetch)
        self.assertEqual((fetch.state, fetch.error_code), ("retry", "content_missing"))
        self.run_all()
        self.assertEqual(len(self.handled), 1)

    def test_never_there(self):
        self.notify()
        self.api.answers = [404] * 3
        for _attempt in range(3):
            self.run_all()
        fetch = self.messages(self.fetch)
        self.assertEqual((fetch.state, fetch.fault), ("dead", "partner"))
        self.assertIn("deleted", fetch.advice)

    def test_gone_is_a_dead_letter_and_closes_no_endpoint(self):
        self.notify()
        self.notify("n2", id="2")
        self.api.answers = [410]
        self.run_all()
        first, second = self.messages(self.fetch)
        self.assertEqual((first.state, first.error_code), ("dead", "content_missing"))
        self.assertEqual(second.state, "done", "others are asked for all the same")
        self.fetch.invalidate_recordset()
        self.assertFalse(self.fetch.endpoint_disabled)
        self.assertFalse(self.fetch.failing_since)

    def test_left_out_if_that_was_approved(self):
        self.approve(self.fetch, webhook_missing="ignore")
        for number, status in enumerate((404, 410)):
            self.notify(f"n{number}")
            self.api.answers = [status]
            self.run_all()
        self.assertEqual(self.messages(self.fetch).mapped("state"), ["filtered"] * 2)
        attempts = self.messages(self.fetch).attempt_ids
        self.assertEqual(sorted(attempts.mapped("http_status")), [404, 410])
        self.assertFalse(self.content())
        self.assertFalse(self.fetch.activity_ids)
        self.assertFalse(self.fetch.endpoint_disabled)

    def test_a_missing_thing_opens_no_breaker(self):
        self.policy.write({"breaker_enabled": True, "max_attempts": 100})
        for number in range(30):
            self.notify(f"n{number}", id=number)
        self.api.answers = [404] * 30
        self.drain(self.fetch)
        self.fetch.invalidate_recordset()
        self.assertEqual(len(self.api.asked), 30)
        self.assertEqual(self.fetch.breaker_state, "closed")


@tagged("post_install", "-at_install")
class TestFetchAgain(FetchCase):
    """What a replay does with each of the three."""

    def setUp(self):
        super().setUp()
        self.notification = self.notify()
        self.run_all()
        self.original = self.content()

    def _repeatable(self):
        self.patch(type(self.env["integration.handler"]), "_repeatable", True)

    def _effects(self, message):
        return dict(operations.assess(message.sudo(), Act.REPLAY).effects)

    def test_nothing_is_applied_twice_unless_the_handler_allows_it(self):
        for message in (self.notification, self.messages(self.fetch), self.original):
            with self.assertRaises(UserError):
                message.action_replay("once more")
        self.assertEqual(len(self.handled), 1)

    def test_a_notification_fetches_again_and_says_so(self):
        self._repeatable()
        self.assertEqual(self._effects(self.notification), {"fetched_again": 1})
        self.api.content = {"key": "newer"}
        self.notification.action_replay("once more")
        self.drain(self.inbound)
        self.run_all()
        self.assertEqual(len(self.api.asked), 2)
        self.assertEqual([data["key"] for _r, data in self.handled], ["as it is there", "newer"])

    def test_content_is_handled_again_as_it_was_stored(self):
        self._repeatable()
        self.assertEqual(self._effects(self.original), {"again": 1})
        self.api.content = {"key": "newer"}
        self.original.action_replay("once more")
        self.drain(self.inbound)
        self.assertEqual(len(self.api.asked), 1)
        self.assertEqual([data["key"] for _r, data in self.handled], ["as it is there"] * 2)

    def test_a_fetch_that_was_answered_is_not_replayed(self):
        self._repeatable()
        with self.assertRaisesRegex(UserError, "Replay the notification"):
            self.messages(self.fetch).action_replay("once more")

    def test_a_fetch_that_was_withdrawn_may_be(self):
        self.notify("n2", id="2")
        fetch = self.messages(self.fetch)[-1]
        fetch.action_cancel("a mistake")
        self.assertEqual(self._effects(fetch), {"asked": 1})
        fetch.action_replay("it was none")
        self.run_all()
        self.assertEqual(len(self.handled), 2)


@tagged("post_install", "-at_install")
class TestPrivateFetch(FetchCase):
    """Who is a patient can be told by what is asked for."""

    def setUp(self):
        super().setUp()
        for interface in (self.inbound, self.fetch):
            self.approve(interface, data_class="clinical")
        self.api.content = {"key": "Jane Doe"}
        self.notify(id="MRN-4711")
        self.run_all()

    def test_it_is_handled(self):
        self.assertEqual(self.handled[0][1], {"key": "Jane Doe"})
        self.assertEqual(self.api.urls, [f"{BASE}/things/MRN-4711?part=2"])

    def test_nothing_is_stored_in_clear(self):
        self.env.cr.execute(
            """
            SELECT to_jsonb(m)::text || coalesce(to_jsonb(e)::text, '')
              FROM integration_message m LEFT JOIN integration_event e ON e.id = m.event_id
             WHERE m.interface_id = ANY(%s)
            """,
            [[self.inbound.id, self.fetch.id]],
        )
        rows = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(len(rows), 3)
        self.env.cr.execute("SELECT body, encoding FROM integration_payload")
        for body, encoding in self.env.cr.fetchall():
            self.assertIn("aes256gcm", encoding)
            self.assertNotIn(b"MRN-4711", bytes(body))
        for text in rows:
            for secret in ("MRN-4711", "Jane Doe", TOKEN):
                self.assertNotIn(secret, text)
