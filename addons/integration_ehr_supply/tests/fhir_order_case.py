"""The hospital of the tests of supply, whose EHR keeps orders as FHIR resources."""

import copy
import json

from odoo.fields import Command

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_ehr_bridge.engine import fhir_arrival
from odoo.addons.integration_ehr_bridge.tools.fhir import arriving, limits

from .supply_case import SupplyCase

MRN, VISITS = "http://main.example/mrn", "http://main.example/visits"


class FhirOrderCase(SupplyCase):
    """Resources are stored as the door does, and handled by drains."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("integration_ehr_bridge.value_map_fhir_assigner").line_ids = [
            Command.create({"source": uri, "target": "MAIN", "state": "confirmed"})
            for uri in (MRN, VISITS)
        ]
        cls.policy.write({"ordering": "key"})
        routing = cls.env["integration.routing"].create({"name": "All", "code": "all_of_ehr"})
        for name in (
            "integration_ehr_bridge.routing_fhir_r4_standard",
            "integration_ehr_supply.routing_fhir_r4_orders",
        ):
            routing._take_rules(cls.env.ref(name))
        routing.action_submit()
        routing.action_approve()
        cls.ehr = cls._interface(
            "Orders over FHIR",
            direction="inbound",
            transport="fhir",
            body_codec="fhir",
            data_class="clinical",
            user_id=cls.service_user.id,
            routing_id=routing.id,
        )

    def tell(self, *resources):
        """Store resources and handle them; their records in the ledger."""
        spec, ring = self.ehr._inbound_spec(), keys.optional_ring(self.env.cr)
        stored = self.env["integration.message"]
        for one in resources:
            read = limits.read(json.dumps(one).encode())
            found = fhir_arrival.incoming(spec, arriving.arrived(read, spec["fhir_rules"]), ring)
            receipts, _outcomes = fhir_arrival.store(self.env.cr, spec, [found], ring)
            stored |= stored.search([("uuid", "=", receipts[0].uuid)])
        self.drain(self.ehr)
        self.env.invalidate_all()
        return stored

    def taken(self, *resources):
        """Resources that are handled; the requisition of the last one."""
        told = self.tell(*resources)
        for one in told:
            self.assertEqual(one.state, "done", f"{one.error_code}: {one.error_message}")
        last = resources[-1]
        name = f"{last['resourceType']}/{last['id']}"
        lines = self.env["ehr.requisition.line"].search([("order_record", "=", name)])
        return lines.requisition_id

    def put_aside(self, resource, state="quarantined"):
        """The error code of a resource that is not handled."""
        told = self.tell(resource)
        self.assertEqual(told.state, state, told.error_message)
        return told.error_code

    # -- resources -------------------------------------------------------------------------

    def request(self, number="7", version=1, status="active", *, at=None, **changes):
        """A version of an order of ten pairs of gloves for the ward."""
        return self._version(
            {
                "resourceType": "SupplyRequest", "id": number, "status": status,
                "identifier": [{"value": f"S{number}"}],
                "category": {"coding": [{"code": "central"}]},
                "itemCodeableConcept": {"coding": [{"code": "GLV"}]},
                "quantity": {"value": 10, "system": "http://unitsofmeasure.org", "code": "{each}"},
                "deliverTo": {"identifier": {"value": "4W"}},
            },
            version, at, changes,
        )  # fmt: skip

    def device(self, number="d1", version=1, status="active", *, at=None, **changes):
        """A version of an order of one pump for a patient."""
        return self._version(
            {
                "resourceType": "DeviceRequest", "id": number, "status": status,
                "intent": "order",
                "codeCodeableConcept": {"coding": [{"code": "PUMP"}]},
                "subject": {"reference": "Patient/p1"},
                "encounter": {"reference": "Encounter/e1"},
            },
            version, at, changes,
        )  # fmt: skip

    def _version(self, resource, version, at, changes):
        found = copy.deepcopy(resource) | changes
        found["meta"] = {
            "versionId": str(version),
            "lastUpdated": f"2025-03-02T{at or f'08:{version:02}'}:00+01:00",
        }
        return {name: value for name, value in found.items() if value is not None}

    def admitted(self):
        """A patient on the ward, by his record and that of his visit."""
        self.tell(
            {
                "resourceType": "Patient", "id": "p1", "meta": {"versionId": "1"},
                "identifier": [{"system": MRN, "value": "4711"}],
            },
            {
                "resourceType": "Location", "id": "w4", "status": "active",
                "identifier": [{"value": "4W"}], "physicalType": {"coding": [{"code": "wa"}]},
                "meta": {"versionId": "1", "lastUpdated": "2025-03-02T06:00:00+01:00"},
            },
        )  # fmt: skip
        told = self.tell(
            {
                "resourceType": "Encounter", "id": "e1", "status": "in-progress",
                "identifier": [{"system": VISITS, "value": "V1"}], "class": {"code": "IMP"},
                "subject": {"reference": "Patient/p1"},
                "period": {"start": "2025-03-02T07:00:00+01:00"},
                "location": [{"location": {"reference": "Location/w4"},
                              "period": {"start": "2025-03-02T07:00:00+01:00"}}],
                "meta": {"versionId": "1", "lastUpdated": "2025-03-02T07:05:00+01:00"},
            }
        )  # fmt: skip
        self.assertEqual(told.state, "done", told.error_message)
        return self.env["ehr.encounter"].search([("visit_number", "=", "V1")])
