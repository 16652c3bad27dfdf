import json
from dataclasses import replace

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import fhir_watch
from ..tools.fhir.notification import EVENT, HEARTBEAT, Notice
from .fhir_door_case import FhirDoorCase, backport, bundle, encounter, put


@tagged("post_install", "-at_install")
class TestFhirDoorHostile(FhirDoorCase):
    """What is odd or meant ill is refused, and nothing is acknowledged that is then lost."""

    def test_a_message_without_what_it_is_about_is_not_acknowledged(self):
        header = {"resourceType": "MessageHeader", "id": "m1", "eventUri": "http://e",
                  "focus": [{"reference": "Encounter/elsewhere"}]}  # fmt: skip
        aside = {"fullUrl": "urn:uuid:c", "resource": {"resourceType": "Condition", "id": "c"}}
        answer = self.send(bundle("message", {"resource": header}, aside))
        self.assertEqual(self.said(answer), (422, ["not-found"]))
        header["focus"] = [{"reference": "https://ehr.example/fhir/Encounter/e1/_history/1"}]
        sent = bundle("message", {"resource": header}, {"resource": encounter("e1")}, aside)
        told = self.send(sent).json()["entry"][0]["resource"]["response"]
        self.assertEqual(told["code"], "ok")
        self.assertEqual(len(self.messages()), 1)

    def test_odd_shapes_are_refused_and_never_a_failure_of_ours(self):
        header = {"resourceType": "MessageHeader", "id": "m1"}
        parameters = [
            {"name": "subscription", "valueString": "x"},
            {"name": "subscription", "part": []},
            {"name": "type", "valueCode": "heartbeat"},
        ]
        odd = (
            bundle("message", {"resource": header | {"focus": [{"reference": {"a": 1}}]}}),
            bundle("message", {"resource": header | {"focus": 5}}, {"fullUrl": {"a": 1}}),
            bundle(
                "history", {"resource": {"resourceType": "Parameters", "parameter": parameters}}
            ),
            bundle("batch", {"resource": encounter("1"), "request": {"method": {}, "url": []}}),
        )
        for sent in odd:
            with self.subTest(sent=json.dumps(sent)[:60]):
                self.assertLess(self.send(sent).status_code, 500)
        self.assertFalse(self.messages())

    def test_if_match_is_refused_wherever_it_stands(self):
        answer = self.send(encounter("e1"), "/Encounter/e1", "PUT", **{"If-Match": 'W/"1"'})
        self.assertEqual(self.said(answer), (422, ["not-supported"]))
        entry = put(encounter("e1"))
        entry["request"]["ifMatch"] = 'W/"1"'
        self.assertEqual(self.said(self.send(bundle("transaction", entry)))[0], 422)
        self.assertFalse(self.messages())

    def test_a_conflict_ends_a_whole_transaction(self):
        self.assertEqual(self.said(self.send(encounter("t1")))[0], 202)
        sent = bundle("transaction", put(encounter("t2")), put(encounter("t1", status="planned")))
        self.assertEqual(self.said(self.send(sent)), (409, ["conflict"]))
        self.assertEqual(len(self.messages()), 1, "nothing of it was stored")
        # In a batch each entry stands for itself.
        told = self.send(bundle("batch", *sent["entry"])).json()["entry"]
        statuses = [one["response"]["status"] for one in told]
        self.assertEqual(statuses, ["202 Accepted", "409 Conflict"])

    def test_an_empty_collection_has_no_outcome_without_issues(self):
        answer = self.send(bundle("collection"))
        self.assertEqual((answer.status_code, answer.content), (202, b""))

    def test_metadata_says_what_a_transaction_is(self):
        url = f"/integration/fhir/{self.interface.token}/metadata"
        told = self.url_open(url).json()["rest"][0]["documentation"]
        self.assertIn("all or none of a transaction is its storing", told)

    def test_metadata_says_what_a_pattern_takes(self):
        spec = self.interface._inbound_spec()
        spec["fhir_rules"] = replace(spec["fhir_rules"], patterns=frozenset({"Med*", "Slot"}))
        taken = self.interface._fhir_taken_served(spec)
        self.assertEqual([one.resource for one in taken.resources], ["Slot"])
        self.assertIn("Types that match Med* are taken as well.", taken.remarks)

    # -- subscriptions ---------------------------------------------------------------------

    def test_what_nobody_would_ask_for_is_not_acknowledged(self):
        """The partner's server shows it as an error, and somebody mends the subscription."""
        named = backport("event-notification", "1")
        self.assertEqual(self.said(self.send(named)), (422, ["not-supported"]))
        self.assertEqual(self.send(b"", **{"Content-Type": None}).status_code, 422)
        empty = backport("event-notification", "1", focus=())
        self.assertEqual(self.send(empty).status_code, 422)
        self.assertEqual((self.polled, len(self.subscription())), ([], 0))
        # A handshake is answered whatever it says beside: else there would be no subscription.
        self.assertEqual(self.send(backport("handshake", "1", since="0")).status_code, 200)
        with self.assertRaisesRegex(UserError, "reads from no server"):
            self.subscription().action_poll()
        self.reads("Appointment")
        self.assertEqual(self.send(named).status_code, 422, "another type is read")
        self.reads("Appointment\nEncounter?class=IMP")
        self.assertEqual(self.send(named).status_code, 200)
        self.assertEqual(self.polled, [self.interface.id])

    def test_a_deletion_waits_for_a_person(self):
        told = backport("event-notification", "1")
        told["entry"].append({"request": {"method": "DELETE", "url": "Encounter/n1"}})
        for _time in range(2):
            self.assertEqual(self.send(told).status_code, 200)
        message = self.messages()
        self.assertEqual((message.state, message.error_code), ("quarantined", "deleted_there"))

    def _take(self, kind=EVENT, name="Subscription/1", **said):
        env = api.Environment(self.env.cr, SUPERUSER_ID, {})
        fhir_watch.take(env, self.interface.id, Notice(kind, name, **said))
        return self.subscription()

    def test_any_number_of_missed_events_has_the_partner_asked(self):
        found = self._take(HEARTBEAT, events=1)
        found = self._take(HEARTBEAT, events=10**18 - 1)
        self.assertEqual(found.missed_count, 2**31 - 1)
        self.assertEqual(self.polled, [self.interface.id])

    def test_subscriptions_that_are_made_up_are_not_kept_without_end(self):
        self.patch(fhir_watch, "MOST", 2)
        for number in range(4):
            self._take(name=f"Subscription/{number}", numbers=(1,), events=1)
        self.assertEqual(len(self.subscription()), 2)
        self.assertEqual(len(self.polled), 2, "whoever is not counted has the partner asked")
