"""What an EHR with a FHIR server says of the canary test's patients: resources, whole as they are.

Everything that a server keeps of a person comes along, as contained resources, names beside
references, notes and extensions. Nothing but numbers and codes may be found of it.
"""

import json
from collections.abc import Iterator
from typing import Any

import requests

from tests.e2e.canary_hospital import Hospital

LOGIN, SECRET = "ehr", "secret of the EHR"
MRN, VISITS, OTHER = (f"http://main.example/{name}" for name in ("mrn", "visits", "other"))
#: Types of resources of the routing, with what each message of them says of a person.
CARRIES = {
    "Encounter": {"name", "diagnosis", "diagnosis text", "note", "doctor", "address"},
    "Patient": {"name", "birth date", "address", "phone", "national id", "next of kin"},
    "Appointment": {"diagnosis", "note", "name", "doctor"},
    "Schedule": {"doctor", "note"},
    "Slot": {"note"},
    "Location": {"note", "phone"},
    "Organization": {"doctor", "phone"},
    "Practitioner": {"doctor", "phone", "address"},
    "PractitionerRole": {"doctor", "phone"},
}


class Resources:
    """An interface that takes FHIR, and who sends to it.

    :ivar heard: all that it was answered
    """

    #: What each message of a type says of a person.
    carries = CARRIES

    def __init__(self, hospital: Hospital) -> None:
        self.hospital, self.ward = hospital, hospital.ward
        office = hospital.office
        credential = office.create(
            "integration.credential", name="EHR's login", kind="basic",
            version_ids=[[0, 0, {"login": LOGIN, "secret": SECRET}]],
        )  # fmt: skip
        lines = [[0, 0, {"source": one, "target": "MAIN"}] for one in (MRN, VISITS, OTHER)]
        assigners = office.ref("integration_ehr_bridge.value_map_fhir_assigner")
        office.call("integration.value.map", "write", [assigners], {"line_ids": lines})
        self.id = hospital.receiver(
            "FHIR",
            transport="fhir",
            body_codec="fhir",
            credential_id=credential,
            routing_id=office.ref("integration_ehr_bridge.routing_fhir_r4_standard"),
        )
        [made] = office.call("integration.interface", "read", [self.id], ["fhir_url"])
        self.url = made["fhir_url"]
        self.heard: list[str] = []
        self.name = self.ward.people.plant("name over FHIR")
        self.number = self.ward.number("a patient over FHIR")
        self.visit = self.ward.visit("over FHIR")
        self._version = 0

    # -- what is sent ----------------------------------------------------------------------

    def speak(self) -> None:
        """Master data, a stay, an appointment, and what goes wrong, in all ways of sending."""
        self._send(self._bundle("collection", *self._master_data()))
        self.hospital.settle()
        person, stay = self._patient(), self._encounter(("bed",))
        self._send(self._bundle("transaction", person, stay))
        moved = self._encounter(("bed", "ward"))
        self._send(moved, f"/Encounter/{moved['id']}", "PUT")
        self._send(moved, f"/Encounter/{moved['id']}", "PUT")
        self._send(self._message(self._appointment()))
        self.hospital.settle()
        self._send(self._notification(self._encounter(("bed",), status="finished")))
        self._send(self._bundle("batch", *self._wrong()))
        self.hospital.settle()

    def _send(self, body: dict[str, Any], place: str = "", method: str = "POST") -> None:
        raw = json.dumps(body, ensure_ascii=False).encode()
        answer = requests.request(
            method, self.url + place, data=raw, auth=(LOGIN, SECRET), timeout=60,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        assert answer.ok, answer.text
        self.heard.append(f"{answer.headers}{answer.text}")

    def _bundle(self, kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
        entries = []
        for one in resources:
            entry: dict[str, Any] = {"resource": one}
            if kind in ("batch", "transaction"):
                url = f"{one['resourceType']}/{one['id']}"
                entry["request"] = {"method": "PUT", "url": url}
            entries.append(entry)
        return {"resourceType": "Bundle", "type": kind, "entry": entries}

    def _message(self, *resources: dict[str, Any]) -> dict[str, Any]:
        header = {
            "resourceType": "MessageHeader", "id": "m1",
            "eventCoding": {"code": "appointment"},
            "sender": {"display": self.ward.said["doctor"]},
            "source": {"endpoint": "http://ehr.example"},
        }  # fmt: skip
        return self._bundle("message", header, *resources)

    def _notification(self, *resources: dict[str, Any]) -> dict[str, Any]:
        focus = [f"{one['resourceType']}/{one['id']}" for one in resources]
        status = {
            "resourceType": "SubscriptionStatus", "type": "event-notification", "status": "active",
            "eventsSinceSubscriptionStart": "1", "subscription": {"reference": "Subscription/1"},
            "notificationEvent": [
                {"eventNumber": "1", "focus": {"reference": one}} for one in focus
            ],
        }  # fmt: skip
        return self._bundle("history", status, *resources)

    # -- resources -------------------------------------------------------------------------

    def _of(self, kind: str, name: str, /, **members: Any) -> dict[str, Any]:
        """A resource with the text that servers add: all of it once more, as HTML."""
        self._version += 1
        words = " ".join(self.ward.said[one] for one in self.carries[kind] if one in self.ward.said)
        return {
            "resourceType": kind, "id": name,
            "meta": {"versionId": str(self._version), "lastUpdated": self._now()},
            "text": {"status": "generated", "div": f"<div>{words} {self.name}</div>"},
            **members,
        }  # fmt: skip

    def _now(self) -> str:
        at = self.ward.now()
        return f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[8:10]}:{at[10:12]}:{at[12:14]}Z"

    def _human(self, whose: str) -> dict[str, Any]:
        said = self.ward.said
        return {
            "name": [{"family": whose, "given": ["Jana"], "text": f"{whose} Jana"}],
            "telecom": [{"system": "phone", "value": said["phone"]}],
            "address": [{"line": [said["address"]], "city": "GHENT"}],
        }

    def _patient(self) -> dict[str, Any]:
        said = self.ward.said
        return self._of(
            "Patient", self.number, **self._human(self.name),
            identifier=[
                {"type": _coded("SS"), "system": OTHER, "value": self.ward.national_id},
                {"type": _coded("MR"), "system": MRN, "value": self.number},
            ],
            birthDate="1938-02-17",
            extension=[{"url": "http://moment.example", "valueString": said["birth"]}],
            contact=[{"name": {"family": said["next of kin"]}}],
            link=[{"other": {"display": said["maiden name"]}, "type": "seealso"}],
        )  # fmt: skip

    def _encounter(self, places: tuple[str, ...], status: str = "in-progress", **more: Any) -> Any:
        said, at = self.ward.said, self._now()
        contained = {"resourceType": "Practitioner", "id": "doc", **self._human(said["doctor"]),
                     "identifier": [{"system": OTHER, "value": "D7"}]}  # fmt: skip
        return self._of(
            "Encounter", "enc-1", status=status, contained=[contained],
            identifier=[{"system": VISITS, "value": self.visit}],
            **{"class": {"code": "IMP", "display": said["note"]}},
            subject={"reference": f"Patient/{self.number}", "display": self.name},
            participant=[{"type": [_coded("ATND")], "individual": {
                "reference": "#doc", "display": said["doctor"]}}],
            period={"start": at},
            reasonCode=[{"coding": [{"code": said["diagnosis"]}], "text": said["diagnosis text"]}],
            diagnosis=[{"condition": {"display": said["diagnosis text"]}}],
            location=[{"location": {"reference": f"Location/{one}", "display": said["address"]},
                       "period": {"start": at}} for one in places],
            **more,
        )  # fmt: skip

    def _appointment(self, **more: Any) -> dict[str, Any]:
        said, at = self.ward.said, self._now()
        return self._of(
            "Appointment", "app-1", status="booked", start=at, minutesDuration=30,
            description=said["diagnosis text"], comment=said["note"],
            patientInstruction=said["note"],
            reasonCode=[{"coding": [{"code": said["diagnosis"]}]}],
            participant=[
                {"actor": {"reference": f"Patient/{self.number}", "display": self.name}},
                {"actor": {"reference": "Practitioner/doc-9", "display": said["doctor"]}},
                {"actor": {"reference": "Location/ward"}},
            ],
            **more,
        )  # fmt: skip

    def _master_data(self) -> Iterator[dict[str, Any]]:
        said = self.ward.said
        phone = [{"system": "phone", "value": said["phone"]}]
        contact = [{"name": {"family": said["doctor"]}, "telecom": phone}]
        yield self._of("Organization", "dep", active=True, name="Surgery", contact=contact,
                       type=[_coded("dept")], identifier=[{"value": "SURG"}])  # fmt: skip
        yield self._of("Location", "ward", status="active", description=said["note"],
                       telecom=phone, physicalType=_coded("wa"),
                       identifier=[{"value": "9W"}])  # fmt: skip
        yield self._of("Location", "bed", status="active", description=said["note"],
                       telecom=phone, physicalType=_coded("bd"), identifier=[{"value": "1"}],
                       partOf={"reference": "Location/ward"})  # fmt: skip
        yield self._of("Practitioner", "doc-9", active=True, **self._human(said["doctor"]),
                       birthDate="1960-01-01",
                       identifier=[{"system": OTHER, "value": "D9"}])  # fmt: skip
        yield self._of("PractitionerRole", "role", active=True, telecom=phone,
                       practitioner={"reference": "Practitioner/doc-9", "display": said["doctor"]},
                       organization={"reference": "Organization/dep"},
                       code=[_coded("SURGEON")])  # fmt: skip
        yield self._of("Schedule", "sched", comment=said["note"], serviceType=[_coded("ORTHO")],
                       actor=[{"reference": "Practitioner/doc-9", "display": said["doctor"]},
                              {"reference": "Location/ward"}])  # fmt: skip
        yield self._of("Slot", "slot", status="free", comment=said["note"], start=self._now(),
                       end=self._now(), schedule={"reference": "Schedule/sched"})  # fmt: skip

    def _wrong(self) -> Iterator[dict[str, Any]]:
        """What cannot be handled, or is not taken: whoever quotes it is found."""
        ward, said = self.ward, self.ward.said
        yield {"resourceType": "Condition", "id": "c1", "code": {"text": said["diagnosis text"]},
               "subject": {"display": self.name}}  # fmt: skip
        yield {**self._encounter((), status=ward.people.plant("status over FHIR")), "id": "enc-2"}
        yield {**self._encounter(()), "id": "enc-3", "period": {
            "start": ward.people.plant("a time over FHIR")}}  # fmt: skip
        yield {**self._encounter(()), "id": "enc-4",
               "identifier": [{"system": VISITS, "value": self.number}]}  # fmt: skip
        yield {**self._encounter(()), "id": "enc-5", "subject": {
            "reference": f"#{ward.people.plant('a reference over FHIR')}"}}  # fmt: skip
        # It waits for a patient of whom nothing but the name of the record is said.
        unknown = ward.number("a patient that is never told of")
        yield {**self._encounter(()), "id": "enc-6", "subject": {"reference": f"Patient/{unknown}"}}
        yield {**self._appointment(), "id": "app-2", "identifier": [
            {"system": OTHER, "value": self.number}]}  # fmt: skip

    # -- what is looked at afterwards ------------------------------------------------------

    def lacking(self, handled: list[tuple[str, str]]) -> list[str]:
        """What messages should have said of a person, and did not.

        :param handled: type and content of each message that was handled
        """
        found = []
        for kind, labels in self.carries.items():
            texts = [text for name, text in handled if name == kind]
            if not texts:
                found.append(f"no {kind} was handled")
            for text in texts:
                said = {one for one in labels if self.ward.said.get(one, self.name) in text}
                found += [f"{kind} without {one}" for one in sorted(labels - said)]
        return found


def _coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}
