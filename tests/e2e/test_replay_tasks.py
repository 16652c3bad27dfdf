"""Bulk retries and replays with real processes: kill -9 in the middle, pause, overlap, plans."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.copies import copy_newest
from tests.e2e.ledger import Row
from tests.e2e.office import Outbound
from tests.e2e.receivers import Receiver
from tests.harness import Database, Faults, wait_until

TASK = "integration.replay.task"
MESSAGE = "integration.message"
MESSAGES = 5000
FASTEST = 100_000


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        yield suite


@contextmanager
def delivered(suite: Suite, name: str) -> Iterator[tuple[Receiver, Outbound]]:
    """A receiver, an interface to it, and its one delivered message."""
    with Receiver() as receiver:
        supplier = suite.office.supplier(name)
        outbound = suite.office.outbound(supplier, receiver.url)
        (order,) = suite.office.confirmed(supplier)
        suite.ledger.wait_for_order(order.id, outbound.id, "done")
        yield receiver, outbound


def dead_letters(suite: Suite, outbound: Outbound, count: int) -> list[int]:
    copy_newest(suite.database, outbound.id, count, state="dead")
    return [row["id"] for row in suite.ledger.messages(outbound.id) if row["state"] == "dead"]


def started(suite: Suite, domain: list[Any], **values: Any) -> int:
    task = suite.office.create(
        TASK, domain=repr(domain), reason="The partner is back", **{"rate": FASTEST, **values}
    )
    suite.office.call(TASK, "action_start", [task])
    return task


def task_row(suite: Suite, task: int) -> Row:
    (row,) = suite.database.sql("SELECT * FROM integration_replay_task WHERE id = %s", [task])
    return row


def wait_done(suite: Suite, task: int, count: float) -> None:
    """Wait until a task has dealt with so many messages.

    The job of a killed worker keeps its place in the channel until the job runner notices, which
    may take a minute.
    """

    def dealt_with() -> bool:
        suite.watchdog()
        return task_row(suite, task)["done_count"] >= count

    wait_until(dealt_with, timeout=240, poll=0.5, what=f"{count:.0f} messages")


def wait_ended(suite: Suite, task: int, timeout: float = 240) -> Row:
    def ended() -> Row | None:
        suite.watchdog()
        row = task_row(suite, task)
        return row if row["state"] in ("done", "cancelled") else None

    return wait_until(ended, timeout, poll=1, what="the end of the task")


def outcomes(suite: Suite, task: int) -> dict[str | None, int]:
    rows = suite.database.sql(
        "SELECT outcome, count(*) AS n FROM integration_replay_item WHERE task_id = %s "
        "GROUP BY outcome",
        [task],
    )
    return {row["outcome"]: row["n"] for row in rows}


def failed_of(outbound: Outbound) -> list[Any]:
    return [("interface_id", "=", outbound.id), ("state", "in", ["quarantined", "dead"])]


def finished_of(outbound: Outbound) -> list[Any]:
    return [("interface_id", "=", outbound.id), ("external_key", "like", "copy-%")]


@pytest.mark.long  # each death is found out by the watchdog, a minute later
def test_nothing_is_lost_or_done_twice_although_workers_die(suite: Suite, faults: Faults) -> None:
    """Killed in the middle of a step, paused and resumed: each message leaves once."""
    with delivered(suite, "Killed") as (receiver, outbound):
        dead = dead_letters(suite, outbound, MESSAGES)
        task = started(suite, failed_of(outbound), rate=12_000)
        wait_done(suite, task, 1)
        faults.arm("replay_step")
        faults.wait_reached(timeout=120)
        began = time.monotonic()
        killed = task_row(suite, task)["done_count"]
        wait_done(suite, task, max(killed + 1, MESSAGES / 3))
        print(f"\nkilled at {killed}, a third after {time.monotonic() - began:.0f} s more")
        suite.office.call(TASK, "action_pause", [task])
        paused = task_row(suite, task)
        assert paused["state"] == "paused"
        assert MESSAGES / 3 <= paused["done_count"] < MESSAGES
        suite.watchdog()
        assert task_row(suite, task)["done_count"] == paused["done_count"], "it stands still"
        suite.office.call(TASK, "action_resume", [task])
        row = wait_ended(suite, task)
        assert (row["done_count"], row["refused_count"]) == (MESSAGES, 0)
        assert outcomes(suite, task) == {"retried": MESSAGES}
        suite.ledger.wait_settled(outbound.id, MESSAGES + 1, timeout=180)
        ids = receiver.ids()
        assert len(ids) == len(set(ids)) == MESSAGES + 1, "each message left once"
        retried = suite.database.sql(
            "SELECT res_id, count(*) AS n FROM integration_audit_entry WHERE act = 'retry'"
            " AND res_model = %s AND res_id = ANY(%s) GROUP BY res_id",
            [MESSAGE, dead],
        )
        assert len(retried) == MESSAGES
        assert {entry["n"] for entry in retried} == {1}


@pytest.mark.long  # each death is found out by the watchdog, a minute later
def test_replays_are_made_once_although_workers_die(suite: Suite, faults: Faults) -> None:
    with delivered(suite, "Replayed") as (receiver, outbound):
        copy_newest(suite.database, outbound.id, 500, state="done")
        for point in ("replay_step", "replay_committed"):
            faults.arm(point)
        task = started(suite, finished_of(outbound), act="replay")
        row = wait_ended(suite, task)
        assert not faults.armed, "no worker died"
        assert (row["done_count"], row["refused_count"]) == (500, 0)
        suite.ledger.wait_settled(outbound.id, 1001, timeout=120)
        copies = receiver.ids(lambda one: one.id.startswith("copy-"))
        assert len(copies) == len(set(copies)) == 500


def test_overlapping_tasks_are_harmless(suite: Suite) -> None:
    """Two operators start the same at the same time: each message is replayed once."""
    with delivered(suite, "Overlapped") as (receiver, outbound):
        copy_newest(suite.database, outbound.id, 600, state="done")
        tasks = [started(suite, finished_of(outbound), act="replay") for _each in range(2)]
        rows = [wait_ended(suite, task) for task in tasks]
        assert sum(row["done_count"] for row in rows) == 600
        assert sum(row["refused_count"] for row in rows) == rows[1]["total"]
        suite.ledger.wait_settled(outbound.id, 1201, timeout=120)
        copies = receiver.ids(lambda one: one.id.startswith("copy-"))
        assert len(copies) == len(set(copies)) == 600


def test_a_slow_pace_is_kept_and_cancelling_takes_nothing_back(suite: Suite) -> None:
    with delivered(suite, "Slow") as (receiver, outbound):
        dead_letters(suite, outbound, 300)
        task = started(suite, failed_of(outbound), rate=240)
        wait_until(lambda: len(receiver.received) > 1, what="the first of them")
        suite.office.call(TASK, "action_cancel", [task], "one is enough")
        row = task_row(suite, task)
        assert row["state"] == "cancelled"
        # a gulp is 20; four gulps would be fifteen seconds
        assert 0 < row["done_count"] <= 80
        states = suite.ledger.wait_settled(outbound.id, 301)
        assert states == {"done": 1 + row["done_count"], "dead": 300 - row["done_count"]}


def test_new_traffic_goes_first(suite: Suite) -> None:
    with delivered(suite, "Yielding") as (_receiver, outbound):
        dead = dead_letters(suite, outbound, 50)
        suite.office.call("integration.interface", "action_pause", [outbound.id])
        wait_ended(suite, started(suite, failed_of(outbound)))
        priorities = suite.database.sql(
            "SELECT DISTINCT priority FROM integration_message WHERE id = ANY(%s)", [dead]
        )
        assert [row["priority"] for row in priorities] == [20]
        suite.office.call("integration.interface", "action_resume", [outbound.id])
        suite.ledger.wait_settled(outbound.id, 51)
