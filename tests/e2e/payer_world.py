"""A hospital that asks and claims of a payer over FHIR, and the payer with its server."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

from tests.e2e.conftest import Suite
from tests.e2e.fhir_peers import TESTER, Ehr
from tests.harness import Client, Shell

LOGIN, SECRET = "payer", "secret of the payer"
PAYER = "AOK"
_ADDON = "integration_ehr_payer"
#: What is sent: name of the mapping, the resource, how, and the events.
SENT = {
    "eligibility": ("CoverageEligibilityRequest", "conditional_create", ("eligibility_asked",)),
    "claim": ("Claim", "conditional_update", ("claim_submitted", "claim_cancelled")),
    "authorization": (
        "Claim", "conditional_update", ("authorization_asked", "authorization_cancelled"),
    ),
}  # fmt: skip
_BOOKS = """
company = env.company
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
fund = env["res.partner"].create({"name": "Fund", "is_company": True})
system = env["integration.system"].create({
    "name": "Payer", "code": "PAYER", "kind": "payer", "environment": "test", "tz": "UTC"})
payer = env["ehr.payer"].create({
    "code": payer_code, "name": "Fund", "partner_id": fund.id, "takes_claims": True,
    "eligibility_required": True, "appeal_days": 30, "system_id": system.id})
for name, price in (("OR-HOUR", 450), ("DRESSING", 12.5)):
    product = env["product.product"].create({
        "name": f"Service {name}", "type": "service", "lst_price": price, "taxes_id": False})
    env["ehr.charge.code"].create({"code": name, "product_id": product.id})
feeder = env["res.users"].create({
    "name": "Payer interface", "login": "interface.payer",
    "group_ids": [(4, env.ref("integration_ehr_bridge.group_feed").id)]})
credential = env["integration.credential"].create({
    "name": "Payer", "kind": "basic", "version_ids": [(0, 0, {"login": login, "secret": secret})]})
token = env["integration.credential"].create({
    "name": "At the payer", "kind": "bearer", "version_ids": [(0, 0, {"secret": tester})]})
inbound = env["integration.interface"].create({
    "name": "Payer answers", "system_id": system.id, "direction": "inbound", "transport": "fhir",
    "body_codec": "fhir", "data_class": "clinical", "credential_id": credential.id,
    "policy_id": env["integration.policy"].create({
        "name": "By key", "ordering": "key", "max_attempts": 20, "retry_mode": "schedule",
        "retry_schedule": ", ".join(["0s"] + ["1s"] * 19)}).id,
    "routing_id": env.ref("integration_ehr_payer.routing_fhir_r4_payer").id,
    "user_id": feeder.id, "latency_class": "realtime"})
inbound.action_submit()
inbound.action_approve()
inbound.action_activate()
env["integration.system"].create({"name": "EHR", "code": "EHR", "kind": "ehr"})
result = {"system": system.id, "token": token.id, "url": inbound.fhir_url, "inbound": inbound.id,
          "payer": payer.id}
"""
_VISIT = """
from odoo.addons.integration_core.engine.inbound_run import Received
ehr = env["integration.system"].search([("code", "=", "EHR")])
patient = env["ehr.patient"]._resolve([("PAYER", number)])["PAYER", number]
visit = env["ehr.encounter"].create({
    "visit_number": number, "patient_id": patient.id, "encounter_class": "inpatient",
    "state": "present", "payer_code": payer})
lines = [{"number": f"{number}-{place}", "kind": "charge", "at": "2026-03-02T09:00:00Z",
          "code": code, "quantity": "2", "amount": amount, "currency": env.company.currency_id.name}
         for place, (code, amount) in enumerate((("OR-HOUR", "900"), ("DRESSING", "25")))]
env["integration.handler.ehr_charge"]._process(
    Received(False, False, None, None, None, ehr.id),
    {"visit": {"number": number}, "patient": {"number": number, "assigner": "PAYER"},
     "payer": payer, "charges": lines})
move = env["account.move"].search([("encounter_id", "=", visit.id)])
result = {"visit": visit.id, "move": move.id}
"""


@dataclass
class Case:
    """A visit that somebody pays for, and its draft invoice.

    :ivar number: of the visit, and the record number of its patient
    """

    number: str
    visit: int
    move: int

    @property
    def member(self) -> str:
        return f"M{self.number}"


@dataclass
class PayerWorld:
    """The suite, the payer's FHIR server, and what each says to the other.

    :ivar sent: the interfaces that send, by the name of what they send
    """

    suite: Suite
    shell: Shell
    peer: Ehr
    sent: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._version = self._seen = 0
        self.made: dict[str, Any] = self.shell.run(
            _BOOKS, payer_code=PAYER, login=LOGIN, secret=SECRET, tester=TESTER
        )
        self.url = self.suite.server.url + "/integration/" + self.made["url"].partition(
            "/integration/"
        )[2]  # fmt: skip
        office = self.suite.office
        self.sent = {name: self._sender(name) for name in SENT}
        office.user("biller", "account.group_account_invoice")
        office.user("releaser", f"{_ADDON}.group_eligibility_override")

    def _sender(self, name: str) -> int:
        office = self.suite.office
        kind, how, events = SENT[name]
        made = office.create(
            "integration.interface",
            name=f"Payer: {name}",
            system_id=self.made["system"],
            direction="outbound",
            transport="fhir",
            url=self.peer.url,
            allowed_networks="127.0.0.0/8, ::1",
            credential_id=self.made["token"],
            policy_id=office.policy(),
            fhir_ca=self.peer.trust.authority.pem,
            data_class="clinical",
            latency_class="realtime",
            awaits_confirmation=True,
            fhir_types=kind,
            fhir_interaction=how,
            mapping_id=office.ref(f"{_ADDON}.mapping_{name}_fhir"),
            event_type_ids=[[6, 0, [office.ref(f"{_ADDON}.event_type_{one}") for one in events]]],
        )
        office.activate(made)
        return made

    @cached_property
    def biller(self) -> Client:
        return self.suite.server.login("biller", "biller")

    @cached_property
    def releaser(self) -> Client:
        return self.suite.server.login("releaser", "releaser")

    def login_again(self) -> None:
        """After the server died: its sessions are known still, its connections are not."""
        self.__dict__.pop("biller", None)
        self.__dict__.pop("releaser", None)

    # -- the hospital ----------------------------------------------------------------------

    def case(self, *, covered: bool = True) -> Case:
        """A visit with charges on a draft invoice; its cover is told by the payer."""
        number = f"V{uuid.uuid4().hex[:10].upper()}"
        made = self.shell.run(_VISIT, number=number, payer=PAYER)
        case = Case(number, made["visit"], made["move"])
        if covered:
            self.tell_cover(case)
        return case

    def submit(self, case: Case) -> dict[str, Any]:
        """A covered case whose invoice is posted and claimed; the claim."""
        self.wait_handled()
        question = self.wait_sent("eligibility", case)
        self.put(self.eligible(question["number"]))
        self.wait_handled()
        self.biller.call("account.move", "action_post", [case.move])
        self.biller.call("account.move", "action_submit_claim", [case.move])
        return self.claim(case)

    def claim(self, case: Case) -> dict[str, Any]:
        [found] = self.suite.database.sql(
            "SELECT * FROM ehr_claim WHERE move_id = %s AND is_latest", [case.move]
        )
        return found

    def question(self, case: Case) -> dict[str, Any]:
        [found] = self.suite.database.sql(
            "SELECT * FROM ehr_eligibility WHERE encounter_id = %s AND is_latest", [case.visit]
        )
        return found

    def wait_sent(self, name: str, case: Case) -> dict[str, Any]:
        """What was asked, once it is with the payer."""
        found = self.question(case) if name == "eligibility" else self.claim(case)
        model = {"eligibility": "ehr.eligibility", "claim": "ehr.claim"}[name]
        self.suite.wait_watched(
            lambda: self.suite.database.scalar(
                "SELECT state FROM integration_record_sync WHERE res_model = %s AND res_id = %s",
                [model, found["id"]],
            ) in ("waiting", "synchronised"),
            what=f"{name} at the payer",
        )  # fmt: skip
        return found

    def states(self, name: str, record: int) -> Counter[str]:
        rows = self.suite.database.sql(
            "SELECT state FROM integration_message WHERE interface_id = %s AND res_id = %s",
            [self.sent[name], record],
        )
        return Counter(row["state"] for row in rows)

    def wait_handled(self, *expected: str) -> None:
        """Until all that the payer said is handled.

        :param expected: codes of why something of it was put aside since the last call
        """
        busy = (
            "SELECT count(*) FROM integration_message WHERE interface_id = %s "
            "AND state IN ('received', 'queued', 'processing', 'retry')"
        )
        self.suite.wait_watched(
            lambda: not self.suite.database.scalar(busy, [self.made["inbound"]]),
            what="the end of what the payer said",
        )
        rows = self.suite.database.sql(
            "SELECT id, error_code FROM integration_message WHERE interface_id = %s "
            "AND state NOT IN ('done', 'filtered') AND id > %s ORDER BY id",
            [self.made["inbound"], self._seen],
        )
        assert tuple(row["error_code"] for row in rows) == expected
        self._seen = max([self._seen, *(row["id"] for row in rows)])

    # -- what the payer says ---------------------------------------------------------------

    def put(self, resource: dict[str, Any]) -> None:
        """Send a resource as it stands now."""
        self._version += 1
        resource["meta"] = {**resource.get("meta", {}), "versionId": str(self._version)}
        place = f"/{resource['resourceType']}/{resource['id']}"
        self._send("PUT", place, resource)

    def notify(self, resource: dict[str, Any]) -> None:
        """The same as the notification of a subscription."""
        name = f"{resource['resourceType']}/{resource['id']}"
        self._version += 1
        resource["meta"] = {"versionId": str(self._version)}
        status = {
            "resourceType": "SubscriptionStatus", "type": "event-notification", "status": "active",
            "eventsSinceSubscriptionStart": "1", "subscription": {"reference": "Subscription/1"},
            "notificationEvent": [{"eventNumber": "1", "focus": {"reference": name}}],
        }  # fmt: skip
        entries = [{"resource": one} for one in (status, resource)]
        self._send("POST", "", {"resourceType": "Bundle", "type": "history", "entry": entries})

    def _send(self, method: str, place: str, body: dict[str, Any]) -> None:
        answer = requests.request(
            method, self.url + place, data=json.dumps(body), auth=(LOGIN, SECRET), timeout=60,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        assert answer.ok, answer.text

    def tell_cover(self, case: Case) -> None:
        self.put({
            "resourceType": "Coverage", "id": f"c-{case.number}", "status": "active",
            "meta": {"lastUpdated": "2026-03-01T08:00:00Z"}, "subscriberId": case.member,
            "beneficiary": {"identifier": {"value": case.number}},
            "payor": [{"identifier": {"value": PAYER}}],
        })  # fmt: skip

    def eligible(self, number: str, in_force: bool = True) -> dict[str, Any]:
        return {
            "resourceType": "CoverageEligibilityResponse", "id": f"e-{number}",
            "status": "active", "purpose": ["validation"], "outcome": "complete",
            "created": "2026-03-02T09:21:00Z",
            "request": {"identifier": {"system": "urn:odoo:eligibility", "value": number}},
            "insurance": [{"inforce": in_force}],
        }  # fmt: skip

    def decision(self, number: str, *paid: float, **members: Any) -> dict[str, Any]:
        """What the payer pays of each line; the rest is denied, and why stands beside it."""
        currency = self.shell.run("result = env.company.currency_id.name")
        items = [
            {"itemSequence": place, "adjudication": [{
                "category": {"coding": [{"code": "benefit"}]},
                "amount": {"value": amount, "currency": currency},
                "reason": {"coding": [{"code": "96"}]},
            }]}
            for place, amount in enumerate(paid, 1)
        ]  # fmt: skip
        return {
            "resourceType": "ClaimResponse", "id": f"r-{number}", "status": "active",
            "use": "claim", "outcome": "complete", "created": "2026-03-20T08:00:00Z",
            "request": {"identifier": {"system": "urn:odoo:claim", "value": number}},
            "item": items, **members,
        }  # fmt: skip

    # -- what the payer has ----------------------------------------------------------------

    def at_payer(self, kind: str, number: str) -> list[dict[str, Any]]:
        """The resources that the payer's server has under a number of ours."""
        system = "claim" if kind == "Claim" else "eligibility"
        return self.peer.resources(f"{kind}?identifier=urn:odoo:{system}|{number}")
