"""Missing values, mended for all that wait, with real drains and several people at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import CONFIRMATION_HEADER, CONFIRMATION_LINE, Inbound, Supplier
from tests.harness import RpcError

MAP = "integration.value.map"
LINE = "integration.value.map.line"


class World:
    """MedSupply has units of its own, which one value map translates for two interfaces."""

    def __init__(self, suite: Suite) -> None:
        office = self.office = suite.office
        self.suite = suite
        self.supplier: Supplier = office.supplier("MedSupply")
        self.map_id = office.create(MAP, name="Units of MedSupply", code="units")
        mapping_id = office.create(
            "integration.mapping",
            name="Confirmation with units",
            header=CONFIRMATION_HEADER,
            value_map_ids=[[6, 0, [self.map_id]]],
            section_ids=[
                [
                    0,
                    0,
                    {
                        "target": "lines",
                        "source": "positions",
                        "expression": CONFIRMATION_LINE.replace(
                            "item.unit", "lookup('units', item.unit)"
                        ),
                    },
                ]
            ],
        )
        office.call("integration.mapping", "action_submit", [mapping_id])
        office.approve("integration.mapping", "action_approve", [mapping_id])
        user_id = office.buyer("interface")
        self.inbounds = [
            office.inbound(self.supplier, user_id, mapping_id=mapping_id) for _each in range(2)
        ]

    def confirm(self, inbound: Inbound, unit: str) -> str:
        """Let MedSupply confirm an order in its own unit; return the receipt of the message."""
        content = self.office.confirmed(self.supplier)[0].confirmation()
        for position in content["positions"]:
            position["unit"] = unit
        return self.suite.sender(inbound).deliver(content).json()["receipt"]


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


def test_one_value_mends_the_messages_of_all_interfaces(world: World) -> None:
    waiting = [world.confirm(inbound, "STK") for inbound in (*world.inbounds, *world.inbounds)]
    other = world.confirm(world.inbounds[0], "KRT")
    for receipt in (*waiting, other):
        found = world.suite.ledger.wait_for(receipt, "quarantined")
        assert found["error_code"] == "missing_value"
        assert "STK" not in found["error_message"]
    message_id = world.suite.ledger.message(waiting[0])["id"]
    call = world.office.call
    (missing,) = call("integration.message", "unmapped_values", [message_id])["values"]
    row = {name: missing[name] for name in ("map_id", "value", "message_id")}
    (choice,) = call(MAP, "value_choices", [], [row])
    assert (choice["waiting"], choice["more"]) == (4, False)
    done = call(MAP, "map_values", [], [{**row, "target": "C62"}])
    assert done["confirmed"]
    result = call(MAP, "reprocess_waiting", done["map_ids"])
    assert result == {"retried": 4, "left": 1, "after": False}
    for receipt in waiting:
        world.suite.ledger.wait_for(receipt, "done")
    assert world.suite.ledger.message(other)["state"] == "quarantined"


def test_people_who_map_one_value_at_once_do_not_contradict_each_other(world: World) -> None:
    """Overlapping periods that begin on different days, so that no unique index could help."""

    def add(number: int) -> bool:
        try:
            world.office.create(
                LINE,
                map_id=world.map_id,
                source="PAL",
                target=f"P{number}",
                valid_from=f"2026-01-{number + 1:02}",
            )
        except RpcError as error:
            assert "ValidationError" in error.name, error
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(add, range(8)))
    assert sum(added) == 1
    assert world.office.call(LINE, "search_count", [["source", "=", "PAL"]]) == 1
