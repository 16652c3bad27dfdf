"""A FHIR server is connected, polled, and what is entered there is seen: by people, in a browser.

The other side is a public FHIR server in a process of its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite
from tests.e2e.fhir_peers import TESTER, Ehr, clinical_system
from tests.e2e.office import Office
from tests.harness.browser import browser, is_there

# One process: with several, a browser would need a reverse proxy for its websocket.
SERVER = {"workers": 0, "integration": EAGER}
NAMES = ("Tour records", "Tour visits")
BUSY = 240  # seconds of a tour, on a busy machine

WARD = {
    "resourceType": "Location", "id": "tour-ward", "status": "active", "name": "Tour ward",
    "identifier": [{"value": "TOURWARD"}], "physicalType": {"coding": [{"code": "wa"}]},
}  # fmt: skip
VISIT = {
    "resourceType": "Encounter", "id": "tour-visit", "status": "in-progress",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
    "identifier": [{"value": "TOUR-1"}],
    "subject": {"identifier": {"value": "470815"}},
    "period": {"start": "2025-03-02T08:00:00Z"},
    "location": [
        {"location": {"reference": "Location/tour-ward"},
         "period": {"start": "2025-03-02T08:00:00Z"}}
    ],
}  # fmt: skip


@contextmanager
def approving(office: Office) -> Iterator[None]:
    """Have a colleague approve the interfaces of the tours as soon as they are submitted."""
    over = threading.Event()
    failures: list[Exception] = []
    domain = [["name", "in", NAMES], ["state", "=", "in_review"]]

    def watch() -> None:
        try:
            while not over.wait(0.3):
                if ids := office.approve("integration.interface", "search", domain):
                    office.approve("integration.interface", "action_approve", ids)
        except Exception as error:  # of any kind: it is raised below, in the thread of the test
            failures.append(error)

    colleague = threading.Thread(target=watch)
    colleague.start()
    try:
        yield
    finally:
        over.set()
        colleague.join()
    assert not failures, failures


def prepare(suite: Suite) -> None:
    """What an administrator finds who connects a clinic."""
    office = suite.office
    office.create("integration.system", name="Tour clinic", code="CLINIC", kind="ehr", tz="UTC")
    office.create(
        "integration.credential", name="Tour token", kind="bearer",
        version_ids=[[0, 0, {"secret": TESTER}]],
    )  # fmt: skip
    office.policy(name="Tour policy", ordering="key")
    service = office.user("tour.service", "integration_ehr_bridge.group_feed")
    office.write("res.users", service, name="Tour service")
    company = office.read("res.users", suite.admin.uid, "company_id")["company_id"][0]
    office.write("res.company", company, ehr_create_locations=True)
    census = office.ref("integration_ehr_bridge.group_census_manager")
    office.write("res.users", suite.admin.uid, group_ids=[[4, census]])


def put(ehr: Ehr, resource: dict[str, Any]) -> None:
    name = f"{resource['resourceType']}/{resource['id']}"
    status, answer, _headers = ehr.ask("PUT", name, resource)
    assert status in (200, 201), answer


@pytest.mark.skipif(not is_there(), reason="there is no browser on this machine")
def test_a_server_is_connected_polled_and_a_visit_is_seen(suite: Suite, tmp_path) -> None:
    prepare(suite)
    with clinical_system(tmp_path) as ehr, browser() as page, approving(suite.office):
        put(ehr, WARD)
        page.enter(suite.admin)
        page.open(f"{suite.server.url}/odoo?debug=tests")
        page.evaluate(f"localStorage.setItem('integration_tour_url', {ehr.url!r})")
        page.evaluate(f"localStorage.setItem('integration_tour_ca', `{ehr.trust.authority.pem}`)")
        for name in ("connect", "poll"):
            page.tour(f"integration_ehr_bridge_fhir_{name}", timeout=BUSY)
            page.log.clear()
            page.open(f"{suite.server.url}/odoo?debug=tests")
        put(ehr, VISIT)
        page.tour("integration_ehr_bridge_fhir_visit", timeout=BUSY)
    (visit,) = suite.database.sql(
        "SELECT state FROM ehr_encounter WHERE visit_number = %s", ["TOUR-1"]
    )
    assert visit["state"] == "present"
    states = suite.office.call(
        "integration.interface", "search_read", [["name", "in", NAMES]], ["state", "approved_by_id"]
    )
    assert [(one["state"], one["approved_by_id"][1]) for one in states] == [("active", "Ben")] * 2
