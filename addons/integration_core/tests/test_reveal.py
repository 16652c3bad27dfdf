import json
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import canonical_json

from .common import delivered
from .content_case import BODY, CLINICAL, EXPORTER, REASON, VIEWER, ContentCase


@tagged("post_install", "-at_install")
class TestReveal(ContentCase):
    def test_what_is_not_private_is_shown(self):
        for data_class in ("public", "internal"):
            self.classify(data_class)
            message = self.receive(f"m-{data_class}", BODY)
            state = message.with_user(self.viewer).content_state()
            self.assertIn("Jane Doe", self.text(state))
            self.assertFalse(state["private"] or state["masked"] or state["seconds"])
            self.assertFalse(self.acts(message))

    def test_private_content_is_masked(self):
        self.classify("confidential")
        message = self.receive("m1", BODY)
        state = message.with_user(self.viewer).content_state()
        text = self.text(state)
        for value in ("Jane", "Doe", "12.50"):
            self.assertNotIn(value, text)
        self.assertIn('"amount": •••', text)
        self.assertTrue(state["masked"] and state["may_reveal"])
        self.assertFalse(state["pieces"][0]["size"])

    def test_a_reason_reveals_for_some_minutes(self):
        self.classify("confidential")
        message = self.receive("m1", BODY).with_user(self.viewer)
        with freeze_time("2026-03-01 10:00:00"):
            state = message.reveal_content(REASON)
            self.assertIn("Jane Doe", self.text(state))
            self.assertEqual(state["seconds"], 15 * 60)
        with freeze_time("2026-03-01 10:14:59"):
            self.assertIn("Jane Doe", self.text(message.content_state()))
        with freeze_time("2026-03-01 10:15:01"):
            self.assertNotIn("Jane Doe", self.text(message.content_state()))

    def test_the_time_is_an_option_of_the_server(self):
        for text, minutes in (("", 15), ("5", 5), ("60", 60), ("61", 15), ("0", 15), ("x", 15)):
            settings.reveal_minutes.cache_clear()
            with (
                patch.object(settings, "section", lambda t=text: {"reveal_minutes": t}),
                patch.object(settings, "_logger"),
            ):
                self.assertEqual(settings.reveal_minutes(), minutes, text)
        settings.reveal_minutes.cache_clear()

    def test_a_reason_must_say_something(self):
        self.classify("confidential")
        message = self.receive("m1", BODY).with_user(self.viewer)
        for reason in ("", "  ", "because", "a" + " " * 20 + "b", None):
            with self.assertRaisesRegex(UserError, "recorded with your name"):
                message.reveal_content(reason)
        self.assertFalse(self.env["integration.reveal"].search([]))

    def test_who_may_reveal(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        state = message.with_user(self.viewer).content_state()
        self.assertFalse(state["may_reveal"])
        self.assertIn("Clinical content viewer", state["refusal"])
        self.assertNotIn("amount", self.text(state), "not even the shape")
        with self.assertRaises(AccessError):
            message.with_user(self.viewer).reveal_content(REASON)
        for user in (self.observer, self.only_exporter, self.auditor):
            for method in ("content_state", "end_reveal"):
                with self.assertRaises(AccessError):
                    getattr(message.with_user(user), method)()
            with self.assertRaises(AccessError):
                message.with_user(user).reveal_content(REASON)
        self.assertIn('"amount"', self.text(message.with_user(self.nurse).content_state()))
        self.assertIn("Jane", self.text(message.with_user(self.nurse).reveal_content(REASON)))

    def test_a_reveal_is_for_one_person_and_one_message(self):
        self.classify("clinical")
        message, other = self.receive("m1", BODY), self.receive("m2", BODY)
        message.with_user(self.nurse).reveal_content(REASON)
        colleague = new_test_user(self.env, "content.colleague", CLINICAL)
        self.assertNotIn("Jane", self.text(message.with_user(colleague).content_state()))
        self.assertNotIn("Jane", self.text(other.with_user(self.nurse).content_state()))

    def test_who_loses_the_role_sees_no_more(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        message.with_user(self.nurse).reveal_content(REASON)
        self.nurse.group_ids -= self.env.ref(CLINICAL)
        self.nurse.group_ids += self.env.ref(VIEWER)
        self.assertNotIn("Jane", self.text(message.with_user(self.nurse).content_state()))

    def test_end_now(self):
        self.classify("clinical")
        message = self.receive("m1", BODY).with_user(self.nurse)
        message.reveal_content(REASON)
        self.assertTrue(message.end_reveal()["masked"])
        self.assertNotIn("Jane", self.text(message.content_state()))

    def test_all_about_one_document(self):
        self.classify("clinical")
        partner = self.env["res.partner"].create({"name": "Ward 3"})
        messages = self.receive("m1", BODY) | self.receive("m2", BODY) | self.receive("m3", BODY)
        self.env.cr.execute(
            "UPDATE integration_message SET res_model = 'res.partner', res_id = %s "
            "WHERE id = ANY(%s)",
            [partner.id, messages[:2].ids],
        )
        self.env.invalidate_all()
        first, second, third = messages.with_user(self.nurse)
        self.assertEqual(first.content_state()["about"], 1)
        first.reveal_content(REASON, True)
        self.assertIn("Jane", self.text(second.content_state()))
        self.assertNotIn("Jane", self.text(third.content_state()))
        self.assertIn(f"res.partner,{partner.id}", self.acts(first, "reveal").changes)
        view = self.acts(second, "view")
        self.assertEqual((view.reason, view.actor_id), (REASON, self.nurse.id))

    def test_each_look_is_audited_once(self):
        self.classify("clinical")
        message = self.receive("m1", BODY).with_user(self.nurse)
        message.content_state()
        self.assertFalse(self.acts(message), "a masked view is no look")
        message.reveal_content(REASON)
        message.content_state()
        self.assertEqual(self.acts(message).mapped("act"), ["reveal"])
        self.env.cr.execute(
            "INSERT INTO integration_payload (message_id, kind, body, encoding, size, created_at) "
            "VALUES (%s, 'canonical', 'x', '', 1, now())",
            [message.id],
        )
        self.env.invalidate_all()
        for _again in range(2):
            message.content_state()
        entries = self.acts(message)
        self.assertEqual(entries.mapped("act"), ["reveal", "view"])
        self.assertIn("received", entries[0].changes)
        self.assertIn("canonical", entries[1].changes)
        self.assertEqual(set(entries.mapped("reason")), {REASON})
        self.assertNotIn("Jane", str(entries.read()))

    def test_reasons_are_for_auditors(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        message.with_user(self.nurse).reveal_content(REASON)
        history = message.with_user(self.observer).history
        self.assertIn("Content revealed", history)
        self.assertNotIn("laboratory", history)

    def test_events(self):
        self.classify("confidential", self.outbound)
        self.fire("Zedland")
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        self.assertFalse(event.data or event.subject)
        viewer = event.with_user(self.viewer)
        self.assertNotIn("Zedland", self.text(viewer.content_state()))
        self.assertNotIn("Zedland", event.display_name)
        self.assertIn("Zedland", self.text(viewer.reveal_content(REASON)))
        self.assertEqual(self.acts(event).mapped("act"), ["reveal"])

    def test_what_is_about_to_be_sent_is_content_of_its_message(self):
        self.classify("clinical", self.outbound)
        self.fire("Zedland")
        self.dispatch()
        message = self.messages(self.outbound).with_user(self.nurse)
        state = message.reveal_content(REASON)
        self.assertEqual([piece["stage"] for piece in state["pieces"]], ["event"])
        self.assertIn("Zedland", self.text(state))
        self.send_with(delivered)
        self.drain(self.outbound)
        self.env.invalidate_all()
        stages = {piece["stage"] for piece in message.content_state()["pieces"]}
        self.assertEqual(stages, {"sent", "response"})

    def test_content_stays_private_when_its_interface_is_not(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        self.classify("internal")
        self.assertTrue(message.with_user(self.viewer).content_state()["refusal"])
        self.assertNotIn("Jane", message.with_user(self.viewer).payload_ids.content)

    def test_content_becomes_private_with_its_interface(self):
        message = self.receive("m1", BODY)
        self.classify("clinical")
        self.assertTrue(message.with_user(self.viewer).content_state()["refusal"])
        self.assertNotIn("Jane", message.with_user(self.viewer).payload_ids.content)

    def test_damaged_content_says_so(self):
        self.classify("clinical")
        message = self.receive("m1", BODY)
        self.env.cr.execute(
            "UPDATE integration_payload SET body = set_byte(body, length(body) - 1, "
            "(get_byte(body, length(body) - 1) + 1) %% 256)",
            [],
        )
        state = message.with_user(self.nurse).reveal_content(REASON)
        self.assertIn("cannot be read", self.text(state))


@tagged("post_install", "-at_install")
class TestRevealClosed(ContentCase):
    """Ways around the button."""

    def setUp(self):
        super().setUp()
        self.classify("clinical")
        self.received = self.receive("m1", BODY)

    def test_nobody_makes_grants(self):
        vals = {
            "user_id": self.viewer.id,
            "res_model": "integration.message",
            "res_id": self.received.id,
            "reason": REASON,
            "created_at": "2026-01-01",
            "until": "2099-01-01",
        }
        administrator = new_test_user(
            self.env, "content.administrator", "integration_core.group_administrator"
        )
        grant = self.env["integration.reveal"]._grant(self.received, REASON, self.env.company)
        for user in (self.viewer, self.nurse, self.auditor, administrator):
            with self.assertRaises(AccessError):
                self.env["integration.reveal"].with_user(user).create(vals)
            with self.assertRaises(AccessError):
                grant.with_user(user).write({"until": "2099-01-01"})
            with self.assertRaises(AccessError):
                grant.with_user(user).unlink()

    def test_fields_lists_and_searches_do_not_show_it(self):
        payload = self.received.payload_ids.with_user(self.nurse)
        self.received.with_user(self.nurse).reveal_content(REASON)
        ways = {
            "read": payload.read(),
            "web_read": payload.web_read({"content": {}, "display_name": {}, "sha256": {}}),
            "search_read": payload.search_read([], ["content"]),
            "message": self.received.with_user(self.nurse).web_read(
                {"payload_ids": {"fields": {"content": {}}}}
            ),
        }
        for way, shown in ways.items():
            self.assertNotIn("Jane", str(shown), way)
        with self.assertRaises(AccessError):
            payload.read(["body"])
        payloads = self.env["integration.payload"].with_user(self.nurse)
        with self.assertRaises(AccessError):
            payloads.search([("body", "!=", False)])
        with self.assertRaises(ValueError), mute_logger("odoo.domains"):
            payloads.search([("content", "ilike", "Jane")])

    def test_events_are_no_oracle(self):
        self.classify("clinical", self.outbound)
        self.fire("Zedland")
        events = self.env["integration.event"]
        for user in (self.viewer, self.nurse):
            found = events.with_user(user)
            for domain in ([("data", "ilike", "Zed")], [("subject", "ilike", "Zed")]):
                self.assertFalse(found.search(domain))
            self.assertNotIn("Zedland", str(found._read_group([], ["data"], ["__count"])))
            self.assertFalse(found.name_search("Zedland"))
        for domain in ([("data", "ilike", "Zed")], [("subject", "=", "Zedland")]):
            with self.assertRaises(AccessError):
                events.with_user(self.observer).search(domain)
        with self.assertRaises(AccessError):
            events.with_user(self.observer)._read_group([], ["data"], ["__count"])

    def test_a_digest_is_no_oracle(self):
        """Who guesses the content cannot check the guess against what is stored."""
        plain = canonical_json.sha256_hex(json.dumps(BODY).encode())
        self.env.cr.execute("SELECT sha256 FROM integration_payload")
        digests = {row[0] for row in self.env.cr.fetchall()}
        self.env.cr.execute("SELECT body_sha256 FROM integration_idempotency")
        digests |= {row[0] for row in self.env.cr.fetchall()}
        self.assertNotIn(plain, digests)

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env, "content.stranger", f"{CLINICAL},{EXPORTER}",
            company_id=other.id, company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        message = self.received.with_user(stranger)
        for call in (
            message.content_state,
            lambda: message.reveal_content(REASON),
            lambda: message.download_content(REASON),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_private_methods_stay_private(self):
        for model, names in {
            "integration.message": ("_reveal", "_content_pieces", "_files", "_look", "_revealed"),
            "integration.event": ("_reveal", "_content_pieces", "_stored"),
            "integration.payload": ("_pieces", "_stored"),
            "integration.reveal": ("_grant", "_open", "_end", "_first_looks"),
        }.items():
            for name in names:
                with self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)
