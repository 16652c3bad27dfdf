"""Master data in batches, by several processes at once that all believe to be the only one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.test_concurrency import DRAIN, LEASE, SHARED, STORE, World, keyed
from tests.harness import Database

SUPPLIERS, VERSIONS = 30, 12


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    database.durability()
    with ExitStack() as stack:
        shells = [
            stack.enter_context(database.shell(integration={"lease_seconds": LEASE}))
            for _each in range(3)
        ]
        yield World(database, shells)


def test_drains_at_once_upsert_each_record_once_and_the_last_version_wins(world: World) -> None:
    office = world.office
    user_id = office.user("masterdata", "base.group_partner_manager")
    inbound = office.inbound(
        world.supplier(),
        user_id,
        name="Suppliers",
        handler="integration.handler.supplier",
        mapping_id=False,
        ordering_key_path="number",
    )
    contents = [
        {"number": f"BATCH-{number}", "name": f"Supplier {number}", "city": f"City {version}"}
        for version in range(VERSIONS)
        for number in range(SUPPLIERS)
    ]
    world.database.sql(
        "UPDATE integration_lane SET lease_token = 'shared', lease_until = now()"
        " + interval '1 hour' WHERE interface_id = %s",
        [inbound.id],
    )
    storing, *draining = world.shells
    for start, shell in enumerate(draining):
        shell.send(SHARED + DRAIN, interface_id=inbound.id, total=len(contents), start=start)
    storing.send(STORE, interface_id=inbound.id, deliveries=keyed(contents))
    storing.receive()
    shares = [shell.receive() for shell in draining]
    print(f"\n{' + '.join(map(str, shares))} worked on, {len(contents)} messages")
    assert world.ledger.states(inbound.id) == {"done": len(contents)}
    found = world.database.sql(
        "SELECT ref, city FROM res_partner WHERE ref LIKE 'BATCH-%%' ORDER BY ref"
    )
    assert [row["ref"] for row in found] == sorted(f"BATCH-{i}" for i in range(SUPPLIERS))
    assert {row["city"] for row in found} == {f"City {VERSIONS - 1}"}
    done = world.database.scalar(
        "SELECT count(*) FROM integration_attempt a JOIN integration_message m"
        " ON m.id = a.message_id WHERE m.interface_id = %s AND a.outcome = 'done'",
        [inbound.id],
    )
    assert done == len(contents), "each message took effect once"
