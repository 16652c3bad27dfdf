"""Polling a public FHIR server: workers die at every point, and nothing is missed or done twice."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.fhir_peers import TESTER, Ehr, clinical_system
from tests.e2e.fhir_world import Hospital
from tests.harness import Database, Faults, wait_until

POINTS = ("fhir_page_read", "fhir_page_stored", "fhir_page_committed")
SYSTEM = "urn:test:poll"


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        yield suite


@pytest.fixture(scope="module")
def ehr(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ehr]:
    with clinical_system(tmp_path_factory.mktemp("ehr")) as ehr:
        yield ehr


@pytest.fixture(scope="module")
def hospital(suite: Suite, ehr: Ehr) -> Hospital:
    return Hospital.of(suite, ehr.trust)


@pytest.fixture(scope="module")
def source(hospital: Hospital, ehr: Ehr) -> int:
    """The interface that is polled through."""
    office = hospital.suite.office
    credential = office.create(
        "integration.credential",
        name="Reader",
        kind="bearer",
        version_ids=[[0, 0, {"secret": TESTER}]],
    )
    interface = hospital.outbound(ehr.url, credential, fhir_purpose="read")
    office.activate(interface)
    return interface


def basic(place: str, number: int, turn: int = 0) -> dict[str, Any]:
    return {
        "resourceType": "Basic",
        "identifier": [{"system": SYSTEM, "value": f"{place}-{number}"}],
        "code": {"coding": [{"system": SYSTEM, "code": place}], "text": f"turn {turn}"},
    }


def create(ehr: Ehr, place: str, count: int) -> list[str]:
    """Create resources by one transaction after the other; their ids."""
    ids = []
    for start in range(0, count, 20):
        entries = [
            {"request": {"method": "POST", "url": "Basic"}, "resource": basic(place, number)}
            for number in range(start, min(start + 20, count))
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        status, answer, _headers = ehr.ask("POST", "", bundle)
        assert status == 200, answer
        ids += [one["response"]["location"].split("/")[-3] for one in answer["entry"]]
    return ids


def versions(ehr: Ehr, ids: list[str]) -> set[str]:
    """The latest version of each resource, as messages are called."""
    found = set()
    for one in ids:
        _status, resource, _headers = ehr.ask("GET", f"Basic/{one}")
        found.add(f"Basic/{one}/_history/{resource['meta']['versionId']}")
    return found


def known(hospital: Hospital, interface: int) -> list[str]:
    """What was stored, as messages are called; clinical ids are pseudonyms, so by a shell."""
    return [row["external_key"] for row in hospital.suite.ledger.messages(interface)]


def pseudonyms(hospital: Hospital, interface: int, names: set[str]) -> set[str]:
    code = """
from odoo.addons.integration_core.engine import intake, keys
spec = env["integration.interface"].browse(interface)._inbound_spec()
result = [intake.stored_key(spec, name, keys.ring(env.cr)) for name in names]
"""
    return set(hospital.suite.database.run(code, interface=interface, names=sorted(names)))


def poll_row(hospital: Hospital, interface: int) -> dict[str, Any]:
    (row,) = hospital.suite.database.sql(
        "SELECT * FROM integration_fhir_poll WHERE interface_id = %s", [interface]
    )
    return row


def wait_caught_up(hospital: Hospital, interface: int) -> None:
    """Wait for the end of two polls that begin after now."""
    for _time in range(2):
        since = hospital.suite.database.scalar("SELECT now() AT TIME ZONE 'UTC'")
        hospital.suite.wait_watched(
            lambda since=since: (
                (row := poll_row(hospital, interface))["caught_up_at"]
                and row["caught_up_at"] > since
            ),
            what=f"a poll: {poll_row(hospital, interface)['error_message']}",
        )


def test_what_is_there_and_what_comes_is_read(
    hospital: Hospital, ehr: Ehr, source: int, suite: Suite
) -> None:
    ids = create(ehr, "ward", 45)
    user = suite.office.buyer("polls")
    interface = hospital.polling(
        source, f"Basic?code={SYSTEM}|ward", user, fhir_poll_count=20, fhir_poll_overlap=5
    )
    wait_caught_up(hospital, interface)
    expected = versions(ehr, ids)
    assert set(known(hospital, interface)) == pseudonyms(hospital, interface, expected)
    more = create(ehr, "ward", 3)
    wait_caught_up(hospital, interface)
    expected |= versions(ehr, more)
    assert set(known(hospital, interface)) == pseudonyms(hospital, interface, expected)
    assert len(known(hospital, interface)) == 48, "each once, whatever the overlap"
    suite.wait_watched(
        lambda: {state for state, _code in hospital.states(interface)} == {"filtered"},
        what="all handled",
    )
    check = hospital.test(source)
    assert "Basic: Search" in check["good"]
    row = poll_row(hospital, interface)
    assert row["watermark"]
    assert not row["walk"]
    suite.admin.call("integration.interface", "action_retire", [interface])


@pytest.mark.long
def test_no_gap_and_no_double_effect_although_workers_die_at_every_point(
    hospital: Hospital, ehr: Ehr, source: int, suite: Suite, faults: Faults
) -> None:
    """While resources are made and changed all the time, pages die before, in and after commit."""
    user = suite.office.buyer("dies")
    ids, stop = create(ehr, "theatre", 60), threading.Event()
    made: list[str] = []

    def writing() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            made.extend(create(ehr, "theatre", 3))
            for number, one in enumerate(ids[turn % 20 :: 20]):
                ehr.ask("PUT", f"Basic/{one}", {**basic("theatre", number, turn), "id": one})
            time.sleep(0.05)

    faults.arm(*POINTS)
    writer = threading.Thread(target=writing)
    writer.start()
    try:
        interface = hospital.polling(
            source, f"Basic?code={SYSTEM}|theatre", user, fhir_poll_count=10, fhir_poll_overlap=5
        )
        for _round in range(3):
            suite.wait_watched(lambda: not faults.armed, timeout=300, what="deaths")
            faults.wait_reached()
            faults.arm(*POINTS)
        suite.wait_watched(lambda: not faults.armed, timeout=300, what="the last deaths")
    finally:
        stop.set()
        writer.join()
    wait_until(lambda: not faults.armed, what="all deaths")
    wait_caught_up(hospital, interface)
    keys = known(hospital, interface)
    assert len(keys) == len(set(keys)), "no version twice"
    missing = pseudonyms(hospital, interface, versions(ehr, ids + made)) - set(keys)
    assert not missing, f"{len(missing)} of {len(ids + made)} resources are not known as they are"
    suite.wait_watched(
        lambda: {state for state, _code in hospital.states(interface)} == {"filtered"},
        what="all handled",
    )
    suite.admin.call("integration.interface", "action_retire", [interface])


def test_a_server_that_comes_back_is_read_on(
    hospital: Hospital, ehr: Ehr, source: int, suite: Suite
) -> None:
    user = suite.office.buyer("waits")
    interface = hospital.polling(source, f"Basic?code={SYSTEM}|lab", user, fhir_poll_overlap=5)
    ids = create(ehr, "lab", 5)
    wait_caught_up(hospital, interface)
    ehr.stop()
    suite.wait_watched(
        lambda: poll_row(hospital, interface)["failures"] >= 1, what="a poll that fails"
    )
    row = poll_row(hospital, interface)
    assert row["error_code"] in ("connect_failed", "tls_error", "no_response")
    light = suite.office.read("integration.interface", interface, "light")["light"]
    assert light == "failing"
    ehr.start()
    ids += create(ehr, "lab", 5)
    wait_caught_up(hospital, interface)
    assert set(known(hospital, interface)) == pseudonyms(hospital, interface, versions(ehr, ids))
    assert not poll_row(hospital, interface)["error_message"]
    suite.admin.call("integration.interface", "action_retire", [interface])
