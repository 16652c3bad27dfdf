"""What an EHR with a FHIR server orders of the canary test's store, and all it says beside."""

import json
from collections.abc import Iterator
from typing import Any

import requests

from tests.e2e.canary_business import Business
from tests.e2e.canary_fhir import LOGIN, SECRET, VISITS, Resources
from tests.e2e.canary_hospital import Hospital

#: What each message says of a person.
CARRIES = {
    "SupplyRequest": {"name", "diagnosis", "diagnosis text", "note", "doctor"},
    "DeviceRequest": {"name", "diagnosis", "diagnosis text", "note", "doctor"},
}
#: Why orders are put aside in this run.
REFUSED = {
    "unknown_item", "missing_value", "missing_required", "unknown_location", "item_parameters",
    "unresolved_reference", "order_closed",
}  # fmt: skip
#: By which those are recognised who are told.
MARKS = ("urn:odoo:supply-problem", "urn:odoo:requisition-line")


class FhirOrders:
    """An interface that takes orders over FHIR, and two that tell what becomes of them.

    :ivar heard: all that the sender was answered
    """

    def __init__(self, resources: Resources, business: Business, web: str) -> None:
        self._resources, self._business = resources, business
        self.hospital: Hospital = resources.hospital
        self.ward = self.hospital.ward
        office = self.hospital.office
        credential = office.create(
            "integration.credential", name="Login for orders", kind="basic",
            version_ids=[[0, 0, {"login": LOGIN, "secret": SECRET}]],
        )  # fmt: skip
        self.id = self.hospital.receiver(
            "FHIR orders",
            transport="fhir",
            body_codec="fhir",
            credential_id=credential,
            user_id=business._user,
            routing_id=office.ref("integration_ehr_supply.routing_fhir_r4_orders"),
        )
        [made] = office.call("integration.interface", "read", [self.id], ["fhir_url"])
        self.url = made["fhir_url"]
        self.heard: list[str] = []
        self._version = 0
        self.told = {
            name: self._tell(web, f"Told {name}", mapping, *events)
            for name, mapping, *events in (
                ("deliveries", "requisition_fhir", "requisition_changed"),
                ("tasks", "supply_problem_fhir", "supply_problem_raised",
                 "supply_problem_solved", "supply_problem_withdrawn"),
            )
        }  # fmt: skip

    def _tell(self, web: str, name: str, mapping: str, *events: str) -> int:
        supply, ref = "integration_ehr_supply", self.hospital.office.ref
        types = [ref(f"{supply}.event_type_{one}") for one in events]
        return self.hospital.outbound(
            name, web, mapping_id=ref(f"{supply}.mapping_{mapping}"),
            event_type_ids=[[6, 0, types]],
        )  # fmt: skip

    # -- what is sent ----------------------------------------------------------------------

    def speak(self) -> None:
        """Orders that are supplied, short, changed and cancelled, and those that go wrong."""
        for versions in (
            (self._supply("sr-1"), self._device("dr-1")),
            (self._supply("sr-2", 5000), self._supply("sr-3", 5000)),
            (self._supply("sr-2", 1), self._supply("sr-3", 5000, status="cancelled")),
            (self._supply("sr-3", 5000), self._supply("sr-4", 5000), *self._wrong()),
        ):
            for one in versions:
                self._send(one)
            self.hospital.settle()
            self.hospital.office.run_scheduled("integration_ehr_supply.ir_cron_supply_problems")
            self.hospital.settle()

    def _send(self, body: dict[str, Any]) -> None:
        answer = requests.post(
            self.url, data=json.dumps(body, ensure_ascii=False).encode(), auth=(LOGIN, SECRET),
            timeout=60, headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        assert answer.ok, answer.text
        self.heard.append(f"{answer.headers}{answer.text}")

    # -- resources -------------------------------------------------------------------------

    def _of(self, kind: str, name: str, **members: Any) -> dict[str, Any]:
        """An order with all that is said of the patient and of whoever ordered."""
        said, name_of = self.ward.said, self._resources.name
        self._version += 1
        doctor = {"reference": "Practitioner/doc-9", "display": said["doctor"]}
        return {
            "resourceType": kind, "id": name, "status": "active",
            "meta": {"versionId": str(self._version), "lastUpdated": self._resources._now()},
            "text": {"status": "generated", "div": f"<div>{name_of} {said['note']}</div>"},
            "requester": doctor, "note": [{"text": f"{said['note']} {name_of}"}],
            "reasonCode": [{"coding": [{"code": said["diagnosis"]}],
                            "text": said["diagnosis text"]}],
            "reasonReference": [{"reference": "Condition/1", "display": said["diagnosis text"]}],
            **members,
        }  # fmt: skip

    def _supply(self, name: str, pieces: int = 2, **more: Any) -> dict[str, Any]:
        note = self.ward.said["note"]
        return self._of("SupplyRequest", name, **{
            "identifier": [{"value": name.upper()}],
            "itemCodeableConcept": {"coding": [{"code": "GLV", "display": note}], "text": note},
            "quantity": {"value": pieces, "unit": note, "code": "{each}"},
            "deliverTo": {"identifier": {"value": "4W"}, "display": self._resources.name},
            **more,
        })  # fmt: skip

    def _device(self, name: str, **more: Any) -> dict[str, Any]:
        visit = {"system": VISITS, "value": self._business.patient.visit}
        return self._of("DeviceRequest", name, **{
            "intent": "order",
            "codeCodeableConcept": {"coding": [{"code": "GLV"}], "text": self.ward.said["note"]},
            "subject": {"reference": f"Patient/{self._resources.number}",
                        "display": self._resources.name},
            "encounter": {"identifier": visit, "display": self._resources.name},
            **more,
        })  # fmt: skip

    def _wrong(self) -> Iterator[dict[str, Any]]:
        """What cannot be handled: whoever quotes it is found."""

        def wrong(what: str) -> str:
            return self.ward.people.plant(f"{what} of an order over FHIR")

        def coded(system: str, code: str) -> dict[str, Any]:
            return {"coding": [{**({"system": system} if system else {}), "code": code}]}

        yield self._supply("w-1", itemCodeableConcept=coded("", wrong("item")))
        yield self._supply("w-2", itemCodeableConcept=coded(f"http://{wrong('system')}", "1"))
        yield self._supply("w-3", quantity={"value": 1, "code": wrong("unit")})
        yield self._supply("w-4", quantity={"value": 1})
        yield self._supply("w-5", deliverTo={"identifier": {"value": wrong("place")}})
        yield self._supply("w-6", status=wrong("status"))
        yield self._supply("w-7", parameter=[{"valueCodeableConcept": {"text": wrong("size")}}])
        yield self._device("w-8", codeCodeableConcept=None,
                           codeReference={"reference": f"#{wrong('device')}"})  # fmt: skip

    # -- what is looked at afterwards ------------------------------------------------------

    def lacking(self, handled: list[tuple[str, str]]) -> list[str]:
        """What messages should have said of a person, and did not."""
        found = []
        for kind, labels in CARRIES.items():
            texts = [text for name, text in handled if name == kind]
            if not texts:
                found.append(f"no {kind} was handled")
            for text in texts:
                said = {
                    one for one in labels
                    if self.ward.said.get(one, self._resources.name) in text
                }  # fmt: skip
                found += [f"{kind} without {one}" for one in sorted(labels - said)]
        return found
