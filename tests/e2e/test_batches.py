"""Master data in batches, by several processes at once that all believe to be the only one."""

from collections.abc import Iterator

import pytest

from tests.e2e.world import SHARED, World, running_world
from tests.harness import Database

SUPPLIERS, VERSIONS = 30, 12


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    with running_world(database, 3) as world:
        yield world


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
    world.drain_at_once(inbound, contents, SHARED)
    assert world.ledger.states(inbound.id) == {"done": len(contents)}
    found = world.database.sql(
        "SELECT ref, city FROM res_partner WHERE ref LIKE 'BATCH-%%' ORDER BY ref"
    )
    assert [row["ref"] for row in found] == sorted(f"BATCH-{i}" for i in range(SUPPLIERS))
    assert {row["city"] for row in found} == {f"City {VERSIONS - 1}"}
    assert world.effects(inbound) == len(contents), "each message took effect once"
