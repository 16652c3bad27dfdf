"""The door: what partners may deliver, what they are told, and what is stored of it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import World, receipt_of
from tests.e2e.senders import WebhookSender, chunked_post, encode, new_session

SERVER = {"workers": 2, "channels": "root:1"}
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


# -- who may deliver ---------------------------------------------------------------------


def test_every_wrong_signature_gets_the_same_silent_401(world: World) -> None:
    before = world.count()
    content = encode(world.order().confirmation())
    signed = world.sender.headers(content)
    old = datetime.now(UTC) - timedelta(minutes=6)
    foreign = WebhookSender(world.sender.url, "whsec_" + "A" * 43 + "=")
    wrong = {
        "another secret": foreign.headers(content),
        "another body": world.sender.headers(content + b" "),
        "no signature": {**signed, "webhook-signature": ""},
        "no id": {**signed, "webhook-id": ""},
        "another id": {**signed, "webhook-id": "msg_other"},
        "no timestamp": {**signed, "webhook-timestamp": ""},
        "old timestamp": world.sender.headers(content, sent_at=old),
        "future timestamp": world.sender.headers(
            content, sent_at=datetime.now(UTC) + timedelta(minutes=6)
        ),
        "garbage signature": {**signed, "webhook-signature": "v1,§§§".encode("latin-1")},
        "unsigned version": {**signed, "webhook-signature": "v9," + "A" * 44},
    }
    answers = {
        what: world.sender.post(content, {name: value for name, value in headers.items() if value})
        for what, headers in wrong.items()
    }
    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(
        wrong, 401
    )
    assert len({answer.content for answer in answers.values()}) == 1
    assert "detail" not in answers["old timestamp"].json()
    names = {frozenset(answer.headers) for answer in answers.values()}
    assert len(names) == 1
    assert world.count() == before
    # the same delivery, signed, is welcome
    receipt_of(world.sender.post(content, signed))


def test_unknown_token_is_not_found(world: World) -> None:
    content = encode({})
    url = world.suite.server.url + "/integration/webhook/nobody-knows-this"
    answer = WebhookSender(url, world.sender.secret).deliver(content)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_get_is_not_allowed(world: World) -> None:
    with new_session() as session:
        assert session.get(world.sender.url, timeout=10).status_code == 405


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_wrong_content_type(world: World, content_type: str) -> None:
    before = world.count()
    answer = world.sender.deliver({"a": 1}, headers={"content-type": content_type})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]
    assert world.count() == before


def test_content_type_may_name_a_charset(world: World) -> None:
    answer = world.sender.deliver(
        world.order().confirmation(), headers={"content-type": "application/json; charset=utf-8"}
    )
    receipt_of(answer)


# -- size --------------------------------------------------------------------------------


def padded(size: int) -> bytes:
    """Return a JSON body of exactly ``size`` bytes."""
    frame = encode({"padding": ""})
    return frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]


def in_chunks(body: bytes, size: int = 65536) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("excess", [1, 2, MIB])
def test_body_over_the_cap_is_refused(world: World, excess: int) -> None:
    before = world.count()
    body = padded(MIB + excess)
    assert world.sender.deliver(body).status_code == 413
    assert world.count() == before


@pytest.mark.parametrize("excess", [1, 2, 3 * MIB])
def test_chunked_body_over_the_cap_is_refused(world: World, excess: int) -> None:
    before = world.count()
    body = padded(MIB + excess)
    status, answer = chunked_post(world.sender.url, world.sender.headers(body), in_chunks(body))
    assert status == 413, answer
    assert world.count() == before


def test_chunked_body_cut_at_the_cap_is_refused(world: World) -> None:
    """What would be left of a cut body is signed correctly here: only its length betrays it."""
    before = world.count()
    kept = padded(MIB)
    body = kept + b" " * 4096
    status, _answer = chunked_post(world.sender.url, world.sender.headers(kept), in_chunks(body))
    assert status == 413
    assert world.count() == before


def test_body_at_the_cap_is_accepted_both_ways(world: World) -> None:
    body = padded(MIB)
    answer = world.sender.deliver(body)
    message = world.suite.ledger.wait_for(receipt_of(answer), "quarantined")
    assert message["error_class"] == "mapping", "it is read, and holds no positions"
    status, content = chunked_post(world.sender.url, world.sender.headers(body), in_chunks(body))
    assert status == 202
    receipt = json.loads(content[content.index(b"{") : content.rindex(b"}") + 1])["receipt"]
    assert world.suite.ledger.message(receipt)["id"] > message["id"]


# -- content -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b'{"order_no": "P1"', b"", b'{"a": NaN}', b"[" * 5000 + b"]" * 5000]
)
def test_malformed_json_is_acknowledged_and_quarantined(world: World, body: bytes) -> None:
    message = world.suite.ledger.wait_for(receipt_of(world.sender.deliver(body)), "quarantined")
    assert message["error_code"] == "malformed_json"
    assert message["error_class"] == "contract"
    assert message["attempts"] == 1


def test_contract_violation_names_places_but_no_values(world: World) -> None:
    order = world.order()
    content = order.confirmation(promised="SECRET-DATE")
    content["order_no"] = ""
    message = world.suite.ledger.wait_for(receipt_of(world.sender.deliver(content)), "quarantined")
    assert message["error_class"] == "contract"
    assert "/lines/0/promised_date" in message["error_message"]
    assert "/order_number" in message["error_message"]
    assert "SECRET-DATE" not in message["error_message"]
    (attempt,) = world.suite.ledger.attempts(message["id"])
    assert attempt["outcome"] == "quarantined"
    assert "SECRET-DATE" not in attempt["error_message"]
    assert world.suite.ledger.notes(order.id) == []


def test_value_that_the_mapping_cannot_read_is_quarantined(world: World) -> None:
    order = world.order()
    content = order.confirmation()
    content["positions"][0]["qty"] = "a-few-secret"
    message = world.suite.ledger.wait_for(receipt_of(world.sender.deliver(content)), "quarantined")
    assert message["error_class"] == "mapping"
    assert "a-few-secret" not in message["error_message"]


def test_unknown_order_is_quarantined_with_a_reason(world: World) -> None:
    content = world.order().confirmation(order_no="P99999")
    message = world.suite.ledger.wait_for(receipt_of(world.sender.deliver(content)), "quarantined")
    assert (message["error_class"], message["error_code"]) == ("conflict", "unknown_order")
    assert "no purchase order" in message["error_message"]


def test_one_unknown_line_leaves_the_others_untouched(world: World) -> None:
    order = world.order()
    content = order.confirmation()
    content["positions"].append({**content["positions"][0], "pos": "999999"})
    message = world.suite.ledger.wait_for(receipt_of(world.sender.deliver(content)), "quarantined")
    assert message["error_code"] == "unknown_line"
    assert world.suite.ledger.lines(order.id) == [{"quantity": None, "promised": None}]


# -- duplicates --------------------------------------------------------------------------


def test_duplicate_gets_the_same_receipt_and_no_second_effect(world: World) -> None:
    order = world.order()
    content = order.confirmation()
    first = receipt_of(world.sender.deliver(content, "msg_twice"))
    assert receipt_of(world.sender.deliver(content, "msg_twice")) == first
    world.suite.ledger.wait_for(first, "done")
    assert receipt_of(world.sender.deliver(content, "msg_twice")) == first, "also when handled"
    time.sleep(0.5)
    assert len(world.suite.ledger.notes(order.id)) == 1


def test_concurrent_duplicates_make_one_message(world: World) -> None:
    order = world.order()
    body = encode(order.confirmation())
    headers = world.sender.headers(body, "msg_many_times")
    before = world.count()
    # Fewer at once than the server's backlog of 8 connections per worker takes: beyond it, the job
    # runner's own request is dropped, and queue_job finds its job again after a minute only.
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _i: world.sender.post(body, headers), range(24)))
    receipts = {receipt_of(answer) for answer in answers}
    assert len(receipts) == 1
    assert world.count() == before + 1
    world.suite.ledger.wait_for(receipts.pop(), "done")
    assert len(world.suite.ledger.notes(order.id)) == 1
    # Odoo logs a statement that collides, with its parameters, unless it is told not to.
    log = world.suite.server.log_text()
    assert "supplier_ref" not in log
    assert body.hex() not in log


def test_same_id_with_another_body_is_a_conflict(world: World) -> None:
    order = world.order()
    first = receipt_of(world.sender.deliver(order.confirmation("2030-05-17"), "msg_reused"))
    world.suite.ledger.wait_for(first, "done")
    other = order.confirmation("2031-01-01")
    second = receipt_of(world.sender.deliver(other, "msg_reused"))
    assert second != first
    message = world.suite.ledger.message(second)
    assert (message["state"], message["error_class"]) == ("quarantined", "conflict")
    assert message["external_key"] == "msg_reused"
    before = world.count()
    assert receipt_of(world.sender.deliver(other, "msg_reused")) == second, "its own duplicate"
    assert world.count() == before
    time.sleep(0.5)
    assert len(world.suite.ledger.notes(order.id)) == 1
    assert str(world.suite.ledger.lines(order.id)[0]["promised"]) == "2030-05-17"
