"""What payers' answers make of claims, and in which order denied lines are worked."""

import doctest
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_payer import load

claims, worklist, denial_words = load("claims"), load("worklist"), load("denial_words")
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
TODAY = date(2026, 3, 31)
LARGE = Decimal(1000)


def answer(*lines, outcome="complete"):
    return {"outcome": outcome, "lines": [dict(one) for one in lines]}


def line(sequence, paid, **more):
    return {"sequence": sequence, "paid": str(paid), **more}


def added(sequences, paid, *lines, outcome="complete", **more):
    """An answer in which the payer stands something of its own for lines of the claim."""
    return {
        **answer(*lines, outcome=outcome),
        "added": [{"sequences": sequences, "paid": paid, **more}],
    }


def sums(told):
    """Paid and denied by line, of a claim of two lines of ten."""
    found = claims.verdicts({1: Decimal(10), 2: Decimal(10)}, told)
    return {one.sequence: (one.paid, one.denied) for one in found}


def test_what_a_payer_stands_for_a_line_is_paid_for_it():
    reasons = {"reasons": [{"code": "45"}]}
    told = added([2], "6", line(1, 10), line(2, 0, reasons=[{"code": "97"}]), **reasons)
    assert sums(told) == {1: (10, 0), 2: (6, 4)}
    assert claims.verdicts({1: Decimal(10), 2: Decimal(10)}, told)[1].reasons == (
        ("97", ""),
        ("45", ""),
    )
    assert sums(added([2], "6", line(1, 10))) == {1: (10, 0), 2: (6, 4)}
    assert sums(added([1, 2], "20")) == {1: (10, 0), 2: (10, 0)}
    assert sums(added([], "0", line(1, 10), line(2, 10))) == {1: (10, 0), 2: (10, 0)}
    twice = added([2], "3", line(1, 10))
    twice["added"] += added([2], "4")["added"]
    assert sums(twice)[2] == (7, 3)


@pytest.mark.parametrize(("paid", "each"), [("20", (10, 0)), ("0", (0, 10))])
def test_a_sum_alone_speaks_for_the_lines_where_it_can(paid, each):
    told = {"outcome": "complete", "total": {"paid": paid}, "reasons": ["A1"]}
    assert sums(told) == {1: each, 2: each}
    [verdict] = claims.verdicts({3: Decimal(10)}, {**told, "total": {"paid": "4", "patient": "1"}})
    assert (verdict.sequence, verdict.paid, verdict.denied) == (3, 4, 5)
    assert verdict.reasons == (("A1", ""),)


@pytest.mark.parametrize("module", [claims, denial_words, worklist])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@given(amount=MONEY, data=st.data())
def test_what_is_claimed_is_paid_left_to_the_patient_or_denied(amount, data):
    paid = data.draw(st.decimals(min_value=0, max_value=amount, places=2))
    patient = data.draw(st.decimals(min_value=0, max_value=amount - paid, places=2))
    [verdict] = claims.verdicts({1: amount}, answer(line(1, paid, patient=str(patient))))
    assert verdict.paid + verdict.patient + verdict.denied == amount
    state = claims.line_state(amount, verdict)
    assert (state == "paid") == (verdict.denied == 0)
    assert state != "denied" or verdict.denied == amount


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("unknown_claim_line", answer(line(1, 5), line(2, 5), line(3, 1))),
        ("claim_line_twice", answer(line(1, 5), line(1, 5))),
        ("claim_lines_missing", answer(line(1, 5))),
        ("claim_lines_missing", {"outcome": "complete"}),
        ("paid_too_much", answer(line(1, 11), line(2, 5))),
        ("paid_too_much", answer(line(1, 5, denied="6"), line(2, 5))),
        ("paid_too_much", answer(line(1, 5, patient="6"), line(2, 5))),
        ("paid_too_much", answer(line(1, 5, denied="-1"), line(2, 5))),
        ("negative_amount", answer(line(1, -1), line(2, 5))),
        ("negative_amount", answer(line(1, 5, patient="-1"), line(2, 5))),
        ("total_differs", {**answer(line(1, 5), line(2, 5)), "total": {"paid": "9"}}),
        ("total_differs", {**answer(line(1, 5), line(2, 5)), "total": {"submitted": "19"}}),
        ("total_differs", {**answer(line(1, 5), line(2, 5)), "total": {"patient": "1"}}),
        ("claim_lines_missing", {"outcome": "complete", "total": {"paid": "15"}}),
        ("claim_line_added", {**answer(line(1, 5), line(2, 5)), "added": [{"paid": "1"}]}),
        ("claim_lines_bundled", added([1, 2], "15")),
        ("claim_lines_bundled", added([1, 7], "20")),
        ("unknown_claim_line", added([7], "5", line(1, 5), line(2, 5))),
        ("paid_too_much", added([1], "6", line(1, 5), line(2, 5))),
    ],
)
def test_what_cannot_be_right_is_refused(code, told):
    with pytest.raises(claims.errors.IntegrationError) as caught:
        claims.verdicts({1: Decimal(10), 2: Decimal(10)}, told)
    assert caught.value.code == code


@pytest.mark.parametrize(("paid", "denied"), [("-25", "0"), ("0", "0"), ("-30", "5")])
def test_a_line_that_takes_something_back_is_not_denied(paid, denied):
    [verdict] = claims.verdicts({1: Decimal(-25)}, answer(line(1, paid)))
    assert verdict.denied == Decimal(denied)
    assert (claims.line_state(Decimal(-25), verdict) == "paid") == (denied == "0")


def test_an_answer_that_decides_nothing_says_nothing_of_lines():
    for outcome in ("queued", "error"):
        assert claims.verdicts({1: Decimal(1)}, {"outcome": outcome}) == ()


@pytest.mark.parametrize(
    ("outcome", "lines", "state"),
    [
        ("queued", ["open"], "accepted"),
        ("error", ["open"], "failed"),
        ("complete", ["paid", "paid"], "paid"),
        ("complete", ["denied", "denied"], "denied"),
        ("complete", ["paid", "denied"], "partial"),
        ("complete", ["partial"], "partial"),
        ("partial", ["paid", "open"], "accepted"),
        ("partial", ["paid", "denied"], "partial"),
    ],
)
def test_state_of_a_claim(outcome, lines, state):
    assert claims.claim_state(outcome, lines) == state


@given(amount=MONEY, denied=DAYS, deadline=st.none() | DAYS)
def test_points_are_between_nothing_and_all(amount, denied, deadline):
    score = worklist.score(amount, denied, deadline, TODAY, LARGE)
    assert 0 <= score.points <= 100
    assert score.points == sum(part.points for part in score.parts)
    assert all(0 <= part.points <= part.most for part in score.parts)
    assert sum(part.most for part in score.parts) == 100


@given(amount=MONEY, more=MONEY, denied=DAYS, deadline=st.none() | DAYS)
def test_more_money_is_never_less_worth(amount, more, denied, deadline):
    small = worklist.score(amount, denied, deadline, TODAY, LARGE).points
    assert worklist.score(amount + more, denied, deadline, TODAY, LARGE).points >= small


@given(left=st.integers(0, 100))
def test_a_nearer_deadline_is_never_less_urgent_until_it_has_passed(left):
    def points(days):
        deadline = TODAY + timedelta(days=days)
        return worklist.score(LARGE, TODAY, deadline, TODAY, LARGE).points

    assert points(left) >= points(left + 1)
    assert points(-1) <= points(100)


def test_what_is_too_late_says_so():
    score = worklist.score(LARGE, TODAY, TODAY - timedelta(days=4), TODAY, LARGE)
    last = score.parts[-1]
    assert (last.kind, last.points, last.days) == ("too_late", 0, 4)
