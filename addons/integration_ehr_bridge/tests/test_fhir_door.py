import json

from odoo.tests import tagged

from odoo.addons.integration_core.tools import payload_codec

from .fhir_door_case import FhirDoorCase, backport, bundle, encounter, put


@tagged("post_install", "-at_install")
class TestFhirDoor(FhirDoorCase):
    """FHIR that arrives is stored before it is answered; what is not taken is refused."""

    # -- one resource ----------------------------------------------------------------------

    def test_a_resource_is_stored_encrypted_and_once(self):
        one = encounter("e1")
        self.assertEqual(self.said(self.send(one, "/Encounter/e1", "PUT"))[0], 202)
        message = self.messages()
        self.assertEqual((message.state, message.message_type), ("queued", "Encounter"))
        self.assertTrue(message.external_key.startswith("p:"))
        self.assertTrue(message.partition_key.startswith("p:"))
        self.assertIn("aes256gcm", message.payload_ids.encoding)
        # The same version, laid out otherwise and sent another way.
        again = json.dumps(one, indent=2).encode()
        self.assertEqual(self.said(self.send(again, "/Encounter")), (200, ["duplicate"]))
        self.assertEqual(len(self.messages()), 1)
        other = encounter("e1", status="finished")
        self.assertEqual(self.said(self.send(other)), (409, ["conflict"]))
        self.assertEqual(self.messages().mapped("state"), ["queued", "quarantined"])

    def test_what_is_not_taken_is_refused_and_not_stored(self):
        condition = {"resourceType": "Condition", "id": "1", "note": [{"text": "Canary"}]}
        answer = self.send(condition)
        self.assertEqual(self.said(answer), (422, ["not-supported"]))
        self.assertNotIn("Canary", answer.text)
        deep = b'{"resourceType":"Encounter","x":' + b"[" * 60 + b"]" * 60 + b"}"
        cases = {
            b"{": (400, ["structure"]),
            b"[]": (400, ["structure"]),
            b'{"id": "1"}': (400, ["structure"]),
            b'{"resourceType": "Encounter", "id": "1", "id": "2"}': (400, ["structure"]),
            deep: (400, ["structure"]),
            b'{"resourceType": "Encounter", "id": "no/id"}': (400, ["invalid"]),
        }
        for body, expected in cases.items():
            with self.subTest(body=body[:40]):
                self.assertEqual(self.said(self.send(body)), expected)
        elsewhere = self.send(encounter("e1"), "/Encounter/e2", "PUT")
        self.assertEqual(self.said(elsewhere), (400, ["invalid"]))
        self.assertEqual(self.send(b"x" * 70000).status_code, 413)
        plain = self.send(encounter("e1"), **{"Content-Type": "text/plain"})
        self.assertEqual(plain.status_code, 415)
        self.assertEqual(self.send(encounter("e1"), password="guess").status_code, 401)
        self.assertEqual(self.send(encounter("e1"), password=None).status_code, 401)
        self.assertFalse(self.messages())

    def test_a_profile_that_is_not_known_waits_for_a_person(self):
        known = "http://example.org/StructureDefinition/visit"
        self.env.cr.execute(
            "UPDATE integration_interface SET fhir_profiles = %s WHERE id = %s",
            [known, self.interface.id],
        )
        self.interface.invalidate_recordset()
        self.interface._configuration_changed()
        for number, profile in enumerate((f"{known}|1.0", "http://example.org/other")):
            one = encounter(f"p{number}")
            one["meta"]["profile"] = [profile]
            self.assertEqual(self.said(self.send(one))[0], 202)
        self.assertEqual(self.messages().mapped("error_code"), [False, "unknown_profile"])

    # -- Bundles ---------------------------------------------------------------------------

    def test_a_batch_is_answered_by_entry(self):
        sent = bundle(
            "batch",
            put(encounter("b1")),
            put({"resourceType": "Condition", "id": "1"}),
            {"request": {"method": "DELETE", "url": "Encounter/b1"}},
            {"resource": encounter("b2")},
            put(encounter("b1")),
        )
        answer = self.send(sent).json()
        self.assertEqual(answer["type"], "batch-response")
        told = [one["response"]["status"] for one in answer["entry"]]
        self.assertEqual(told, ["202 Accepted", "422", "405", "400", "200 OK"])
        self.assertEqual(len(self.messages()), 1)

    def test_a_transaction_is_all_or_nothing(self):
        good, bad = put(encounter("t1")), put({"resourceType": "Condition", "id": "1"})
        answer = self.send(bundle("transaction", good, bad))
        self.assertEqual(self.said(answer), (422, ["not-supported"]))
        self.assertEqual(answer.json()["issue"][0]["expression"], ["Bundle.entry[1]"])
        self.assertFalse(self.messages())
        answer = self.send(bundle("transaction", good)).json()
        self.assertEqual(answer["type"], "transaction-response")
        self.assertEqual(len(self.messages()), 1)

    def test_entries_that_refer_to_each_other_stand_for_themselves(self):
        patient = {
            "resourceType": "Patient", "name": [{"family": "Canary"}],
            "identifier": [{"system": "http://mrn", "value": "4711"}],
        }  # fmt: skip
        visit = encounter("x1", subject={"reference": "urn:uuid:1"})
        sent = bundle(
            "transaction",
            {"fullUrl": "urn:uuid:1", "resource": patient,
             "request": {"method": "POST", "url": "Patient"}},
            {"fullUrl": "urn:uuid:2", **put(visit)},
        )  # fmt: skip
        self.assertEqual(self.send(sent).status_code, 200)
        stored = self.messages().filtered(lambda one: one.message_type == "Encounter")
        read = json.loads(self._body(stored))
        self.assertEqual(read["subject"]["identifier"]["value"], "4711")
        self.assertTrue(read["subject"]["reference"].startswith("Patient/"))
        self.assertNotIn("Canary", json.dumps(read))
        # Told by itself, it is the same message.
        self.assertEqual(self.said(self.send(visit, "/Encounter/x1", "PUT"))[0], 200)

    def _body(self, message):
        payload = message.payload_ids.filtered(lambda one: one.kind == "received")
        raw = payload._stored()[payload.id]
        return payload_codec.decode(raw, payload.encoding, message.uuid, "received", self.ring)

    def test_a_bundle_that_is_none(self):
        several = bundle("batch", *(put(encounter(f"n{n}")) for n in range(21)))
        twice = bundle(
            "collection",
            *({"fullUrl": "urn:uuid:1", "resource": encounter(one)} for one in ("a", "b")),
        )
        cases = [
            (several, (413, ["too-long"])),
            (twice, (400, ["duplicate"])),
            (bundle("document"), (422, ["not-supported"])),
            ({"resourceType": "Bundle", "type": "batch", "entry": {}}, (200, None)),
            (bundle("message", put(encounter("a"))), (400, ["required"])),
        ]
        for body, expected in cases:
            with self.subTest(expected=expected):
                answer = self.send(body)
                if expected[1] is None:
                    self.assertEqual(answer.status_code, expected[0])
                else:
                    self.assertEqual(self.said(answer), expected)
        self.assertFalse(self.messages())

    def test_a_message_is_answered_by_a_message(self):
        header = {
            "resourceType": "MessageHeader", "id": "m1",
            "eventCoding": {"system": "http://events", "code": "admit"},
            "source": {"endpoint": "https://ehr.example"},
            "focus": [{"reference": "urn:uuid:e"}],
        }  # fmt: skip
        about = {"fullUrl": "urn:uuid:h", "resource": header}
        visit = {"fullUrl": "urn:uuid:e", "resource": encounter("m1")}
        aside = {"fullUrl": "urn:uuid:c", "resource": {"resourceType": "Condition", "id": "c"}}
        for _time in range(2):
            answer = self.send(bundle("message", about, visit, aside), "/$process-message")
            self.assertEqual(answer.status_code, 200)
            told = answer.json()["entry"][0]["resource"]
            self.assertEqual(told["response"]["identifier"], "m1")
            self.assertEqual(told["response"]["code"], "ok")
            self.assertEqual(told["eventCoding"]["code"], "admit")
        self.assertEqual(len(self.messages()), 1)
        header["focus"] = [{"reference": "urn:uuid:c"}]
        told = self.send(bundle("message", about, aside)).json()["entry"]
        self.assertEqual(told[0]["resource"]["response"]["code"], "fatal-error")
        self.assertEqual(told[1]["resource"]["issue"][0]["code"], "not-supported")

    # -- subscriptions ---------------------------------------------------------------------

    def test_a_subscription_appears_with_its_handshake_and_is_counted(self):
        self.assertEqual(self.send(backport("handshake", since="0")).status_code, 200)
        found = self.subscription()
        self.assertEqual((found.reference, found.state), ("Subscription/9", "active"))
        self.assertTrue(found.handshake_at)
        told = backport("event-notification", "1", resources=[encounter("n1")])
        self.assertEqual(self.said(self.send(told)), (200, ["informational"]))
        self.assertEqual(len(self.messages()), 1)
        self.assertEqual((self.subscription().last_event, self.polled), ("1", []))
        # Told again: one message, and nothing was missed.
        self.assertEqual(self.said(self.send(told)), (200, ["duplicate"]))
        self.assertEqual(len(self.messages()), 1)
        self.assertEqual(self.polled, [])

    def test_a_gap_has_the_partner_asked(self):
        self.send(backport("handshake", since="0"))
        self.send(backport("event-notification", "3", since="3", resources=[encounter("n1")]))
        self.assertEqual(self.polled, [self.interface.id])
        found = self.subscription()
        self.assertEqual((found.gap_count, found.missed_count), (1, 2))
        self.assertEqual(found.last_event, "3")
        self.send(backport("heartbeat", since="3"))
        self.assertEqual(len(self.polled), 1)
        self.send(backport("heartbeat", since="5"))
        self.assertEqual(len(self.polled), 2)
        self.assertTrue(self.subscription().last_heartbeat_at)

    def test_what_is_only_named_is_asked_for(self):
        self.reads("Encounter")
        self.send(backport("handshake", since="0"))
        self.assertEqual(self.send(backport("event-notification", "1")).status_code, 200)
        self.assertEqual(self.polled, [self.interface.id])
        self.send(backport("event-notification", "2", since="2", focus=("Condition/1",)))
        self.assertEqual(len(self.polled), 1)
        # R4 without a payload says nothing at all.
        self.assertEqual(self.send(b"", **{"Content-Type": None}).status_code, 200)
        self.assertEqual(len(self.polled), 2)
        self.assertFalse(self.messages())
        self.assertEqual(self.send(b"", password="guess").status_code, 401)
        self.assertEqual(len(self.polled), 2)

    def test_r4b_tells_by_a_status(self):
        status = {
            "resourceType": "SubscriptionStatus", "type": "event-notification",
            "status": "active", "eventsSinceSubscriptionStart": "1",
            "subscription": {"reference": "Subscription/9"}, "topic": "http://topics/visit",
            "notificationEvent": [
                {"eventNumber": "1", "focus": {"reference": "Encounter/n1"}}
            ],
        }  # fmt: skip
        sent = bundle("history", {"resource": status}, {"resource": encounter("n1")})
        self.assertEqual(self.said(self.send(sent)), (200, ["informational"]))
        self.assertEqual(self.subscription().topic, "http://topics/visit")

    # -- before traffic --------------------------------------------------------------------

    def test_what_is_missing_before_it_is_approved(self):
        draft = self.interface.copy({"name": "Draft", "body_codec": "json"})
        draft.credential_id = False
        said = " ".join(draft._missing_for_traffic())
        self.assertIn("FHIR R4", said)
        self.assertIn("channel.header", said)

    def test_the_form_says_what_is_taken_and_how_to_try(self):
        self.assertIn("Encounter", self.interface.fhir_taken)
        self.assertTrue(self.interface.fhir_url.endswith(self.interface.token))
        self.assertIn(self.interface.fhir_url, self.interface.fhir_example)
        answer = self.send({"resourceType": "Bundle", "type": "batch"})
        self.assertEqual(answer.json()["type"], "batch-response")
