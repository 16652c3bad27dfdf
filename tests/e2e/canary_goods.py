"""What an EHR says over FHIR of goods, services and charges of the canary test's patients.

Whatever servers keep beside them comes along: who did it, why, and what somebody noted.
"""

from collections.abc import Iterator
from typing import Any

from tests.e2e.canary_business import Business
from tests.e2e.canary_fhir import LOGIN, OTHER, SECRET, VISITS, Resources

_ROUTING = """
routing = env["integration.routing"].create({"name": "FHIR goods", "code": "fhir_goods"})
for xmlid in ("bridge.routing_fhir_r4_standard", "supply.routing_fhir_r4_usage",
              "billing.routing_fhir_r4_charges"):
    routing._take_rules(env.ref(f"integration_ehr_{xmlid}"))
routing.action_submit()
routing.action_approve()
env.ref("integration_ehr_supply.value_map_fhir_service").line_ids = [
    (0, 0, {"source": "GLUC", "target": "KGLUC"}), (0, 0, {"source": "CT", "target": "KCT"})]
result = routing.id
"""


class Goods(Resources):
    """An interface that takes dispenses, orders of services and charges.

    :param first: of the same system, by which the patient is known
    """

    carries = {
        **{kind: Resources.carries[kind] for kind in ("Encounter", "Location")},
        "MedicationDispense": {"name", "note", "diagnosis text", "doctor", "nurse", "phone"},
        "ServiceRequest": {"name", "note", "diagnosis", "diagnosis text", "doctor"},
        "ChargeItem": {"name", "note", "diagnosis", "diagnosis text", "doctor", "nurse"},
    }

    def __init__(self, first: Resources, business: Business) -> None:
        self.hospital, self.ward, office = first.hospital, first.ward, first.hospital.office
        self.name, self.number = first.name, first.number
        self.visit, self.account = self.ward.visit("with goods"), self.ward.account("over FHIR")
        self.currency = business.charges.currency
        credential = office.create(
            "integration.credential", name="EHR's login for goods", kind="basic",
            version_ids=[[0, 0, {"login": LOGIN, "secret": SECRET}]],
        )  # fmt: skip
        self.id = business.open_fhir("FHIR goods", _ROUTING, credential)
        [made] = office.call("integration.interface", "read", [self.id], ["fhir_url"])
        self.url = made["fhir_url"]
        self.heard: list[str] = []
        self._version = 1000

    # -- what is sent ----------------------------------------------------------------------

    def speak(self) -> None:
        """A stay, what was used, ordered and charged in it, what of it is withdrawn or wrong."""
        self._send(self._bundle("collection", *self._stay()))
        self.hospital.settle()
        self._send(self._bundle("transaction", *self._good()))
        self.hospital.settle()
        gone = self.dispense("GD1", "SWAB", status="entered-in-error")
        self._send(self._notification(gone))
        self._send(self._bundle("batch", *self._withdrawn()))
        self._send(self._bundle("batch", *self._wrong_goods(), *self._wrong_charges()))
        self.hospital.settle()

    def _stay(self) -> Iterator[dict[str, Any]]:
        said = self.ward.said
        yield self._of("Location", "site", name="MAIN", physicalType=_coded("si"),
                       description=said["note"])  # fmt: skip
        yield self._of("Location", "ward-4w", name="4W", physicalType=_coded("wa"),
                       description=said["note"], partOf={"reference": "Location/site"})  # fmt: skip
        yield {**self._encounter(("ward-4w",)), "id": "enc-20"}

    def _good(self) -> Iterator[dict[str, Any]]:
        yield self.dispense("GD1", "SWAB", quantity=_pieces(2))
        yield self.dispense("GD2", "VIAL", lot="L1")
        yield self.dispense("GD3", "GLV")
        yield self.service("GS1", "GLUC")
        yield self.service("GS2", "CT")
        yield self.charge("GC1", "OR-HOUR", 2, 900)
        yield self.charge("GC2", "DRESSING", 1, 12.5)

    def _withdrawn(self) -> Iterator[dict[str, Any]]:
        yield self.service("GS1", "GLUC", status="revoked")
        yield self.charge("GC1", "OR-HOUR", 2, 900, status="aborted")

    # -- resources -------------------------------------------------------------------------

    def _about(self, kind: str, number: str, /, within: Any = (), **members: Any) -> Any:
        """A resource of the visit, with who did it and what was noted.

        :param within: further resources that it contains
        """
        said = self.ward.said
        doctor = {"resourceType": "Practitioner", "id": "doc", **self._human(said["doctor"])}
        found = {
            "contained": [doctor, *within],
            "identifier": [{"value": number}],
            "subject": {"reference": f"Patient/{self.number}", "display": self.name},
            "note": [{"text": said["note"], "authorReference": {"display": said["nurse"]}}],
            "reasonCode": [{"coding": [{"code": said["diagnosis"]}],
                            "text": said["diagnosis text"]}],
        }  # fmt: skip
        said_now = {name: one for name, one in {**found, **members}.items() if one is not None}
        return self._of(kind, number.lower(), **said_now)

    def dispense(self, number: str, item: str, lot: str = "", **more: Any) -> Any:
        said = self.ward.said
        medication = {
            "resourceType": "Medication", "id": "med", "batch": {"lotNumber": lot} if lot else {},
            "code": {**_coded(item), "text": said["note"]},
        }  # fmt: skip
        return self._about(
            "MedicationDispense", number,
            **{
                "status": "completed", "context": {"reference": "Encounter/enc-20"},
                "within": [medication], "medicationReference": {"reference": "#med"},
                "performer": [{"actor": {"reference": "#doc", "display": said["nurse"]}}],
                "receiver": [{"display": self.name}], "quantity": _pieces(1),
                "whenHandedOver": self._now(), "dosageInstruction": [{"text": said["note"]}],
                **more,
            },
        )  # fmt: skip

    def service(self, number: str, code: str, **more: Any) -> Any:
        said = self.ward.said
        return self._about(
            "ServiceRequest", number,
            **{
                "status": "active", "intent": "order", "authoredOn": self._now(),
                "encounter": {"reference": "Encounter/enc-20"},
                "code": {**_coded(code), "text": said["diagnosis text"]},
                "requester": {"display": said["doctor"]}, "patientInstruction": said["note"],
                **more,
            },
        )  # fmt: skip

    def charge(
        self, number: str, code: str, quantity: Any = 1, amount: float = 12, **more: Any
    ) -> Any:
        said = self.ward.said
        return self._about(
            "ChargeItem", number,
            **{
                "status": "billable", "context": {"reference": "Encounter/enc-20"},
                "code": {**_coded(code), "text": said["diagnosis text"]},
                "occurrenceDateTime": self._now(), "quantity": {"value": quantity},
                "priceOverride": {"value": amount, "currency": self.currency},
                "overrideReason": said["note"], "enterer": {"display": said["nurse"]},
                "performer": [{"actor": {"reference": "#doc", "display": said["doctor"]}}],
                "account": [{"identifier": {"system": OTHER, "value": self.account}}],
                **more,
            },
        )  # fmt: skip

    # -- what cannot be handled ------------------------------------------------------------

    def _wrong_goods(self) -> Iterator[dict[str, Any]]:
        ward = self.ward

        def wrong() -> str:
            return ward.wrong("a dispense over FHIR")

        yield self.dispense("GD10", wrong())
        yield self.dispense("GD11", "SWAB", quantity={"value": 1, "code": wrong()})
        yield self.dispense("GD12", "SWAB", quantity={"value": wrong(), "code": "1"})
        yield self.dispense("GD13", "SWAB", quantity=None)
        yield self.dispense("GD14", "SWAB", whenHandedOver=wrong())
        yield self.dispense("GD15", "VIAL", lot=wrong())
        yield self.dispense("GD16", "SWAB", context={"reference": f"#{wrong()}"})
        yield self.dispense("GD17", "SWAB", context={"identifier": {
            "system": VISITS, "value": ward.visit()}})  # fmt: skip
        yield self.dispense("GD18", "SWAB", destination={"reference": f"Location/{wrong()}"})
        yield self.dispense("GD19", "SWAB", identifier=[{"system": OTHER, "value": self.number}])
        yield self.dispense("GD20", "SWAB", subject={"identifier": {
            "system": OTHER, "value": ward.number()}})  # fmt: skip
        yield self.service("GS10", wrong())
        yield self.service("GS11", "CT", authoredOn=wrong())
        yield self.service("GS12", "CT", status=wrong())

    def _wrong_charges(self) -> Iterator[dict[str, Any]]:
        def wrong() -> str:
            return self.ward.wrong("a charge over FHIR")

        yield self.charge("GC10", wrong())
        yield self.charge("GC11", "OR-HOUR", quantity=wrong())
        yield self.charge("GC12", "OR-HOUR", occurrenceDateTime=wrong())
        yield self.charge("GC13", "OR-HOUR", priceOverride={"value": 1, "currency": wrong()})
        yield self.charge("GC14", "OR-HOUR", costCenter={"identifier": {"value": wrong()}})
        yield self.charge("GC15", "OR-HOUR", context={"reference": f"Encounter/{wrong()}"})
        yield self.charge("GC16", "OR-HOUR", factorOverride=2)
        yield self.charge("GC17", "OR-HOUR", identifier=[{"system": OTHER, "value": self.number}])


def _coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def _pieces(number: int) -> dict[str, Any]:
    return {"value": number, "code": "1"}
