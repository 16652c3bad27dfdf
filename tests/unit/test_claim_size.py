"""How many messages a drain claims at once."""

from core_tools.claim_size import LEAST, MOST, SECONDS, ClaimSize
from hypothesis import given
from hypothesis import strategies as st


def test_begins_small_and_grows_with_a_quick_partner():
    size = ClaimSize()
    assert size.per_connection == LEAST
    sizes = []
    for _claim in range(4):
        size.note(4 * size.per_connection, size.per_connection * 0.002, connections=4)
        sizes.append(size.per_connection)
    assert sizes == [2 * LEAST, 4 * LEAST, 8 * LEAST, MOST]


def test_a_partner_that_becomes_slow_holds_few_at_once():
    size = ClaimSize()
    for _claim in range(5):
        size.note(40, 0.01, connections=4)
    assert size.per_connection == MOST
    size.note(4 * MOST, MOST * 1.0, connections=4)
    assert size.per_connection == LEAST


def test_a_claim_lasts_as_long_as_it_is_meant_to():
    size = ClaimSize()
    for _claim in range(4):
        size.note(4 * size.per_connection, size.per_connection * 0.01, connections=4)
    assert size.per_connection * 0.01 == SECONDS


def test_a_partner_in_trouble_gets_few_however_quickly_he_refuses():
    size = ClaimSize()
    for _claim in range(5):
        size.note(40, 0.01, connections=4)
    size.shrink()
    assert size.per_connection == LEAST


def test_nothing_sent_says_nothing():
    size = ClaimSize()
    size.note(0, 10.0, connections=4)
    assert size.per_connection == LEAST


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.floats(0, 1e6), st.integers(1, 64)),
        max_size=20,
    )
)
def test_stays_within_bounds(claims):
    size = ClaimSize()
    for count, seconds, connections in claims:
        size.note(count, seconds, connections)
        assert LEAST <= size.per_connection <= MOST
