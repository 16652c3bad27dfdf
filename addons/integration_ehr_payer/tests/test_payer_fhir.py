"""A claim goes to a FHIR server and comes back decided: the whole way, with a real server."""

import json

from odoo.tests import tagged

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_ehr_bridge.engine import fhir_arrival
from odoo.addons.integration_ehr_bridge.tests.fhir_case import FhirServer
from odoo.addons.integration_ehr_bridge.tools.fhir import arriving, limits

from .payer_case import MEMBER, PayerCase


def answered(asked):
    name = asked.path.split("/")[-1].partition("?")[0]
    return 201, None, {"location": f"{name}/12/_history/1", "etag": 'W/"1"'}


@tagged("post_install", "-at_install")
class TestPayerFhir(PayerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.active = False
        cls.claims = cls.sender("claim", "Claim", "claim_submitted", "claim_cancelled")
        cls.questions = cls.sender("eligibility", "CoverageEligibilityRequest", "eligibility_asked")
        cls.feed = cls._interface(
            "Payer answers",
            direction="inbound",
            transport="fhir",
            body_codec="fhir",
            data_class="clinical",
            system_id=cls.payer_system.id,
            user_id=cls.feeder.id,
            routing_id=cls.env.ref("integration_ehr_payer.routing_fhir_r4_payer").id,
        )
        cls.payer.system_id = cls.payer_system

    @classmethod
    def sender(cls, mapping, name, *types):
        found = cls.env["integration.event.type"].union(
            *(cls.env.ref(f"integration_ehr_payer.event_type_{one}") for one in types)
        )
        return cls._interface(
            name,
            direction="outbound",
            transport="fhir",
            url="http://127.0.0.1:1/fhir",
            allowed_networks="127.0.0.0/8",
            data_class="clinical",
            system_id=cls.payer_system.id,
            mapping_id=cls.env.ref(f"integration_ehr_payer.mapping_{mapping}_fhir").id,
            event_type_ids=[(6, 0, found.ids)],
            fhir_types=name,
            fhir_interaction="conditional_update" if len(types) > 1 else "conditional_create",
            awaits_confirmation=True,
        )

    def serve(self, interface):
        # The client's own tests are about TLS; this server has none.
        self.patch(type(interface), "_plaintext_allowed", lambda _interface: True)
        server = FhirServer(answered)
        self.addCleanup(server.close)
        interface._write_approved({"url": server.url})
        self.env.flush_all()
        return server

    def sent(self, interface):
        self.env.flush_all()
        self.env.cr.flush()
        self.dispatch()
        self.drain(interface)
        message = self.messages(interface)[-1:]
        self.assertEqual(message.state, "done", message.error_message)
        return message

    def arrives(self, resource, state="done"):
        spec, ring = self.feed._inbound_spec(), keys.optional_ring(self.env.cr)
        read = limits.read(json.dumps(resource).encode())
        found = fhir_arrival.incoming(spec, arriving.arrived(read, spec["fhir_rules"]), ring)
        receipts, _outcomes = fhir_arrival.store(self.env.cr, spec, [found], ring)
        self.drain(self.feed)
        message = self.message(receipts[0].uuid)
        self.assertEqual(message.state, state, message.error_message)
        return message

    def response(self, **members):
        return {
            "resourceType": "ClaimResponse",
            "id": "R1",
            "meta": {"versionId": "1"},
            "status": "active",
            "use": "claim",
            "created": "2026-03-20T08:00:00Z",
            "request": {"reference": "Claim/12"},
            "outcome": "complete",
            "item": [self.item(1, 954), self.item(2, 0, "96")],
            **members,
        }

    def item(self, number, paid, reason=None):
        one = {
            "category": {"coding": [{"code": "benefit"}]},
            "amount": {"value": paid, "currency": self.currency.name},
        }
        if reason:
            one["reason"] = {"coding": [{"code": reason, "display": "Not covered"}]}
        return {"itemSequence": number, "adjudication": [one]}

    def test_a_claim_and_its_decision(self):
        server = self.serve(self.claims)
        claim = self.claim()
        message = self.sent(self.claims)
        [asked] = server.asked
        self.assertEqual(asked.method, "PUT")
        self.assertIn(f"identifier=urn%3Aodoo%3Aclaim%7C{claim.number}", asked.path)
        self.assertEqual(asked.resource["patient"]["identifier"]["value"], MEMBER)
        self.assertIn('"value":967.25', asked.body.decode())
        self.assertEqual(claim.move_id.integration_sync_state, "waiting")
        self.assertNotIn(MEMBER, str(message.read()))
        self.arrives(self.response())
        self.env.invalidate_all()
        self.assertEqual((claim.state, claim.denied_amount), ("partial", 13.25))
        self.assertEqual(claim.denial_ids.reason_text, "Not covered")
        self.assertEqual(claim.move_id.integration_sync_state, "synchronised")

    def test_the_same_version_and_an_older_one_change_nothing(self):
        self.serve(self.claims)
        claim = self.claim()
        self.sent(self.claims)
        self.arrives(self.response())
        self.arrives(self.response())
        older = self.response(
            meta={"versionId": "0"},
            created="2026-03-19T08:00:00Z",
            item=[self.item(1, 954), self.item(2, 13.25)],
        )
        self.arrives(older)
        self.env.invalidate_all()
        self.assertEqual((claim.state, len(claim.answer_ids)), ("partial", 2))

    def test_a_response_to_an_unknown_claim_waits(self):
        message = self.arrives(self.response(request={"reference": "Claim/99"}), "quarantined")
        self.assertEqual(message.error_code, "unknown_request")

    def test_a_withdrawn_response_waits(self):
        message = self.arrives(self.response(status="cancelled"), "quarantined")
        self.assertEqual(message.error_code, "missing_value")

    def test_a_cancelled_claim_is_sent_as_such(self):
        server = self.serve(self.claims)
        claim = self.claim()
        self.sent(self.claims)
        claim.with_user(self.biller).action_cancel("Wrong cover")
        self.sent(self.claims)
        self.assertEqual([one.resource["status"] for one in server.asked], ["active", "cancelled"])

    def test_cover_question_and_answer(self):
        self.payer.eligibility_required = True
        self.visit.payer_code = "AOK"
        server = self.serve(self.questions)
        self.arrives(
            {
                "resourceType": "Coverage",
                "id": "7",
                "meta": {"versionId": "1", "lastUpdated": "2026-03-01T08:00:00Z"},
                "status": "active",
                "subscriberId": MEMBER,
                "beneficiary": {"reference": "Patient/1"},
                "payor": [{"identifier": {"value": "AOK"}}],
            },
            "quarantined",
        )
        links = self.env["integration.record.link"]
        links._link(self.payer_system.id, self.visit.patient_id, "Patient/1")
        self.arrives(
            {
                "resourceType": "Coverage",
                "id": "7",
                "meta": {"versionId": "2", "lastUpdated": "2026-03-01T09:00:00Z"},
                "status": "active",
                "subscriberId": MEMBER,
                "beneficiary": {"reference": "Patient/1"},
                "payor": [{"identifier": {"value": "AOK"}}],
            }
        )
        self.sent(self.questions)
        self.assertEqual(server.asked[0].resource["purpose"], ["validation"])
        self.assertEqual(self.visit.eligibility_state, "asked")
        self.arrives(
            {
                "resourceType": "CoverageEligibilityResponse",
                "id": "E1",
                "meta": {"versionId": "1"},
                "status": "active",
                "created": "2026-03-02T09:21:00Z",
                "outcome": "complete",
                "request": {"reference": "CoverageEligibilityRequest/12"},
                "insurance": [{"inforce": True}],
            }
        )
        self.env.invalidate_all()
        self.assertEqual(self.visit.eligibility_state, "eligible")
