"""What a charge amounts to, and what credits leave of it."""

from decimal import Decimal

import pytest
from core_tools.errors import ConflictError
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_billing import load

charges = load("charges")
Amounts = charges.Amounts
DIGITS = st.sampled_from([0, 2, 3])


@st.composite
def amounts(draw):
    digits = draw(DIGITS)
    coins = draw(st.integers(min_value=0, max_value=10**9))
    return digits, Decimal(coins).scaleb(-digits)


@given(amounts(), st.integers(min_value=1, max_value=500))
def test_a_line_gives_its_amount_to_the_coin(money, count):
    digits, amount = money
    quantity, price = charges.invoice_line(Decimal(count), amount, digits, 2)
    assert charges.rounded(quantity * price, digits) == amount


@given(amounts(), st.integers(min_value=1, max_value=10**9), st.integers(min_value=0, max_value=6))
def test_also_with_quantities_that_lines_do_not_keep(money, count, unit_digits):
    digits, amount = money
    said = Decimal(count).scaleb(-6)
    quantity, price = charges.invoice_line(said, amount, digits, unit_digits)
    kept = charges.rounded(quantity, unit_digits)
    assert charges.rounded(kept * price, digits) == amount


@given(amounts(), st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=12))
def test_credits_take_back_exactly_the_charge(money, parts):
    """However a charge is taken back in parts, at the end nothing is left and nothing was made."""
    digits, amount = money
    whole = Amounts(Decimal(sum(parts)), amount, amount)
    left = whole
    for number, part in enumerate(parts, 1):
        taken, is_all = charges.reversal(whole, left, Decimal(part), None, digits)
        assert Decimal() <= taken <= left.booked
        assert taken == charges.rounded(taken, digits)
        said = charges.said_of_credit(whole, left, Decimal(part), digits, is_all=is_all)
        left = left.minus(Amounts(Decimal(part), said, taken))
        assert is_all == (number == len(parts))
    assert left == Amounts(Decimal(), Decimal(), Decimal())


def test_a_share_by_the_amount_that_is_said():
    whole = Amounts(Decimal(2), Decimal(800), Decimal(900))
    assert charges.reversal(whole, whole, Decimal(1), Decimal(400), 2) == (Decimal("450.00"), False)
    left = Amounts(Decimal(1), Decimal(400), Decimal(450))
    assert charges.reversal(whole, left, Decimal(1), Decimal(400), 2) == (Decimal(450), True)


@given(
    amounts(),
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12),
    st.integers(min_value=1, max_value=3),
)
def test_also_if_some_credits_name_an_amount(money, parts, factor):
    """Of an own price too, which is another amount than the sender's."""
    digits, amount = money
    whole = Amounts(Decimal(sum(part for part, _named in parts)), amount, amount * factor)
    left = whole
    for number, (part, named) in enumerate(parts, 1):
        quantity = Decimal(part)
        last = number == len(parts)
        share = charges.said_of_credit(whole, left, quantity, digits, is_all=last)
        taken, is_all = charges.reversal(whole, left, quantity, share if named else None, digits)
        said = share if named else charges.said_of_credit(
            whole, left, quantity, digits, is_all=is_all
        )  # fmt: skip
        left = left.minus(Amounts(quantity, said, taken))
        assert is_all or not last
    assert left == Amounts(Decimal(), Decimal(), Decimal())


def test_the_whole_amount_is_all_of_it():
    whole = Amounts(Decimal(3), Decimal(100), Decimal(100))
    assert charges.reversal(whole, whole, Decimal(1), Decimal(100), 2) == (Decimal(100), True)
    free = Amounts(Decimal(3), Decimal(0), Decimal(0))
    assert charges.reversal(free, free, Decimal(1), Decimal(0), 2) == (Decimal(0), False)


def test_an_amount_alone_leaves_the_quantity():
    whole = Amounts(Decimal(1), Decimal(100), Decimal(100))
    assert charges.reversal(whole, whole, Decimal(1), Decimal(10), 2) == (Decimal("10.00"), False)


@pytest.mark.parametrize(("quantity", "said"), [(3, None), (1, "900.01"), (3, "1")])
def test_no_more_than_is_left(quantity, said):
    whole = Amounts(Decimal(2), Decimal(900), Decimal(900))
    with pytest.raises(ConflictError) as caught:
        charges.reversal(whole, whole, Decimal(quantity), said and Decimal(said), 2)
    assert caught.value.code == "credit_too_large"


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        ("900", "450", "900"),
        ("900", None, "900"),
        (None, "450", "900.00"),
        (None, "33.333", "66.67"),
        ("66.66", "33.333", "66.66"),
        (None, None, None),
    ],
)
def test_what_the_sender_says(amount, unit, expected):
    found = charges.said_amount(Decimal(2), amount and Decimal(amount), unit and Decimal(unit), 2)
    assert found == (expected and Decimal(expected))


@pytest.mark.parametrize(
    ("amount", "unit", "digits", "code"),
    [
        ("900.5", None, 0, "amount_not_kept"),
        ("900.001", None, 2, "amount_not_kept"),
        ("900", "449.99", 2, "amounts_differ"),
    ],
)
def test_what_he_may_not_say(amount, unit, digits, code):
    with pytest.raises(ConflictError) as caught:
        charges.said_amount(Decimal(2), Decimal(amount), unit and Decimal(unit), digits)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("said", "own", "percent", "beyond"),
    [("98", "100", "2", False), ("97.99", "100", "2", True), ("0", "0", "0", False)],
)
def test_tolerance(said, own, percent, beyond):
    assert charges.differs(Decimal(said), Decimal(own), Decimal(percent)) is beyond
