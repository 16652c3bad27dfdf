"""The door in operation: rate, pause, lifecycle, and the order in which messages are handled."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import World, receipt_of
from tests.e2e.senders import encode, new_session

SERVER = {"workers": 2, "channels": "root:1"}


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


# -- rate --------------------------------------------------------------------------------


def test_rate_limit_of_all_workers_together(world: World) -> None:
    """Five a second and a burst of 10 for the interface, some 100 a second offered."""
    limited = world.interface({"rate_per_second": 5, "rate_burst": 10})
    sender = world.suite.sender(limited)
    body = encode(world.order().confirmation())
    headers = sender.headers(body, "msg_rated")
    started = time.monotonic()

    def offer(_number: int) -> list[requests.Response]:
        answers = []
        for _each in range(50):
            answers.append(sender.post(body, headers))  # a new connection: any worker may take it
            time.sleep(0.06)
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for some in pool.map(offer, range(8)) for answer in some]
    limit = 10 + 5 * (time.monotonic() - started)
    accepted = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code == 429]
    print(f"\noffered {len(answers)}, accepted {len(accepted)} (limit {limit:.0f})")
    assert len(accepted) + len(refused) == len(answers)
    assert len(answers) > 2 * limit, "the load was too small to prove anything"
    # Never more than the limit. Less, when the kernel gives the workers unequal shares of the load.
    assert 0.6 * limit <= len(accepted) <= 1.05 * limit
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


# -- operation ---------------------------------------------------------------------------


def test_pause_accepts_and_holds_and_resume_drains(world: World) -> None:
    own = world.interface()
    sender = world.suite.sender(own)
    order = world.order()
    world.suite.admin.call("integration.interface", "action_pause", [own.id])
    receipt = receipt_of(sender.deliver(order.confirmation()))
    message = world.suite.ledger.wait_for(receipt, "held")
    assert message["held_reason"] == "paused"
    time.sleep(1)
    assert world.suite.ledger.message(receipt)["state"] == "held"
    assert world.suite.ledger.notes(order.id) == []
    world.suite.admin.call("integration.interface", "action_resume", [own.id])
    message = world.suite.ledger.wait_for(receipt, "done")
    assert message["held_reason"] is None
    assert len(world.suite.ledger.notes(order.id)) == 1


def test_stop_receiving_answers_503_until_resumed(world: World) -> None:
    own = world.interface()
    sender = world.suite.sender(own)
    content = world.order().confirmation()
    world.suite.admin.call("integration.interface", "action_stop_receiving", [own.id])
    for _each_worker in range(6):
        answer = sender.deliver(content, "msg_stopped")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert sender.deliver(content, headers={"webhook-signature": ""}).status_code == 401
    assert world.suite.ledger.count(own.id) == 0
    world.suite.admin.call("integration.interface", "action_resume", [own.id])
    world.suite.ledger.wait_for(receipt_of(sender.deliver(content, "msg_stopped")), "done")


def test_interface_that_is_not_active_answers_503(world: World) -> None:
    own = world.interface(active=False)
    sender = world.suite.sender(own)
    content = world.order().confirmation()
    states = []
    for step in ("", "action_submit", "action_approve"):
        who = world.suite.office.approve if step == "action_approve" else world.suite.admin.call
        if step:
            who("integration.interface", step, [own.id])
        answer = sender.deliver(content, "msg_early")
        states.append((answer.status_code, "retry-after" in answer.headers))
    assert states == [(503, True)] * 3
    assert world.suite.ledger.count(own.id) == 0
    world.suite.admin.call("integration.interface", "action_activate", [own.id])
    receipt_of(sender.deliver(content, "msg_early"))


def test_message_accepted_before_the_interface_was_retired_is_held(world: World) -> None:
    own = world.interface()
    sender = world.suite.sender(own)
    order = world.order()
    world.suite.admin.call("integration.interface", "action_pause", [own.id])
    receipt = receipt_of(sender.deliver(order.confirmation()))
    world.suite.ledger.wait_for(receipt, "held")
    world.suite.admin.call("integration.interface", "action_retire", [own.id])
    world.suite.admin.call("integration.interface", "action_resume", [own.id])
    time.sleep(1)
    assert world.suite.ledger.message(receipt)["state"] == "held"
    world.suite.admin.call("integration.interface", "action_back_to_draft", [own.id])
    world.suite.office.activate(own.id)
    world.suite.ledger.wait_for(receipt, "done")
    assert len(world.suite.ledger.notes(order.id)) == 1


def test_deprecated_accepts_with_a_warning_and_retired_is_gone(world: World) -> None:
    own = world.interface()
    sender = world.suite.sender(own)
    content = world.order().confirmation()
    world.suite.admin.call("integration.interface", "action_deprecate", [own.id])
    answer = sender.deliver(content)
    receipt_of(answer)
    assert answer.headers["deprecation"].startswith("@")
    world.suite.admin.call("integration.interface", "action_retire", [own.id])
    assert sender.deliver(content).status_code == 410
    assert sender.deliver(content, headers={"webhook-signature": ""}).status_code == 401


# -- order -------------------------------------------------------------------------------


def test_messages_of_one_order_are_handled_in_order(world: World) -> None:
    own = world.interface({"lanes": 2}, ordering_key_path="order_no")
    sender = world.suite.sender(own)
    orders = world.suite.office.confirmed(world.supplier, 3)
    with new_session() as session:
        for day in range(1, 11):
            for order in orders:
                content = order.confirmation(f"2030-06-{day:02}")
                receipt_of(sender.deliver(content, session=session))
    assert world.suite.ledger.wait_settled(own.id, 30) == {"done": 30}
    for order in orders:
        days = world.suite.ledger.promised(order.id)
        assert days == [f"2030-06-{day:02}" for day in range(1, 11)]
        assert str(world.suite.ledger.lines(order.id)[0]["promised"]) == "2030-06-10"
