"""An admission of a clinical system reaches the kitchen, which has no other way to know.

The system delivers signed JSON in the shape of the contract: this test is about what Odoo tells,
and not about how it was told.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import receipt_of
from tests.e2e.office import Inbound, Outbound, Supplier
from tests.harness import wait_until
from tests.unit.wire_server import Authority, WireServer, answering, respond

EVENT = "integration_ehr_bridge.event_type_encounter_{}"
VISIT = "V-CANARY-100234"
RECORD = "CANARY-4711003"


@dataclass
class Kitchen:
    """A partner with a certificate that keeps what it is sent."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def opened(self, secret: str) -> list[dict[str, Any]]:
        """What it was sent, each with a signature that the public library accepts."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.requests]


@contextmanager
def kitchen(authority: Authority, folder: Path) -> Iterator[Kitchen]:
    found = Kitchen("")

    def take(_line: str, headers: dict[str, str], body: bytes) -> bytes:
        found.requests.append((headers, body))
        return respond(b"{}")

    with WireServer(answering(take), authority.server_context(folder, "localhost")) as server:
        found.url = f"https://localhost:{server.port}/hook"
        yield found


@dataclass(frozen=True)
class World:
    """The feed of a clinical system, and two interfaces that tell of admissions."""

    suite: Suite
    kitchen: Kitchen
    feed: Inbound
    told: Outbound
    echo: Outbound

    def tell(self, event: str, minutes_ago: int, **members: Any) -> None:
        """Deliver an event of the visit and wait until it was handled."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        content = {
            "event": event,
            "occurred_at": at.isoformat(timespec="seconds"),
            "visit": {"number": VISIT, "assigner": "HOSPITAL"},
            "patient": {"number": RECORD, "assigner": "HOSPITAL"},
            "class": "inpatient",
            **members,
        }
        uuid = receipt_of(self.suite.sender(self.feed).deliver(content))
        self.suite.ledger.wait_for(uuid, "done")

    def heard(self, count: int) -> list[dict[str, Any]]:
        """What the kitchen got, once it got as much."""
        wait_until(lambda: len(self.kitchen.requests) >= count, what=f"{count} deliveries")
        return self.kitchen.opened(self.told.secret)


def tell_of_admissions(suite: Suite, system: Supplier, url: str, pem: str) -> Outbound:
    types = [suite.office.ref(EVENT.format(one)) for one in ("admitted", "discharged")]
    return suite.office.outbound(
        system,
        url,
        name=f"Admissions to {url}",
        data_class="clinical",
        webhook_ca=pem,
        event_type_ids=[[6, 0, types]],
    )


@pytest.fixture(scope="module")
def world(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    office, authority = suite.office, Authority.make()
    office.create("ehr.location", facility="MAIN", point_of_care="4W")
    hospital, partner = office.supplier("Clinical system"), office.supplier("Kitchen")
    user = office.user("feed", "integration_ehr_bridge.group_feed")
    feed = office.inbound(
        hospital,
        user,
        name="Census",
        handler="integration.handler.ehr_encounter",
        mapping_id=False,
        data_class="clinical",
    )
    with kitchen(authority, tmp_path_factory.mktemp("kitchen")) as server:
        told = tell_of_admissions(suite, partner, server.url, authority.pem)
        echo = tell_of_admissions(suite, hospital, f"{server.url}/echo", authority.pem)
        yield World(suite, server, feed, told, echo)


def test_an_admission_is_delivered_once_signed_and_with_least_content(world: World) -> None:
    place = {"facility": "MAIN", "point_of_care": "4W"}
    world.tell("admit", 30, location=place)
    world.tell("update", 20, service="ORTHO")
    world.tell("discharge", 10)
    admitted, discharged = world.heard(2)
    assert [one["type"] for one in (admitted, discharged)] == [
        "ehr.encounter.admitted",
        "ehr.encounter.discharged",
    ]
    data = admitted["data"]
    assert data["visit"] == {"number": VISIT, "assigner": "HOSPITAL"}
    assert (data["status"], data["location"]) == ("present", place)
    assert discharged["data"]["discharged_at"]
    assert RECORD not in json.dumps([admitted, discharged])
    [row] = world.suite.database.sql("SELECT pseudonym FROM ehr_patient")
    assert row["pseudonym"] not in json.dumps([admitted, discharged])
    wait_until(
        lambda: world.suite.ledger.states(world.told.id) == {"done": 2}, what="two deliveries, done"
    )


def test_the_clinical_system_is_not_told_what_it_said(world: World) -> None:
    assert world.suite.ledger.count(world.told.id) == 2, "something was told at all"
    assert world.suite.ledger.count(world.echo.id) == 0


def test_the_visit_number_stands_in_clear_on_the_visit_alone(world: World) -> None:
    tables = world.suite.database.sql(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found = {}
    for table in (row["table_name"] for row in tables):
        found[table] = world.suite.database.scalar(
            f"""SELECT count(*) FROM "{table}" t WHERE t::text LIKE '%{VISIT}%'"""
        )
    assert {table for table, count in found.items() if count} == {"ehr_encounter"}
