"""What a round of ledger_scale adds up and keeps, with a shell that only pretends."""

import pytest

from tests.bench import ledger_scale

SECONDS = {"insert_received": 0.4, "dispatch": 0.08, "write_events": None}


class FakeShell:
    def __init__(self, *, claimed=ledger_scale.MESSAGES):
        self.claimed = claimed

    def run(self, _code, *, name, arguments):
        if name != "claim_and_record":
            return SECONDS[name]
        return {"messages": self.claimed, "claim": 0.04, "record": 0.02}


def ledger(**options):
    return ledger_scale.Ledger(None, FakeShell(**options), 1, 2, 3)


def test_a_figure_is_the_sum_of_the_parts_a_message():
    # 480 ms of inserts, 80 ms of claims, 40 ms of results: for both directions together
    expected = 600 / (2 * ledger_scale.MESSAGES)
    assert ledger().measure() == pytest.approx(expected)


def test_the_parts_are_kept_and_the_first_round_is_not_counted():
    measured = ledger()
    measured.measure()
    measured.costs["claim"][0] = 99.0
    measured.measure()
    assert measured.median("claim") == pytest.approx(80 / (2 * ledger_scale.MESSAGES))
    assert measured.median("insert_received") == pytest.approx(400 / ledger_scale.MESSAGES)


def test_a_message_that_was_not_claimed_ends_the_run():
    with pytest.raises(AssertionError, match="claimed"):
        ledger(claimed=ledger_scale.MESSAGES - 1).measure()
