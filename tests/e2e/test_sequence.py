"""The number of each delivery: dense for the partner, whoever dies on the way to it."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.receivers import Receiver
from tests.harness import Database, Faults


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        suite.office.buyer("interface")
        yield suite


def numbers(receiver: Receiver) -> dict[str, set[int]]:
    """Return the numbers that came with each id."""
    found: dict[str, set[int]] = {}
    for one in list(receiver.received):
        found.setdefault(one.id, set()).add(int(one.request.headers["x-webhook-sequence"]))
    return found


@pytest.mark.long  # each death is found out by the watchdog, a minute later
def test_numbers_are_dense_although_dispatchers_and_senders_die(
    suite: Suite, faults: Faults
) -> None:
    """A dispatcher that dies with numbers in hand takes none along; a sender repeats its own."""
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Numbered")
    with Receiver(500, 500) as receiver, Receiver() as second:
        policy = {"max_attempts": 50, "lanes": 2}
        first = office.outbound(supplier, receiver.url, policy=policy)
        other = office.outbound(supplier, second.url, policy=policy)
        for round_number in range(1, 4):
            faults.arm("dispatch_inserted", "outbound_claimed", "outbound_sent")
            office.confirmed(supplier, 7)
            suite.wait_watched(
                lambda total=7 * round_number: (
                    ledger.states(first.id) == ledger.states(other.id) == {"done": total}
                ),
                what="all deliveries",
            )
            assert faults.armed == set(), "each point was reached, and killed its worker"
        for one, interface in ((receiver, first), (second, other)):
            came = numbers(one)
            assert all(len(each) == 1 for each in came.values()), "the same on every attempt"
            assert sorted(number for each in came.values() for number in each) == list(range(1, 22))
            stored = {row["external_key"]: row for row in ledger.messages(interface.id)}
            assert {key: {row["sequence_number"]} for key, row in stored.items()} == came
        assert len(receiver.received) > 21, "nothing was repeated, so little was proven"
