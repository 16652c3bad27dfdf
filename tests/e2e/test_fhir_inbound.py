"""FHIR arrives at a real server with several workers: at once, repeatedly, in the wrong order."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Suite, running_suite
from tests.harness import Harness, wait_until

LOGIN, SECRET = "ehr", "secret of the EHR"
VISITS = "http://main.example/visits"
_CREATE = """
system = env["integration.system"].create({
    "name": "Hospital", "code": "EHR", "kind": "ehr", "environment": "test", "tz": "UTC"})
env.company.ehr_create_locations = True
user = env["res.users"].create({
    "name": "EHR interface", "login": "interface.ehr",
    "group_ids": [(4, env.ref("integration_ehr_bridge.group_feed").id)]})
env.ref("integration_ehr_bridge.value_map_fhir_assigner").line_ids = [
    (0, 0, {"source": visits, "target": "MAIN"})]
credential = env["integration.credential"].create({
    "name": "EHR", "kind": "basic", "version_ids": [(0, 0, {"login": login, "secret": secret})]})
made = env["integration.interface"].create({
    "name": "FHIR", "system_id": system.id, "direction": "inbound", "transport": "fhir",
    "body_codec": "fhir", "data_class": "clinical", "credential_id": credential.id,
    "policy_id": env["integration.policy"].create({
        "name": "By key", "ordering": "key", "max_attempts": 20, "retry_mode": "schedule",
        "retry_schedule": ", ".join(["0s"] + ["1s"] * 19)}).id,
    "routing_id": env.ref("integration_ehr_bridge.routing_fhir_r4_standard").id,
    "user_id": user.id, "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = {"id": made.id, "url": made.fhir_url}
"""


@dataclass(frozen=True)
class Feed:
    suite: Suite
    id: int
    url: str

    def send(self, body: Any, place: str = "", method: str = "POST") -> requests.Response:
        return requests.request(
            method, self.url + place, json=body, auth=(LOGIN, SECRET), timeout=60,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip

    def states(self, kind: str = "Encounter") -> Counter[str]:
        rows = self.suite.database.sql(
            "SELECT state FROM integration_message WHERE interface_id = %s AND message_type = %s",
            [self.id, kind],
        )
        return Counter(row["state"] for row in rows)

    def wait_idle(self) -> None:
        busy = (
            "SELECT count(*) FROM integration_message WHERE state IN "
            "('received', 'queued', 'processing', 'retry')"
        )
        wait_until(lambda: not self.suite.database.scalar(busy), 120, what="an idle feed")


@pytest.fixture(scope="module")
def feed(harness: Harness) -> Iterator[Feed]:
    with harness.database() as database, running_suite(database) as suite:
        with database.shell() as shell:
            made = shell.run(_CREATE, login=LOGIN, secret=SECRET, visits=VISITS)
        path = made["url"].partition("/integration/")[2]
        one = Feed(suite, made["id"], f"{suite.server.url}/integration/{path}")
        assert one.send(bundle("collection", *places())).status_code == 202
        one.wait_idle()
        yield one


def bundle(kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]}


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def places() -> list[dict[str, Any]]:
    ward = {"resourceType": "Location", "id": "w", "physicalType": coded("wa"), "name": "3W"}
    beds = [
        {"resourceType": "Location", "id": f"b{number}", "physicalType": coded("bd"),
         "name": str(number), "partOf": {"reference": "Location/w"}}
        for number in range(1, 5)
    ]  # fmt: skip
    return [ward, *beds]


def moment(minute: int) -> str:
    return f"2025-03-02T{8 + minute // 60:02}:{minute % 60:02}:00Z"


def version(visit: str, number: int, beds: list[int], status: str = "in-progress") -> Any:
    """A version of a visit, written in this minute; each bed since its place in the list."""
    return {
        "resourceType": "Encounter", "id": visit, "status": status, "class": {"code": "IMP"},
        "meta": {"versionId": str(number), "lastUpdated": moment(number * 10 + 5)},
        "identifier": [{"system": VISITS, "value": visit}],
        "subject": {"identifier": {"value": f"4711{visit}"}},
        "period": {"start": moment(0), **({"end": moment(90)} if status == "finished" else {})},
        "location": [
            {"location": {"reference": f"Location/b{bed}"}, "period": {"start": moment(10 * place)}}
            for place, bed in enumerate(beds)
        ],
    }  # fmt: skip


def stay(visit: str) -> list[Any]:
    """A visit that is moved twice, of which the second move was none, and that ends."""
    return [
        version(visit, 1, [1]),
        version(visit, 2, [1, 2]),
        version(visit, 3, [1, 2, 3]),
        version(visit, 4, [1, 2]),
        version(visit, 5, [1, 2], "finished"),
    ]


def test_versions_in_any_order_and_at_once(feed: Feed) -> None:
    turn = random.Random(7)
    every = [one for number in range(6) for one in stay(f"V{number}")] * 2
    turn.shuffle(every)

    def put(one: Any) -> int:
        return feed.send(one, f"/Encounter/{one['id']}", "PUT").status_code

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(pool.map(put, every))
    assert codes == {202: 30, 200: 30}
    feed.wait_idle()
    states = feed.states()
    assert set(states) <= {"done", "filtered"}, states
    assert sum(states.values()) == 30
    rows = feed.suite.database.sql(
        "SELECT v.visit_number, v.state, l.bed FROM ehr_encounter v "
        "JOIN ehr_location l ON l.id = v.location_id WHERE v.visit_number LIKE 'V%%'"
    )
    assert sorted((r["visit_number"], r["state"], r["bed"]) for r in rows) == [
        (f"V{number}", "discharged", "2") for number in range(6)
    ]
    reasons = feed.suite.database.sql(
        "SELECT DISTINCT error_code FROM integration_message WHERE state = 'filtered'"
    )
    assert {row["error_code"] for row in reasons} <= {"older_version"}


def notification(number: int, *resources: dict[str, Any]) -> dict[str, Any]:
    status = {
        "resourceType": "SubscriptionStatus", "type": "event-notification", "status": "active",
        "eventsSinceSubscriptionStart": str(number),
        "subscription": {"reference": "Subscription/1"},
        "notificationEvent": [
            {"eventNumber": str(number), "focus": {"reference": f"Encounter/{one['id']}"}}
            for one in resources
        ],
    }  # fmt: skip
    return bundle("history", status, *resources)


def test_notifications_at_once_are_counted(feed: Feed) -> None:
    told = [notification(number, version(f"N{number}", 1, [4])) for number in range(1, 21)]
    with ThreadPoolExecutor(6) as pool:
        codes = Counter(one.status_code for one in pool.map(feed.send, told * 2))
    assert codes == {200: 40}
    [row] = feed.suite.database.sql("SELECT * FROM integration_fhir_subscription")
    assert (row["last_event"], row["state"]) == ("20", "active")
    feed.wait_idle()
    rows = feed.suite.database.sql("SELECT 1 FROM ehr_encounter WHERE visit_number LIKE 'N%%'")
    assert len(rows) == 20


def test_a_large_bundle_and_one_that_is_too_large(feed: Feed) -> None:
    many = [version(f"L{number}", 1, [4]) for number in range(500)]
    answer = feed.send(bundle("collection", *many))
    assert answer.status_code == 202, answer.text
    assert len(answer.json()["issue"]) == 500
    feed.wait_idle()
    rows = feed.suite.database.sql("SELECT 1 FROM ehr_encounter WHERE visit_number LIKE 'L%%'")
    assert len(rows) == 500
    answer = feed.send(bundle("collection", *many, version("L500", 1, [4])))
    assert answer.status_code == 413
    wide = json.dumps({"resourceType": "Encounter", "id": "x" * 2_000_000}).encode()
    answer = requests.post(
        feed.url, data=iter([wide]), auth=(LOGIN, SECRET), timeout=60,
        headers={"Content-Type": "application/fhir+json"},
    )  # fmt: skip
    assert answer.status_code == 413, "sent in pieces, of which nobody says how many"
