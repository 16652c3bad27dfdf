"""The outbound rate across processes: what leaves is counted where it arrives."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.conftest import EAGER, Suite
from tests.e2e.copies import copy_newest
from tests.e2e.office import Office, Outbound, through_shell
from tests.e2e.receivers import Receiver
from tests.harness import Database, Shell, wait_until

DRAIN = """
import time
lanes = env["integration.lane"].search([("interface_id", "=", interface_id)], order="number")
end = time.monotonic() + seconds
while time.monotonic() < end:
    for lane in lanes[start:] + lanes[:start]:
        lane._drain()
result = True
"""
WINDOW = 10
#: A second; few enough for four workers of a busy machine to reach.
RATE = 40
SERVER = {"integration": EAGER}


@pytest.fixture(scope="module")
def shells(database: Database) -> Iterator[list[Shell]]:
    database.durability()
    with ExitStack() as stack:
        yield [stack.enter_context(database.shell()) for _each in range(4)]


def prepared(office: Office, receiver: Receiver, **policy: object) -> Outbound:
    """An interface that has sent one order, to be copied."""
    supplier = office.supplier(f"Supplier at {receiver.url[-10:-5]}")
    outbound = office.outbound(supplier, receiver.url, policy=policy)
    office.confirmed(supplier)
    return outbound


@pytest.mark.long
def test_four_workers_share_one_limit(database: Database, shells: list[Shell]) -> None:
    call = through_shell(shells[0])
    office = Office(call, call)
    with Receiver() as receiver:
        outbound = prepared(
            office, receiver, rate_per_second=RATE, rate_burst=RATE // 5, lanes=4, concurrency=4
        )
        shells[0].run("env['integration.lane'].search([('kind', '=', 'dispatch')])._drain()")
        # As many as the limit lets pass in two windows: on a busy machine one of them will do.
        copy_newest(database, outbound.id, 2 * RATE * WINDOW, keys=2 * RATE * WINDOW)
        for start, shell in enumerate(shells):
            shell.send(DRAIN, interface_id=outbound.id, seconds=WINDOW + 1, start=start)
        for shell in shells:
            shell.receive()
        times = [one.at for one in receiver.received]
        # In the window that each delivery begins: it and those after it, up to the window's end.
        within = max(bisect_right(times, at + WINDOW) - n for n, at in enumerate(times))
        print(f"\nat most {within} deliveries in {WINDOW} s, limit {RATE * WINDOW}")
        assert 0.95 * RATE * WINDOW <= within <= 1.10 * RATE * WINDOW
        assert len(set(receiver.ids())) == len(receiver.received), "nothing was sent twice"


def test_a_low_rate_wakes_the_lane_when_tokens_come(suite: Suite) -> None:
    with Receiver() as receiver:
        outbound = prepared(suite.office, receiver, rate_per_second=2, rate_burst=10)
        wait_until(lambda: receiver.received, what="the first order")
        copy_newest(suite.database, outbound.id, 19)
        suite.wait_watched(lambda: len(receiver.received) == 20, what="all of them")
        times = [one.at for one in receiver.received]
        # ten at once, the others at two a second
        assert times[-1] - times[1] >= 4
        # The result is recorded a moment after the receipt.
        assert suite.ledger.wait_settled(outbound.id, 20) == {"done": 20}
