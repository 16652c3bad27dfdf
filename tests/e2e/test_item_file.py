"""A whole item master in one file, over the real listener."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.item_lists import feed, file, item, products
from tests.e2e.mllp_peer import Peer
from tests.e2e.mllp_stage import Hospital, Inbound, hospital
from tests.harness import Database, wait_until

pytestmark = pytest.mark.long

ITEMS = 50_000
#: Rows whose unit nobody knows.
BAD = range(5_000, ITEMS + 1, 5_000)
#: What the interface takes unless somebody sets more.
USUAL = 1024 * 1024
_OPEN = """
env.cr.execute(
    "SELECT count(*) FROM integration_message WHERE interface_id = %s "
    "AND state NOT IN ('done', 'quarantined')", [interface])
result = env.cr.fetchone()[0]
"""
_LISTED = """
[whole] = env["integration.message"].search(
    [("interface_id", "=", interface), ("causation_id", "=", False)])
action = whole.action_open_parts()
bad = env["integration.message"].search([*action["domain"], ("state", "=", "quarantined")])
result = {"rows": env["integration.message"].search_count(action["domain"]),
          "bad": bad.mapped("error_code"),
          "counted": [whole.part_count, whole.part_failed_count, whole.part_open_count]}
"""


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[Hospital]:
    with database.server(workers=2, channels="root:1"), hospital(database) as world:
        yield world
        errors = world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


def master() -> bytes:
    entries = (
        item(f"G-{n}", f"Item {n}", "NOSUCH" if n in BAD else "EA") for n in range(1, ITEMS + 1)
    )
    return file("MASTER", *entries, level="NE")


def test_fifty_thousand_items_with_ten_bad_rows(world: Hospital) -> None:
    line = feed(world, body_limit=6 * 1024)
    message = master()
    assert USUAL < len(message) < 6 * USUAL
    began = time.monotonic()
    with Peer(line.port) as peer:
        assert peer.ask(message).code == "AA"
    stored = time.monotonic() - began
    wait_until(lambda: world.count(line) > ITEMS, timeout=1200, what="a message for each row")
    wait_until(
        lambda: not world.shell.run(_OPEN, interface=line.id),
        timeout=3600,
        what="the end of the list",
    )
    print(
        f"{len(message)} bytes answered in {stored:.1f} s, {time.monotonic() - began:.0f} s in all"
    )
    assert_applied(world, line)


def assert_applied(world: Hospital, line: Inbound) -> None:
    assert products(world, "G-") == ITEMS - len(BAD)
    listed = world.shell.run(_LISTED, interface=line.id)
    assert listed["counted"] == [ITEMS, len(BAD), 0]
    assert listed["rows"] == ITEMS
    assert listed["bad"] == ["missing_value"] * len(BAD)
    bad = world.database.scalar(
        "SELECT count(*) FROM product_product WHERE default_code = ANY(%s)",
        [[f"G-{number}" for number in BAD]],
    )
    assert bad == 0, "the bad rows, and no others, were put aside"


def test_as_it_is_set_at_first_it_is_too_large(world: Hospital) -> None:
    line = feed(world)
    with Peer(line.port) as peer:
        answer = peer.ask(master())
    assert (answer.code, answer.condition) == ("AE", "102")
    assert world.states(line) == ["quarantined"]
