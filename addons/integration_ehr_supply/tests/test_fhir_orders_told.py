"""What becomes of an order goes to a FHIR server: the whole way, with a real one."""

import json

from odoo.tests import tagged

from odoo.addons.integration_ehr_bridge.tests.fhir_case import FhirServer

from .fhir_order_case import FhirOrderCase


def _answered(asked):
    """What a server answers to a transaction: each entry is there."""
    entries = json.loads(asked.body)["entry"]
    answered = [
        {"response": {"status": "200", "location": f"{one['resource']['resourceType']}/5{place}"}}
        for place, one in enumerate(entries)
    ]
    return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": answered}


@tagged("post_install", "-at_install")
class TestFhirOrdersTold(FhirOrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.active = False
        supply = "integration_ehr_supply"
        cls.telling = cls._interface(
            "Deliveries",
            direction="outbound",
            transport="fhir",
            url="http://127.0.0.1:1/fhir",
            allowed_networks="127.0.0.0/8",
            data_class="clinical",
            mapping_id=cls.env.ref(f"{supply}.mapping_requisition_fhir").id,
            event_type_ids=[(6, 0, cls.env.ref(f"{supply}.event_type_requisition_changed").ids)],
            fhir_types="SupplyDelivery",
            fhir_interaction="transaction",
            echo_allowed=True,
        )

    def setUp(self):
        super().setUp()
        # The client's own tests are about TLS; this server has none.
        self.patch(type(self.telling), "_plaintext_allowed", lambda _interface: True)
        self.server = FhirServer(_answered)
        self.addCleanup(self.server.close)
        self.telling._write_approved({"url": self.server.url})
        self.env.flush_all()
        self.seen = 0

    def told(self):
        """What the server was sent since the last call: ``[(address, resource)]``."""
        self.env.flush_all()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.telling)
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        failed = self.messages(self.telling).filtered(lambda one: one.state != "done")
        self.assertFalse(failed, failed.mapped("error_message"))
        asked, self.seen = self.server.asked[self.seen :], len(self.server.asked)
        return [
            (entry["request"]["url"], entry["resource"])
            for one in asked
            for entry in one.resource["entry"]
        ]

    def delivery(self):
        """The only thing that was told, and it is a delivery."""
        [(url, found)] = self.told()
        self.assertEqual(found["resourceType"], "SupplyDelivery")
        [number] = [one["value"] for one in found["identifier"]]
        self.assertEqual(url.rpartition("%7C")[2], number)
        return found

    def test_each_step_of_an_order_is_told(self):
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        self.told()
        one.picking_ids.move_ids.picked = True
        begun = self.delivery()
        self.assertEqual(begun["status"], "in-progress")
        self.assertEqual(begun["basedOn"], [{"reference": "SupplyRequest/7"}])
        self.assertNotIn("quantity", begun["suppliedItem"])
        rest = self.deliver(one.picking_ids, 6)
        part = self.delivery()
        self.assertEqual((part["status"], part["suppliedItem"]["quantity"]["value"]),
                         ("in-progress", 6))  # fmt: skip
        self.assertEqual(part["identifier"], begun["identifier"])
        self.assertEqual(part["destination"]["identifier"]["value"], "4W")
        self.assertIn("occurrenceDateTime", part)
        self.set_stock(self.gloves, 4)
        rest.action_assign()
        self.told()
        self.deliver(rest, 4)
        whole = self.delivery()
        self.assertEqual((whole["status"], whole["suppliedItem"]["quantity"]["value"]),
                         ("completed", 10))  # fmt: skip
        coded = whole["suppliedItem"]["itemCodeableConcept"]["coding"]
        self.assertEqual(coded, [{"system": "urn:odoo:item", "code": "GLV"}])

    def test_what_is_cancelled_here_is_abandoned(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request())
        self.told()
        one.picking_ids.action_cancel()
        self.assertEqual(self.delivery()["status"], "abandoned")

    def test_nothing_of_the_patient_is_told(self):
        self.set_stock(self.gloves, 50)
        self.admitted()
        one = self.taken(self.request(deliverTo={"reference": "Patient/p1"}))
        self.deliver(one.picking_ids, 10)
        text = str(self.told())
        for hidden in ("V1", "4711", "Patient", "Encounter", "p1"):
            self.assertNotIn(hidden, text)

    def test_a_device_is_named_by_an_extension(self):
        self.set_stock(self.storable("Pump", default_code="PUMP"), 5)
        self.admitted()
        one = self.taken(self.device())
        self.told()
        self.deliver(one.picking_ids, 1)
        found = self.delivery()
        self.assertNotIn("basedOn", found)
        [extension] = found["extension"]
        self.assertEqual(extension["valueReference"], {"reference": "DeviceRequest/d1"})
