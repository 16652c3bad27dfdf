import json

from odoo.tests import tagged

from odoo.addons.integration_core.engine import own_events
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tests.common import delivered
from odoo.addons.integration_core.tools import errors

from ..engine import incident_events
from .incident_case import CALM, IncidentCase, Signal, Step


def refused(_outgoing):
    return Outcome(
        error=errors.PermanentError("Refused.", code="http_422"), http_status=422, sent=b"{}"
    )


@tagged("post_install", "-at_install")
class TestIncidentEvents(IncidentCase):
    """Other systems are told through the suite itself, by its contracts, and never in a circle."""

    def setUp(self):
        super().setUp()
        codes = sorted(incident_events.CODES.values())
        self.types = self.env["integration.event.type"].search([("code", "in", codes)])
        tickets = self.env["integration.system"].create({"name": "Tickets", "code": "TICKETS"})
        self.watcher = self._interface(
            "Tickets",
            direction="outbound",
            system_id=tickets.id,
            event_type_ids=[(6, 0, self.types.ids)],
        )

    def _sent(self, sender=delivered):
        """What a drain of the watcher sends now."""
        told = []
        self.deliver()
        self.dispatch()
        self.send_with(lambda one: told.append((one.message_type, one.document)) or sender(one))
        self.drain(self.watcher)
        return told

    def _heal(self, interface, signal=Signal.BREAKER_OPEN):
        self.take(self.of_interface(interface, signal, Step.ENDED))
        self.later(CALM)

    def test_start_and_end_are_sent_by_contract(self):
        incident = self.open_one(count=4, title="Jane Doe")
        [(code, document)] = self._sent()
        self.assertEqual(code, "integration.incident.started")
        self.assertEqual(document["told"], "start")
        self.assertEqual(document["interface"], self.outbound.name)
        self.assertEqual((document["severity"], document["state"]), (2, "open"))
        self.assertEqual(
            document["signals"], [{"signal": "breaker_open", "lasting": True, "level": "2.000"}]
        )
        self.assertNotIn("Jane", json.dumps(document))
        self._heal(self.outbound)
        [(code, document)] = self._sent()
        self.assertEqual(code, "integration.incident.ended")
        self.assertEqual(document["incident_id"], str(incident.id))
        self.assertTrue(document["ended_at"])
        self.assertEqual(set(self.messages(self.watcher).mapped("state")), {"done"})
        self.assertEqual(self._sent(), [])

    def test_worse_and_escalated_are_sent(self):
        incident = self.open_one()
        self._sent()
        self.outbound.criticality = "vital"
        self.take(self.of_interface(self.outbound, Signal.SILENCE))
        incident.with_user(self.operator).action_escalate("Help")
        incident.with_user(self.operator).action_resolve("Done")
        incident.with_user(self.operator).action_reopen("Not done")
        told = self._sent()
        self.assertEqual(
            {code.rpartition(".")[2] for code, _document in told},
            {"worsened", "escalated", "reopened"},
        )
        self.assertEqual(set(self.messages(self.watcher).mapped("state")), {"done"})

    def test_an_alert_about_the_alerting_interface_goes_other_ways(self):
        incident = self.open_one(interface=self.watcher)
        self.assertEqual(self._sent(), [])
        notice = incident.notice_ids.filtered(lambda one: one.channel_id == self.webhook)
        self.assertEqual(notice.state, "skipped")
        self.assertIn("itself", notice.detail)
        self.assertTrue(self.posts(), "people are told")

    def test_a_failing_alert_makes_no_endless_chain(self):
        """The delivery of an alert fails, which is the next incident, and so on."""
        other = self._interface(
            "Other tickets", direction="outbound", event_type_ids=[(6, 0, self.types.ids)]
        )
        carriers = self.watcher | other
        first = self.open_one()
        for _round in range(3):
            self.deliver()
            self.dispatch()
            self.send_with(refused)
            for carrier in carriers:
                self.drain(carrier)
                self.assertIn("dead", self.messages(carrier).mapped("state"))
                self.open_one(Signal.DEAD_LETTER, carrier)
            for carrier in carriers:
                self._heal(carrier, Signal.DEAD_LETTER)
        theirs = self.incidents(("interface_id", "in", carriers.ids))
        self.assertEqual(len(theirs), 6)
        self.assertTrue(all(self.notices(one, self.chat) for one in theirs), "people are told")
        for carrier in carriers:
            told = self.messages(carrier)
            self.assertEqual(set(told.mapped("res_id")), {first.id}, "not of their own failures")

    def test_its_failed_delivery_is_no_event_either(self):
        exhausted = self.env.ref("integration_core.event_type_message_exhausted")
        third = self._interface(
            "Third", direction="outbound", event_type_ids=[(6, 0, exhausted.ids)]
        )
        self.open_one()
        self._sent(refused)
        self.assertEqual(self.messages(self.watcher).state, "dead")
        self.dispatch()
        self.assertFalse(self.messages(third))

    def test_nobody_of_the_company_listens(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        system = self.env["integration.system"].create(
            {"name": "F", "code": "F", "company_id": other.id}
        )
        foreign = self._interface("Foreign", direction="outbound", system_id=system.id)
        incident = self.open_one(interface=foreign)
        self.assertEqual(self._sent(), [])
        notice = incident.notice_ids.filtered(lambda one: one.channel_id == self.webhook)
        self.assertEqual(notice.state, "skipped")

    def test_what_concerns_the_suite_goes_to_all(self):
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        [(_code, document)] = self._sent()
        self.assertEqual((document["subject"], document["interface"]), ("suite", None))
        self.assertEqual(self.messages(self.watcher).state, "done")

    def test_examples_fulfil_their_contracts_and_types_are_known(self):
        for code in incident_events.CODES.values():
            version = self.env["integration.contract"].search([("code", "=", code)])
            version = version.current_version_id
            with self.subTest(code):
                self.assertIn(code, own_events.CODES)
                self.assertEqual(version._validator().violations(json.loads(version.example)), [])

    def test_a_person_tries_it_through_the_whole_engine(self):
        self.patch(type(self.env["integration.transport.none"]), "_sends_tests", True)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            answer = self.webhook.action_send_test()
        self.assertIn("Tickets", answer["params"]["message"])
        [(code, _document)] = self._sent()
        self.assertEqual(code, own_events.TEST)
