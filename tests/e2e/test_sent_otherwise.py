"""Orders that a buyer sent by other means, while a real server sends them too."""

import os
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite
from tests.e2e.office import Order, Outbound, Supplier
from tests.e2e.receivers import Answer, Receiver
from tests.harness import RpcError, wait_until
from tests.harness.rpc import Client

SERVER = {"integration": EAGER}
ORDER, DIALOG = "purchase.order", "integration.sent.otherwise"


@pytest.fixture(scope="module")
def buyer(suite: Suite) -> Client:
    """Without any right on interfaces."""
    suite.office.buyer("phoning")
    return suite.server.login("phoning", "phoning")


def interface(suite: Suite, receiver: Receiver) -> tuple[Supplier, Outbound]:
    supplier = suite.office.supplier(f"Phoned {os.urandom(3).hex()}")
    return supplier, suite.office.outbound(supplier, receiver.url, awaits_confirmation=True)


def ordered(suite: Suite, receiver: Receiver) -> tuple[Outbound, Order]:
    supplier, outbound = interface(suite, receiver)
    (order,) = suite.office.confirmed(supplier)
    return outbound, order


def say(buyer: Client, order: Order, **values: Any) -> None:
    action = buyer.call(ORDER, "action_ask_sent_otherwise", [order.id])
    values = {"way": "phone", "reason": "Their line is down", **values}
    buyer.call(DIALOG, "write", [action["res_id"]], values)
    buyer.call(DIALOG, "action_confirm", [action["res_id"]])


def undo(buyer: Client, order: Order) -> None:
    action = buyer.call(ORDER, "action_ask_undo_sent_otherwise", [order.id])
    buyer.call(DIALOG, "action_confirm", [action["res_id"]])


def test_what_failed_is_stopped_and_sent_after_all(suite: Suite, buyer: Client) -> None:
    with Receiver(422) as receiver:
        outbound, order = ordered(suite, receiver)
        message = suite.ledger.wait_for_order(order.id, outbound.id, "dead")
        say(buyer, order)
        assert suite.ledger.message(message["uuid"])["state"] == "cancelled"
        assert suite.ledger.sync(order.id, outbound.id) == "cancelled"
        (written,) = buyer.call(ORDER, "read", [order.id], ["sent_otherwise"])
        assert written["sent_otherwise"] == "phone"
        undo(buyer, order)
        suite.ledger.wait_for_order(order.id, outbound.id, "done")
        wait_until(lambda: len(receiver.accepted()) == 1, what="the order after all")


def test_what_waits_never_leaves(suite: Suite, buyer: Client) -> None:
    """Whether the event is in the outbox still or a message already: the dialog does not wait."""
    with Receiver() as receiver:
        supplier, outbound = interface(suite, receiver)
        suite.admin.call("integration.interface", "action_pause", [outbound.id])
        (stopped,) = suite.office.confirmed(supplier)
        say(buyer, stopped)
        suite.admin.call("integration.interface", "action_resume", [outbound.id])
        (sent,) = suite.office.confirmed(supplier)
        suite.ledger.wait_for_order(sent.id, outbound.id, "done")
        (message,) = suite.ledger.of_order(stopped.id, outbound.id)
        assert message["state"] == "cancelled"
        assert len(receiver.received) == 1


def test_what_is_on_the_line_is_told(suite: Suite, buyer: Client) -> None:
    with Receiver(Answer(202, delay=20)) as receiver:
        outbound, order = ordered(suite, receiver)
        suite.ledger.wait_for_order(order.id, outbound.id, "processing")
        with pytest.raises(RpcError, match="at this very moment"):
            say(buyer, order)
        receiver.hurry()
        suite.ledger.wait_for_order(order.id, outbound.id, "done")
        with pytest.raises(RpcError, match="left already"):
            say(buyer, order)
        say(buyer, order, certain=True)
        assert suite.ledger.sync(order.id, outbound.id) == "cancelled"
        undo(buyer, order)
        assert suite.ledger.sync(order.id, outbound.id) == "waiting"
        assert len(receiver.received) == 1
