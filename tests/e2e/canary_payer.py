"""The payer of the canary test's hospital: it is asked, claimed of, and answers with all it knows.

What it is told names the patient by the member number alone. What it says names him in every
place where FHIR has room for that: contained resources, names beside references and codes, notes,
extensions. Nothing but codes, sums and pseudonyms may be found of it, and the member number, which
the payer must be told, in no clear form.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.e2e.canary_fhir import MRN
from tests.e2e.canary_hospital import Hospital
from tests.e2e.canary_orders import Patient
from tests.e2e.canary_people import People
from tests.e2e.canary_stage import EchoingPayer
from tests.harness import Shell, wait_until
from tests.unit.wire_server import Authority

LOGIN, SECRET = "fund", "secret of the fund"
REASON = "The payer asks on the phone whose claim it is"
_ADDON = "integration_ehr_payer"
#: What is sent: the resource, how, and the events, by the name of the mapping.
SENT = {
    "eligibility": ("CoverageEligibilityRequest", "conditional_create", ("eligibility_asked",)),
    "claim": ("Claim", "conditional_update", ("claim_submitted", "claim_cancelled")),
    "authorization": (
        "Claim", "conditional_update", ("authorization_asked", "authorization_cancelled"),
    ),
    "portal_notice": ("Communication", "conditional_create", (
        "portal_appointment_booked", "portal_appointment_changed", "portal_appointment_cancelled",
        "portal_invoice_posted", "portal_invoice_changed",
    )),
}  # fmt: skip
#: What each message of the payer says of a person.
CARRIES = {
    "Coverage": {"name at the payer", "member number", "note", "insured", "birth date"},
    "CoverageEligibilityResponse": {"name at the payer", "note", "diagnosis text"},
    "ClaimResponse": {"name at the payer", "note", "diagnosis", "diagnosis text"},
}
#: Why messages of the payer are put aside in this run.
OF_PAYER = {
    "missing_value", "unknown_request", "unknown_payer", "invalid_datetime", "in_future",
    "unresolved_reference", "claim_lines_missing", "cancelled_claim_paid",
}  # fmt: skip
_PAYER = """
env["ehr.payer"].search([("code", "=", "PAYER3")]).write({
    "takes_claims": True, "appeal_days": 30, "system_id": system})
env["ehr.payer"].create({"code": "SELF", "name": "The patient", "self_pay": True})
"""
_WANT = """
env["ehr.payer"].search([("code", "=", "PAYER3")]).eligibility_required = True
"""
_PAID = """
move = env["account.move"].browse(move)
env["account.payment.register"].with_context(
    active_model="account.move", active_ids=move.ids).create({})._create_payments()
"""


class Payers:
    """Who is asked and told, and what it answers.

    :ivar id: the interface that brings what the payer says
    :ivar told: those by which it is asked, and the portal told, by the name of the mapping
    :ivar heard: all that it was answered
    """

    def __init__(
        self, hospital: Hospital, shell: Shell, folder: Path, authority: Authority
    ) -> None:
        self.hospital, self.ward, self._shell = hospital, hospital.ward, shell
        self.peer = EchoingPayer(folder, authority)
        office = hospital.office
        self.system = office.create(
            "integration.system", name="Fund", code="FUND", kind="payer", environment="test",
            tz="UTC",
        )  # fmt: skip
        credential = office.create(
            "integration.credential", name="Fund's login", kind="basic",
            version_ids=[[0, 0, {"login": LOGIN, "secret": SECRET}]],
        )  # fmt: skip
        self.id = hospital.receiver(
            "Payer", system_id=self.system, transport="fhir", body_codec="fhir",
            credential_id=credential, routing_id=office.ref(f"{_ADDON}.routing_fhir_r4_payer"),
        )  # fmt: skip
        shell.run(_PAYER, system=self.system)
        [made] = office.call("integration.interface", "read", [self.id], ["fhir_url"])
        self.url = made["fhir_url"]
        self.told = {name: self._sender(name, authority) for name in SENT}
        self.heard: list[str] = []
        self.name = self.ward.people.plant("name at the payer")
        self.member = self.ward.people.plant("member number")
        self._version = 0

    def _sender(self, name: str, authority: Authority) -> int:
        ref = self.hospital.office.ref
        kind, how, events = SENT[name]
        return self.hospital.outbound(
            f"Payer {name}", self.peer.base, transport="fhir", system_id=self.system,
            credential_id=False, fhir_ca=authority.pem, allowed_networks="127.0.0.0/8, ::1",
            fhir_types=kind, fhir_interaction=how, mapping_id=ref(f"{_ADDON}.mapping_{name}_fhir"),
            event_type_ids=[[6, 0, [ref(f"{_ADDON}.event_type_{one}") for one in events]]],
        )  # fmt: skip

    # -- what happens ----------------------------------------------------------------------

    def live(self, patient: Patient, people: People) -> None:
        """A cover, a question, an authorisation, and a claim that is denied and worked on."""
        self.patient = patient
        self._shell.run(_WANT)
        self._send(self._coverage())
        self.hospital.settle()
        move = self._draft(people)
        people.clerk.call("account.move", "action_request_eligibility", [move])
        self._authorize(people)
        self.hospital.settle()
        question = self._number("ehr_eligibility")
        self._notify(self._eligible(question, in_force=False))
        self._send(self._eligible(question, created=self._now()))
        self.hospital.settle()
        people.clerk.call("account.move", "action_post", [move])
        self._claim(move, people)
        self._reveal()
        for one in self._wrong():
            self._send(one)
        self.hospital.settle()

    def portal(self, people: People) -> None:
        """A patient pays for himself: the portal hears of it."""
        [move] = people.clerk.call(
            "account.move", "search",
            [["ehr_payer_id.code", "=", "SELF"], ["state", "=", "draft"]], limit=1,
        )  # fmt: skip
        people.clerk.call("account.move", "action_post", [move])
        self.hospital.settle()
        self._shell.run(_PAID, move=move)
        self.hospital.settle()

    def _draft(self, people: People) -> int:
        """An invoice to the payer that is not posted, of the patient's visit."""
        database = self.hospital.suite.database
        [row] = database.sql(
            "SELECT m.id FROM account_move m JOIN ehr_encounter v ON v.id = m.encounter_id "
            "JOIN ehr_payer p ON p.id = m.ehr_payer_id WHERE v.visit_number = %s "
            "AND m.state = 'draft' AND m.move_type = 'out_invoice' AND p.code = 'PAYER3' LIMIT 1",
            [self.patient.visit],
        )
        return int(row["id"])

    def _authorize(self, people: People) -> None:
        """One is granted, and one is not needed any more."""
        office, numbers = self.hospital.office, []
        [visit] = office.call(
            "ehr.encounter", "search", [["visit_number", "=", self.patient.visit]]
        )
        [code] = office.call("ehr.charge.code", "search", [["code", "=", "OR-HOUR"]])
        for _time in range(2):
            values = {"encounter_id": visit, "code_id": code}
            (asked,) = office.call("integration.authorization.entry", "create", [values])
            office.call("integration.authorization.entry", "action_ask_payer", [asked])
            numbers.append(self._number("ehr_authorization"))
        self.hospital.settle()
        granted = self._decision(numbers[0], use="preauthorization", preAuthRef="PA-9")
        self._send(granted)
        clerk = people.clerk
        [second] = clerk.call("ehr.authorization", "search", [["number", "=", numbers[1]]])
        clerk.call("ehr.authorization", "action_cancel", [second], "Not planned any more")

    def _claim(self, move: int, people: People) -> None:
        """Taken back, claimed again, denied, claimed once more, and written off."""
        clerk = people.clerk
        clerk.call("account.move", "action_submit_claim", [move])
        first = self._number("ehr_claim")
        self.hospital.settle()
        [claim] = clerk.call("ehr.claim", "search", [["number", "=", first]])
        clerk.call("ehr.claim", "action_cancel", [claim], "Wrong cover")
        self.hospital.settle()
        self._send(self._decision(first, paid=1))
        clerk.call("account.move", "action_submit_claim", [move])
        self.hospital.settle()
        number = self._number("ehr_claim")
        self._notify(self._decision(number))
        self._send(self._decision(number, created="2026-01-01T08:00:00Z", id="late"))
        self.hospital.settle()
        denials = clerk.call("ehr.denial", "search", [["claim_id.number", "=", number]])
        clerk.call("ehr.denial", "action_appeal", denials[:1], "Sent the list")
        clerk.call("ehr.denial", "action_write_off", denials[1:], "Below what it costs")
        clerk.call("ehr.denial", "action_resubmit", denials[:1])
        self.hospital.settle()

    def _reveal(self) -> None:
        """Somebody who may see the number of the member sees it, for a reason."""
        office = self.hospital.office
        office.user(
            "desk", "account.group_account_invoice", "integration_core.group_clinical_viewer"
        )
        desk = self.hospital.suite.server.login("desk", "desk")
        [cover] = desk.call("ehr.coverage", "search", [])[:1]
        shown = desk.call("ehr.coverage", "action_reveal_member", [cover], REASON)
        assert shown["params"]["number"] == self.member

    def _number(self, table: str) -> str:
        """The number of the latest document of a table."""
        sql = self.hospital.suite.database.scalar
        found: str = wait_until(
            lambda: sql(f"SELECT number FROM {table} ORDER BY id DESC LIMIT 1"), what=table
        )
        return found

    # -- resources -------------------------------------------------------------------------

    def _of(self, kind: str, name: str, /, **members: Any) -> dict[str, Any]:
        """A resource with the text and the people that payers' servers add to it."""
        said = self.ward.said
        self._version += 1
        words = " ".join(said[one] for one in CARRIES[kind] if one in said)
        return {
            "resourceType": kind, "id": name, "status": "active",
            "meta": {"versionId": str(self._version), "lastUpdated": self._now()},
            "text": {"status": "generated", "div": f"<div>{words} {self.name}</div>"},
            "contained": [{
                "resourceType": "Patient", "id": "p", "birthDate": "1938-02-17",
                "name": [{"family": self.name, "given": ["Jana"]}],
                "address": [{"text": said["address"]}],
                "identifier": [{"system": "http://state.example", "value": said["national id"]}],
            }],
            "extension": [{"url": "http://note.example", "valueString": said["note"]}],
            **members,
        }  # fmt: skip

    def _now(self) -> str:
        at = self.ward.now()
        return f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[8:10]}:{at[10:12]}:{at[12:14]}Z"

    def _coverage(self, name: str = "cover-1", **members: Any) -> dict[str, Any]:
        said = self.ward.said
        payer = {"identifier": {"value": "PAYER3"}, "display": said["note"]}
        plan = {"type": {"coding": [{"code": "plan"}]}, "value": "P1", "name": said["note"]}
        return self._of(
            "Coverage", name,
            **{
                "subscriberId": self.member,
                "policyHolder": {"reference": "#p", "display": said["insured"]},
                "subscriber": {"reference": "#p", "display": self.name},
                "beneficiary": {"identifier": {"system": MRN, "value": self.patient.number},
                                "display": self.name},
                "relationship": {"coding": [{"code": "child", "display": said["next of kin"]}]},
                "payor": [payer], "class": [plan],
                **members,
            },
        )  # fmt: skip

    def _eligible(self, number: str, in_force: bool = True, **members: Any) -> dict[str, Any]:
        said = self.ward.said
        error = {"code": {"coding": [{"code": "75", "display": said["diagnosis text"]}],
                          "text": said["note"]}}  # fmt: skip
        return self._of(
            "CoverageEligibilityResponse", f"e-{number}",
            **{
                "outcome": "complete", "created": self._now(), "purpose": ["validation"],
                "patient": {"reference": "#p", "display": self.name},
                "disposition": said["diagnosis text"], **({} if in_force else {"error": [error]}),
                "request": {"identifier": {"system": "urn:odoo:eligibility", "value": number},
                            "display": self.name},
                "insurance": [{"coverage": {"display": self.name}, "inforce": in_force,
                               "item": [{"name": said["diagnosis"],
                                         "description": said["diagnosis text"]}]}],
                **members,
            },
        )  # fmt: skip

    def _decision(self, number: str, paid: float = 0, **members: Any) -> dict[str, Any]:
        said = self.ward.said
        currency = self._shell.run("result = env.company.currency_id.name")
        rows = self.hospital.suite.database.sql(
            "SELECT l.sequence, l.amount FROM ehr_claim_line l "
            "JOIN ehr_claim c ON c.id = l.claim_id "
            "WHERE c.number = %s ORDER BY 1", [number],
        )  # fmt: skip
        items = [
            {"itemSequence": row["sequence"], "noteNumber": [1], "adjudication": [{
                "category": {"coding": [{"code": "benefit"}], "text": said["note"]},
                "amount": {"value": min(paid, float(row["amount"])), "currency": currency},
                "reason": {"coding": [{"code": "96", "display": said["diagnosis text"]}],
                           "text": self.name},
            }]}
            for row in rows
        ]  # fmt: skip
        kind = "authorization" if members.get("use") == "preauthorization" else "claim"
        return self._of(
            "ClaimResponse", members.pop("id", f"r-{number}"),
            **{
                "use": "claim", "outcome": "complete", "created": self._now(),
                "patient": {"reference": "#p", "display": self.name},
                "disposition": said["note"],
                "request": {"identifier": {"system": f"urn:odoo:{kind}", "value": number},
                            "display": said["diagnosis"]},
                **({"item": items} if items else {}),
                "processNote": [{"number": 1, "text": f"{self.name} {said['diagnosis text']}"}],
                **members,
            },
        )  # fmt: skip

    def _wrong(self) -> Iterator[dict[str, Any]]:
        """What cannot be handled: whoever quotes it is found."""
        wrong = self.ward.wrong
        number = self._number("ehr_claim")
        where = "an answer of a payer"
        yield self._coverage("cover-2", status=wrong(where))
        yield self._coverage("cover-3", payor=[{"identifier": {"value": wrong(where)}}])
        yield self._coverage("cover-4", period={"start": wrong(where)})
        unknown = {"identifier": {"system": "urn:odoo:claim", "value": wrong(where)}}
        yield self._decision(number, id="wrong-1", request=unknown)
        yield self._decision(number, id="wrong-2", request={"reference": f"#{wrong(where)}"})
        yield self._decision(number, id="wrong-3", created="2199-01-01T00:00:00Z")
        bare = self._decision(number, id="wrong-4")
        yield {name: one for name, one in bare.items() if name != "item"}
        yield self._decision(number, id="wrong-5", outcome=wrong(where))
        eligible = self._eligible(self._number("ehr_eligibility"))
        yield {**eligible, "id": "wrong-6", "created": wrong(where)}

    # -- sending ---------------------------------------------------------------------------

    def _send(self, resource: dict[str, Any]) -> None:
        self._ask("PUT", f"/{resource['resourceType']}/{resource['id']}", resource)

    def _notify(self, resource: dict[str, Any]) -> None:
        name = f"{resource['resourceType']}/{resource['id']}"
        status = {
            "resourceType": "SubscriptionStatus", "type": "event-notification", "status": "active",
            "eventsSinceSubscriptionStart": "1", "subscription": {"reference": "Subscription/1"},
            "notificationEvent": [{"eventNumber": "1", "focus": {"reference": name}}],
        }  # fmt: skip
        entries = [{"resource": one} for one in (status, resource)]
        self._ask("POST", "", {"resourceType": "Bundle", "type": "history", "entry": entries})

    def _ask(self, method: str, place: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body, ensure_ascii=False).encode()
        answer = requests.request(
            method, self.url + place, data=raw, auth=(LOGIN, SECRET), timeout=60,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        assert answer.ok, answer.text
        self.heard.append(f"{answer.headers}{answer.text}")

    # -- what is looked at afterwards ------------------------------------------------------

    def lacking(self, handled: list[tuple[str, str]]) -> list[str]:
        """What messages should have said of a person, and did not."""
        own = {"name at the payer": self.name, "member number": self.member}
        said = {**self.ward.said, **own}
        found = []
        for kind, labels in CARRIES.items():
            texts = [text for name, text in handled if name == kind]
            if not texts:
                found.append(f"no {kind} was handled")
            for text in texts:
                found += [f"{kind} without {one}" for one in labels
                          if said.get(one, "1938-02-17") not in text]  # fmt: skip
        return found
