from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .overview_case import OverviewCase


@tagged("post_install", "-at_install")
class TestTrace(OverviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Trace Supplies 4711"})

    def trace(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["integration.trace"].with_user(user or self.observer)

    def found(self, text, user=None):
        return [one["correlation_id"] for one in self.trace(user).find(text)]

    def test_found_by_what_a_person_knows(self):
        message = self.receive("ORDER-17", {"key": "k"})
        self.env.cr.execute(
            "UPDATE integration_message SET wire_id = 'MSGCTRL9', res_model = 'res.partner', "
            "res_id = %s WHERE id = %s",
            [self.partner.id, message.id],
        )
        self.env["integration.record.link"]._link(self.system.id, self.partner, "EXT-4711")
        self.env["integration.record.sync"]._touched_changed()
        for text, by in (
            (message.correlation_id, "Correlation id"),
            (message.uuid, "Message id"),
            ("MSGCTRL9", "Control id"),
            ("ORDER-17", "Idempotency key"),
            ("EXT-4711", "External id"),
            ("Trace Supplies 4711", "Document"),
        ):
            with self.subTest(by=by):
                cases = self.trace().find(f" {text} ")
                self.assertEqual(
                    [(one["correlation_id"], one["by"]) for one in cases],
                    [(message.correlation_id, by)],
                )
        for text in ("Trace Supplies", "ORDER-1", "4711", "", "OR"):
            self.assertEqual(self.found(text), [], text)

    def test_the_key_of_a_clinical_message_is_found_by_its_pseudonym(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        message = self.receive("VISIT-99-1", {"key": "k"}, data_class="clinical")
        self.assertNotIn("VISIT-99-1", message.external_key)
        self.assertEqual(self.found("VISIT-99-1"), [message.correlation_id])
        self.assertNotIn("VISIT-99-1", str(self.trace().case(message.correlation_id)["steps"]))

    def test_documents_that_a_reader_may_not_read_find_nothing(self):
        self.env["integration.record.link"]._link(self.system.id, self.partner, "EXT-4711")
        self.partner.company_id = self.other_company
        self.store_message(
            self.inbound, "done", 50, res_model="res.partner", res_id=self.partner.id
        )
        self.env["integration.record.sync"]._touched_changed()
        self.assertEqual(self.found("Trace Supplies 4711"), [])
        self.assertEqual(self.found("EXT-4711"), [])

    def test_messages_of_another_company_are_not_found(self):
        message = self.store_message(self.foreign, "dead", 50, correlation_id="foreign-case")
        self.assertEqual(self.found("foreign-case"), [])
        self.assertEqual(self.found(message.uuid), [])
        told = self.trace().case("foreign-case")
        self.assertEqual((told["count"], told["steps"]), (0, []))

    def test_the_case_tells_messages_attempts_and_acts_in_order(self):
        received = self.store_message(
            self.inbound, "done", 300, seconds=5.0, correlation_id="case-1"
        )
        sent = self.store_message(self.outbound, "dead", 290, correlation_id="case-1")
        self.env.cr.execute(
            """
            INSERT INTO integration_attempt (message_id, number, started_at, duration_ms, outcome,
                                             http_status, error_message)
            VALUES (%s, 1, %s, 250, 'dead', 409, 'Refused')
            """,
            [sent.id, sent.created_at],
        )
        self.env.cr.execute(
            """
            INSERT INTO integration_audit_entry
                   (occurred_at, actor_id, actor_login, act, res_model, res_id, reason)
            VALUES (%(now)s, 1, 'olga', 'retry', 'integration.message', %(id)s, 'again'),
                   (%(now)s, 1, 'nosy', 'view', 'integration.message', %(id)s, 'to look')
            """,
            {"now": fields.Datetime.now(), "id": sent.id},
        )
        told = self.trace().case("case-1")
        steps = told["steps"]
        self.assertEqual(
            [step["kind"] for step in steps], ["inbound", "outbound", "attempt", "act"]
        )
        self.assertEqual(steps[0]["seconds"], 5.0)
        self.assertEqual(steps[1]["after"], 10.0)
        self.assertEqual(steps[2]["seconds"], 0.25)
        self.assertIn("409", steps[2]["detail"])
        self.assertEqual(steps[3]["detail"], "olga")
        self.assertNotIn("nosy", str(told), "who looked is for auditors")
        self.assertEqual(told["count"], 2)
        self.assertEqual(
            self.trace().env["integration.message"].search_count(told["open"]["domain"]), 2
        )
        self.assertEqual(steps[0]["open"], {"model": "integration.message", "id": received.id})

    def test_changes_of_records_are_part_of_the_case(self):
        country = self.fire()
        self.dispatch()
        event = self.event_type.event_ids
        told = self.trace().case(event.correlation_id)
        self.assertEqual(told["steps"][0]["kind"], "event")
        self.assertEqual(told["steps"][0]["record"]["name"], country.name)
        self.assertIn("outbound", [step["kind"] for step in told["steps"]])
        self.assertEqual(self.found(event.uuid), [event.correlation_id])

    def test_addons_may_know_more_numbers(self):
        message = self.store_message(self.inbound, "done", 50, correlation_id="by-badge")
        self.patch(
            type(self.env["integration.message"]),
            "_trace_ways",
            lambda _model, text: [("Badge", [("id", "=", message.id)])] if text == "B-1" else [],
        )
        self.assertEqual(
            [(one["correlation_id"], one["by"]) for one in self.trace().find("B-1")],
            [("by-badge", "Badge")],
        )

    def test_without_the_role_nothing_is_told(self):
        user = new_test_user(self.env, "no.role", "base.group_user")
        with self.assertRaises(AccessError):
            self.trace(user).find("anything")
        with self.assertRaises(AccessError):
            self.trace(user).case("anything")

    def test_a_message_leads_here(self):
        message = self.store_message(self.inbound, "done", 50, correlation_id="from-message")
        action = message.action_open_trace()
        self.assertEqual(action["context"], {"correlation_id": "from-message"})
