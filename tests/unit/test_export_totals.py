"""Control totals of exports: pure, and true for whatever rows there are."""

import doctest
import importlib.util
import itertools
import sys
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

PATH = Path(__file__).parents[2] / "addons" / "integration_ehr_supply" / "tools" / "on_hand.py"
_SPEC = importlib.util.spec_from_file_location("supply_on_hand", PATH)
on_hand = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = on_hand  # dataclasses look their module up
_SPEC.loader.exec_module(on_hand)

QUANTITIES = st.lists(st.decimals("-1000000", "1000000", places=4), max_size=60)


def test_examples() -> None:
    found = doctest.testmod(on_hand)
    assert found.attempted
    assert not found.failed


def test_it_knows_nothing_of_odoo() -> None:
    assert "odoo" not in PATH.read_text()


@given(QUANTITIES, st.integers(1, 20))
def test_the_totals_of_the_parts_are_those_of_the_whole(
    quantities: list[Decimal], size: int
) -> None:
    rows = [{"quantity": str(one)} for one in quantities]
    parts = list(on_hand.chunks(list(range(len(rows))), size))
    assert list(itertools.chain(*parts)) == list(range(len(rows)))
    assert all(len(part) <= size for part in parts)
    total = on_hand.Totals()
    for part in parts:
        total += on_hand.Totals.of([rows[number] for number in part])
    assert total == on_hand.Totals.of(rows)
    assert Decimal(on_hand.written(total.control)) == sum(quantities)


@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=12))
def test_each_thing_is_told_once_by_the_newest_that_knows_it(known: list[frozenset[int]]) -> None:
    told = on_hand.newest_first(list(enumerate(known)))
    things = [thing for found in told.values() for thing in found]
    assert sorted(things) == sorted(set().union(*known))
    for number, found in told.items():
        assert not any(thing in later for thing in found for later in known[number + 1 :])
