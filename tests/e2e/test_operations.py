"""What operators do, with real processes: replays, races, large selections, backlogs."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.acting import acting
from tests.e2e.conftest import EAGER, Suite
from tests.e2e.copies import copy_newest
from tests.e2e.ledger import Row
from tests.e2e.office import Inbound, Order, Outbound
from tests.e2e.receivers import Answer, Receiver
from tests.harness import RemoteError, RpcError, wait_until

MESSAGE = "integration.message"
SERVER = {"integration": EAGER}
REPEATABLE = """
handler = env["integration.handler.order_confirmation"]
type(handler)._repeatable = True
# What a line has already is not written again.
env["purchase.order.line"].search([("order_id", "=", order_id)]).supplier_answer_key = False
env["integration.message"].browse(message_id).action_replay("dates were lost")
env.cr.commit()
env["integration.lane"].search([("interface_id", "=", interface_id)])._drain()
type(handler)._repeatable = False
"""
LATE = """
env["integration.message"].browse(message_id).action_replay("I was slow")
"""


@contextmanager
def delivered(suite: Suite, **policy: Any) -> Iterator[tuple[Receiver, Outbound, Row]]:
    """A receiver, an interface to it, and its one delivered message."""
    with Receiver() as receiver:
        supplier = suite.office.supplier(f"Supplier {os.urandom(3).hex()}")
        outbound = suite.office.outbound(supplier, receiver.url, policy=policy)
        (order,) = suite.office.confirmed(supplier)
        yield receiver, outbound, suite.ledger.wait_for_order(order.id, outbound.id, "done")


def replays(suite: Suite, message: Row) -> list[Row]:
    return suite.database.sql(
        "SELECT * FROM integration_message WHERE original_id = %s ORDER BY id", [message["id"]]
    )


def delivery(suite: Suite, inbound: Inbound, order: Order) -> str:
    """Let the supplier confirm an order; return the receipt."""
    answer = suite.sender(inbound).deliver(order.confirmation())
    return re.search(r"[0-9a-f-]{36}", answer.text)[0]


def ask(suite: Suite, act: str, ids: list[int], note: str = "") -> str:
    """Act through the dialog; return what the operator is told."""
    client = suite.server.login()
    context = {"active_model": MESSAGE, "active_ids": ids}
    wizard = "integration.message.operation"
    (operation,) = client.call(wizard, "create", [{"act": act, "note": note}], context=context)
    return client.call(wizard, "action_apply", [operation])["params"]["message"]


FAILING = """
env["integration.message"].browse(message_ids).action_park("the partner moves house")
env["integration.message"].browse(message_ids).mapped("state")
raise ValueError("after it was done")
"""


def waiting(suite: Suite, outbound: Outbound, message: Row) -> list[int]:
    """Ids of three messages that no drain takes."""
    suite.admin.call("integration.interface", "action_pause", [outbound.id])
    copy_newest(suite.database, outbound.id, 3)
    rows = suite.database.sql(
        "SELECT id FROM integration_message WHERE interface_id = %s AND id > %s ORDER BY id",
        [outbound.id, message["id"]],
    )
    return [row["id"] for row in rows]


def parked(suite: Suite, message_ids: list[int]) -> list[tuple[str, str, str]]:
    """State, reason and note of messages, with the audit entry of having been parked."""
    rows = suite.database.sql(
        """
        SELECT m.state, m.held_reason, a.reason FROM integration_message m
          JOIN integration_audit_entry a
            ON a.res_model = 'integration.message' AND a.res_id = m.id AND a.act = 'park'
         WHERE m.id = ANY(%s) ORDER BY m.id
        """,
        [message_ids],
    )
    return [tuple(row.values()) for row in rows]


# -- replay --------------------------------------------------------------------------------


def test_replay_arrives_under_the_same_id(suite: Suite) -> None:
    with delivered(suite) as (receiver, outbound, message):
        suite.admin.call(MESSAGE, "action_replay", [message["id"]], "the partner lost it")
        wait_until(lambda: len(receiver.received) == 2, what="the second delivery")
        receiver.verify(outbound.secret)
        first, second = receiver.received
        assert first.id == second.id == message["external_key"]
        assert first.request.body == second.request.body
        (replay,) = replays(suite, message)
        assert suite.ledger.wait_for(replay["uuid"], "done")["priority"] > message["priority"]
        assert suite.ledger.message(message["uuid"])["state"] == "done"
        trail = suite.database.sql(
            "SELECT reason FROM integration_audit_entry WHERE act = 'replay' AND res_id IN %s",
            [(message["id"], replay["id"])],
        )
        assert [entry["reason"] for entry in trail] == ["the partner lost it"] * 2


def test_confirmation_is_not_applied_twice_unless_its_handler_is_repeatable(suite: Suite) -> None:
    supplier = suite.office.supplier("Confirming")
    inbound = suite.office.inbound(supplier, suite.office.buyer("confirmer"))
    (order,) = suite.office.confirmed(supplier)
    message = suite.ledger.wait_for(delivery(suite, inbound, order), "done")
    with pytest.raises(RpcError, match="would have it a second time"):
        suite.admin.call(MESSAGE, "action_replay", [message["id"]], "once more")
    assert len(suite.ledger.notes(order.id)) == 1
    with suite.database.shell() as shell:
        shell.run(REPEATABLE, message_id=message["id"], interface_id=inbound.id, order_id=order.id)
    (replay,) = replays(suite, message)
    assert suite.ledger.wait_for(replay["uuid"], "done")["external_key"] == message["external_key"]
    assert len(suite.ledger.notes(order.id)) == 2


def test_two_operators_make_one_replay(suite: Suite) -> None:
    with delivered(suite) as (receiver, _outbound, message):
        clients = [suite.server.login() for _each in range(2)]

        def act(client: Any) -> str:
            try:
                client.call(MESSAGE, "action_replay", [message["id"]], "the partner lost it")
            except RpcError as refused:
                return refused.message
            return "replayed"

        with ThreadPoolExecutor(2) as pool:
            said = sorted(pool.map(act, clients))
        wait_until(lambda: len(receiver.received) >= 2, what="the replay")
        # the second one, run again by Odoo, may come when the first one is done already
        made = said.count("replayed")
        assert len(replays(suite, message)) == made >= 1
        if made == 1:
            assert any("a replay is not finished yet" in sentence for sentence in said)


def test_late_operator_does_not_repeat_an_effect(suite: Suite, tmp_path: Path) -> None:
    """The first replay and its effect are invisible to the snapshot of the second operator."""
    supplier = suite.office.supplier("Late")
    inbound = suite.office.inbound(supplier, suite.office.buyer("late"))
    (order,) = suite.office.confirmed(supplier)
    suite.admin.call("integration.interface", "action_pause", [inbound.id])
    message = suite.ledger.wait_for(delivery(suite, inbound, order), "held")
    suite.admin.call(MESSAGE, "action_cancel", [message["id"]], "a mistake")
    suite.admin.call("integration.interface", "action_resume", [inbound.id])
    # PostgreSQL lets him collide, Odoo runs his act again, and now he is told.
    told = pytest.raises(RemoteError, match="would have it a second time")
    with (
        suite.database.shell() as late,
        told,
        acting(late, "", tmp_path, after=LATE, message_id=message["id"]),
    ):
        suite.admin.call(MESSAGE, "action_replay", [message["id"]], "it was none")
        (replay,) = replays(suite, message)
        suite.ledger.wait_for(replay["uuid"], "done")
    assert len(replays(suite, message)) == 1
    assert len(suite.ledger.notes(order.id)) == 1


# -- selections ------------------------------------------------------------------------------


def test_thousands_of_dead_letters_are_retried_in_one_act(suite: Suite) -> None:
    with delivered(suite) as (receiver, outbound, _message):
        copy_newest(suite.database, outbound.id, 5000, state="dead")
        dead = [row["id"] for row in suite.ledger.messages(outbound.id) if row["state"] == "dead"]
        started = time.monotonic()
        told = ask(suite, "retry", dead)
        seconds = time.monotonic() - started
        print(f"\n5000 dead letters queued again in {seconds:.1f} s")
        assert "5000 queued again." in told
        assert seconds < 60, "Odoo ends a request after two minutes"
        suite.ledger.wait_settled(outbound.id, 5001, timeout=240)
        assert len(set(receiver.ids())) == 5001


def test_what_was_parked_stays_so_when_its_caller_fails(suite: Suite) -> None:
    """Parking is committed apart; whoever calls it again is told what is the case."""
    with delivered(suite) as (_receiver, outbound, message):
        ids = waiting(suite, outbound, message)
        with suite.database.shell() as shell:
            with pytest.raises(RemoteError, match="after it was done"):
                shell.run(FAILING, message_ids=ids)
            assert parked(suite, ids) == [("held", "parked", "the partner moves house")] * 3
            with pytest.raises(RemoteError, match=r"Nothing was done[^$]*3 not possible"):
                shell.run(FAILING, message_ids=ids)
        assert len(parked(suite, ids)) == 3, "one entry each"


def test_a_park_that_fails_has_done_nothing(suite: Suite) -> None:
    """Half of a selection is never parked: a message that somebody holds stops all of it."""
    with delivered(suite) as (_receiver, outbound, message):
        ids = waiting(suite, outbound, message)
        with closing(suite.database.connect()) as other, other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM integration_message WHERE id = %s FOR UPDATE", [ids[-1]])
            with pytest.raises(RpcError, match="Nothing was done"):
                suite.admin.call(MESSAGE, "action_park", ids, "the partner moves house")
        assert parked(suite, ids) == []
        # and afterwards it can be done
        suite.admin.call(MESSAGE, "action_park", ids, "the partner moves house")
        assert len(parked(suite, ids)) == 3


def test_cancelling_what_drains_are_working_on(suite: Suite) -> None:
    with delivered(suite, concurrency=2) as (receiver, outbound, message):
        # Two connections and this delay: half a minute for all of them, if nobody cancels.
        receiver.default = Answer(202, delay=0.02)
        copy_newest(suite.database, outbound.id, 3000)
        suite.wait_watched(lambda: len(receiver.received) > 20, what="the drain to be busy")
        live = [row["id"] for row in suite.ledger.messages(outbound.id)]
        told = ask(suite, "cancel", live, "too late")
        print(f"\n{told}")
        states = suite.ledger.wait_settled(outbound.id, 3001)
        assert set(states) == {"done", "cancelled"}
        assert states["cancelled"] > 0
        assert len(receiver.received) == states["done"], "what was cancelled never left"
        assert message["external_key"] in receiver.ids()


# -- backlogs --------------------------------------------------------------------------------


@pytest.mark.long
def test_backlog_of_ten_thousand_goes_on_in_the_order_of_each_key(suite: Suite) -> None:
    with delivered(suite, lanes=2) as (receiver, outbound, _message):
        suite.admin.call("integration.interface", "action_pause", [outbound.id])
        copy_newest(suite.database, outbound.id, 10_000)
        everything = {"done": 1, "held": 10_000}
        suite.wait_watched(
            lambda: suite.ledger.states(outbound.id) == everything, what="all of them to be held"
        )
        suite.admin.call("integration.interface", "action_resume", [outbound.id])
        started = time.monotonic()
        suite.ledger.wait_settled(outbound.id, 10_001, timeout=300)
        print(f"\n10,000 held messages delivered in {time.monotonic() - started:.0f} s")
        by_key: dict[int, list[str]] = defaultdict(list)
        for external_key in receiver.ids(lambda one: one.id.startswith("copy-")):
            by_key[int(external_key[5:]) % 50].append(external_key)
        assert sum(map(len, by_key.values())) == 10_000
        for arrived in by_key.values():
            assert arrived == sorted(arrived)
