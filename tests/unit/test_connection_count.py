"""How many connections a drain uses at once."""

from core_tools.connection_count import ConnectionCount
from hypothesis import given
from hypothesis import strategies as st


def test_begins_with_all_that_it_may_use():
    assert ConnectionCount().next(4) == 4


def test_threads_that_wait_for_each_other_become_fewer():
    count = ConnectionCount()
    used = []
    for _claim in range(4):
        used.append(count.next(8))
        count.note(used[-1], work=0.9, elapsed=1.0)
    assert used == [8, 4, 2, 1]


def test_threads_that_wait_for_the_partner_become_more_again():
    count = ConnectionCount()
    count.note(1, work=0.01, elapsed=1.0)
    used = []
    for _claim in range(4):
        used.append(count.next(6))
        count.note(used[-1], work=0.1, elapsed=1.0)
    assert used == [2, 4, 6, 6]


def test_between_the_two_it_stays():
    count = ConnectionCount()
    count.note(3, work=0.6, elapsed=1.0)
    assert count.next(8) == 3


def test_fewer_are_allowed_meanwhile():
    count = ConnectionCount()
    count.note(8, work=0.1, elapsed=1.0)
    assert count.next(2) == 2


@given(
    st.lists(
        st.tuples(st.integers(1, 64), st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 64))
    )
)
def test_stays_within_bounds(claims):
    count = ConnectionCount()
    for used, work, elapsed, most in claims:
        count.note(used, work, elapsed)
        assert 1 <= count.next(most) <= most
