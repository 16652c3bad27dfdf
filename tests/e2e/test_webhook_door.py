"""The door of webhook interfaces: formats, batches, receipts, back-pressure, handshakes, origin."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import World, receipt_of
from tests.e2e.office import Inbound, Order
from tests.e2e.senders import chunked_post, encode, new_session
from tests.harness import wait_until

# Odoo's own proxy mode believes whoever connects; the suite does not.
SERVER = {
    "workers": 2,
    "channels": "root:1",
    "options": {"proxy_mode": True},
    "integration": {"trusted_proxies": "127.0.0.1"},
}
TOKEN = "token-of-the-partner"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


def interface(world: World, **values: Any) -> Inbound:
    """An interface whose partner shows a token: nothing to sign, so bodies are easy to vary."""
    office = world.suite.office
    credential = office.create(
        "integration.credential",
        name="token",
        kind="bearer",
        version_ids=[[0, 0, {"secret": TOKEN}]],
    )
    return world.interface(webhook_scheme="bearer", credential_id=credential, **values)


def call(
    world: World,
    inbound: Inbound,
    body: Any = None,
    method: str = "POST",
    path: str = "",
    **headers: str,
) -> requests.Response:
    data = body if isinstance(body, bytes) or body is None else encode(body)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with new_session() as session:
        return session.request(
            method,
            world.suite.server.url + inbound.path + path,
            data=data,
            headers={"content-type": "application/json", **BEARER, **names},
            timeout=30,
        )


# -- size and format ---------------------------------------------------------------------


def test_chunked_body_over_the_cap_of_the_interface(world: World) -> None:
    own = interface(world, body_limit=64)
    url = world.suite.server.url + own.path
    headers = {"content-type": "application/json", **BEARER}
    for size, status in ((64 * 1024, 202), (64 * 1024 + 1, 413), (2 * 1024 * 1024, 413)):
        body = b'"' + b"x" * (size - 2) + b'"'
        chunks = [body[at : at + 8192] for at in range(0, len(body), 8192)]
        assert chunked_post(url, headers, chunks)[0] == status, size
    assert world.suite.ledger.count(own.id) == 1


def test_format_decides_the_content_types(world: World) -> None:
    own = interface(world, body_codec="xml")
    answer = call(world, own, {"a": 1})
    assert answer.status_code == 415
    assert "application/xml" in answer.json()["detail"]
    assert call(world, own, b"<a/>", content_type="text/xml; charset=utf-8").status_code == 202
    automatic = interface(world, body_codec="auto")
    for kind, status in (
        ("application/json", 202),
        ("application/x-www-form-urlencoded", 202),
        ("text/csv", 202),
        ("application/octet-stream", 202),
        ("text/html", 415),
        ("", 415),
    ):
        answer = call(world, automatic, f"a={kind}".encode(), content_type=kind)
        assert answer.status_code == status, kind


def xml_mapping(world: World) -> int:
    office = world.suite.office
    mapping_id = office.create(
        "integration.mapping",
        name="Confirmation in XML",
        header="{order_number: root.confirmation.order_no,"
        " supplier_reference: root.confirmation.supplier_ref,"
        " confirmed_at: root.confirmation.confirmed_at}",
        section_ids=[
            [
                0,
                0,
                {
                    "target": "lines",
                    "source": "confirmation.position",
                    "expression": "{line_reference: item.pos, quantity: decimal(item.qty),"
                    " unit: item.unit, promised_date: item.promised}",
                },
            ]
        ],
    )
    office.call("integration.mapping", "action_submit", [mapping_id])
    office.approve("integration.mapping", "action_approve", [mapping_id])
    return mapping_id


def as_xml(order: Order) -> bytes:
    content = order.confirmation()
    positions = "".join(
        "<position>" + "".join(f"<{k}>{v}</{k}>" for k, v in one.items()) + "</position>"
        for one in content["positions"]
    )
    head = "".join(f"<{k}>{content[k]}</{k}>" for k in ("order_no", "supplier_ref", "confirmed_at"))
    return f"<?xml version='1.0'?><confirmation>{head}{positions}</confirmation>".encode()


def test_xml_is_stored_as_it_came_and_handled_as_json(world: World) -> None:
    own = interface(
        world,
        body_codec="xml",
        body_options=json.dumps({"lists": ["position"]}),
        mapping_id=xml_mapping(world),
        ordering_key_path="confirmation.order_no",
    )
    order = world.order()
    body = as_xml(order)
    receipt = receipt_of(call(world, own, body, content_type="application/xml"))
    message = world.suite.ledger.wait_for(receipt, "done")
    assert len(world.suite.ledger.notes(order.id)) == 1
    assert message["partition_key"] == order.name
    stored = world.suite.database.sql(
        "SELECT size, content_type FROM integration_payload WHERE message_id = %s"
        " AND kind = 'received'",
        [message["id"]],
    )
    assert stored == [{"size": len(body), "content_type": "application/xml"}]
    broken = receipt_of(call(world, own, body[:-3], content_type="application/xml"))
    message = world.suite.ledger.wait_for(broken, "quarantined")
    assert message["error_code"] == "malformed_xml"


# -- many messages in one request --------------------------------------------------------

ARRAY = {"items_form": "array", "items_options": json.dumps({"id_path": "supplier_ref"})}


def test_array_of_messages(world: World) -> None:
    own = interface(world, **ARRAY)
    orders = world.suite.office.confirmed(world.supplier, 5)
    answer = call(world, own, [order.confirmation() for order in orders])
    assert answer.status_code == 202
    told = answer.json()["receipts"]
    assert [one["id"] for one in told] == [f"SO-{order.id}" for order in orders]
    for one in told:
        world.suite.ledger.wait_for(one["receipt"], "done")
    for order in orders:
        assert len(world.suite.ledger.notes(order.id)) == 1
    again = call(world, own, [order.confirmation() for order in orders])
    assert again.json() == answer.json(), "a repeated request gets the same receipts"
    assert world.suite.ledger.count(own.id) == 5


def test_one_request_at_once_from_many_senders(world: World) -> None:
    own = interface(world, **ARRAY)
    content = [{"supplier_ref": f"r-{number}"} for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _i: call(world, own, content), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    receipts = {tuple(one["receipt"] for one in answer.json()["receipts"]) for answer in answers}
    assert len(receipts) == 1
    assert world.suite.ledger.count(own.id) == 20


def test_too_many_items(world: World) -> None:
    own = interface(world, items_form="array", items_options='{"max_items": 3}')
    assert call(world, own, [1, 2, 3, 4]).status_code == 413
    assert world.suite.ledger.count(own.id) == 0


def test_batch_of_cloudevents(world: World) -> None:
    own = interface(world)
    event = {"specversion": "1.0", "source": "/shop", "type": "order", "data": {}}
    answer = call(
        world,
        own,
        [{**event, "id": str(number)} for number in range(3)],
        content_type="application/cloudevents-batch+json",
    )
    assert [one["id"] for one in answer.json()["receipts"]] == ["/shop 0", "/shop 1", "/shop 2"]


# -- receipts ----------------------------------------------------------------------------


def ask(world: World, own: Inbound, told: dict[str, str], token: str = "") -> requests.Response:
    proof = f"Bearer {token or told['receipt_token']}"
    return call(world, own, None, "GET", f"/receipts/{told['receipt']}", authorization=proof)


def test_receipt_tells_what_became_of_it(world: World) -> None:
    own, order = interface(world), world.order()
    told = call(world, own, order.confirmation()).json()
    world.suite.ledger.wait_for(told["receipt"], "done")
    answer = ask(world, own, told)
    assert (answer.status_code, answer.json()["status"]) == (200, "done")
    assert set(answer.json()) == {"receipt", "status", "received_at", "finished_at"}
    broken = call(world, own, b"{").json()
    world.suite.ledger.wait_for(broken["receipt"], "quarantined")
    found = ask(world, own, broken).json()
    assert found["status"] == "failed"
    assert set(found) == {"receipt", "status", "received_at"}, "why is for our own people"
    assert ask(world, own, told, broken["receipt_token"]).status_code == 401
    other = interface(world)
    assert ask(world, other, told).status_code == 401, "a receipt belongs to its address"


def test_receipts_survive_a_new_key(world: World) -> None:
    """Tokens are made with the key of pseudonyms, which stays when keys are added."""
    own = interface(world)
    told = call(world, own, {"a": 1}).json()
    assert ask(world, own, told).status_code == 200


# -- back-pressure -----------------------------------------------------------------------


def test_old_queue_leaves_messages_with_their_sender(world: World) -> None:
    own = interface(world, backlog_limit=30)
    database = world.suite.database
    # A lane whose flag is down, or the request would not even try to raise it.
    wait_until(
        lambda: (
            not database.sql(
                "SELECT 1 FROM integration_lane WHERE interface_id = %s AND wanted", [own.id]
            )
        ),
        20,
        what="lanes at rest",
    )
    with closing(database.connect()) as blocker:
        # Nobody can claim while the lane's row is locked: the queue stands still.
        with blocker.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM integration_lane WHERE interface_id = %s FOR UPDATE", [own.id]
            )
        first = receipt_of(call(world, own, {"n": 1}))
        database.sql(
            "UPDATE integration_message SET created_at = created_at - interval '1 hour',"
            " available_at = available_at - interval '1 hour' WHERE uuid = %s",
            [first],
        )
        time.sleep(1.2)  # a worker believes for a second what it has seen
        for _each_worker in range(6):
            answer = call(world, own, {"n": 2})
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 10
        assert call(world, own, {"n": 2}, authorization="Bearer x").status_code == 401
        blocker.rollback()
    world.suite.watchdog()
    world.suite.ledger.wait_for(first, "quarantined", "done")
    wait_until(lambda: call(world, own, {"n": 2}).status_code == 202, 10, what="an open door")


# -- handshakes --------------------------------------------------------------------------


def test_handshakes(world: World) -> None:
    graph = interface(world, webhook_handshake="graph")
    answer = call(world, graph, b"", path="?validationToken=a%20b", content_type="text/plain")
    assert (answer.status_code, answer.text) == (200, "a b")
    events = interface(
        world,
        webhook_handshake="cloudevents",
        handshake_options=json.dumps({"origins": ["events.example"]}),
    )
    origin = {"webhook_request_origin": "events.example"}
    answer = call(world, events, None, "OPTIONS", **origin)
    assert answer.headers["webhook-allowed-origin"] == "events.example"
    hub = interface(world, webhook_handshake="hub")
    token = world.suite.office.read("integration.interface", hub.id, "verify_token")["verify_token"]
    query = f"?hub.mode=subscribe&hub.challenge=c-1&hub.verify_token={token}"
    assert call(world, hub, None, "GET", query).text == "c-1"
    assert call(world, hub, None, "GET", query + "x").status_code == 403
    assert call(world, events, None, "GET").status_code == 405
    for own in (graph, events, hub):
        assert world.suite.ledger.count(own.id) == 0


# -- where requests come from ------------------------------------------------------------


def test_sources_behind_a_proxy(world: World) -> None:
    own = interface(world, source_networks="198.51.100.0/24, 2001:db8:7::/48")
    expected = {
        "198.51.100.7": 202,
        "2001:db8:7::1": 202,
        "203.0.113.9": 404,
        "198.51.100.7, 203.0.113.9": 404,  # the left entry is what the client wrote
        "203.0.113.9, 198.51.100.7": 202,
        "nonsense": 404,
        "": 404,
    }
    for forwarded, status in expected.items():
        # With the host, Odoo's proxy mode replaces the address of the peer by the last entry.
        headers = {"x_forwarded_for": forwarded, "x_forwarded_host": "odoo.example"}
        answer = call(world, own, {"from": forwarded}, **headers)
        assert answer.status_code == status, forwarded
    unknown = Inbound(own.id, own.policy_id, "/integration/webhook/nobody", "")
    refused = call(world, own, {"a": 1}, x_forwarded_for="203.0.113.9")
    assert refused.content == call(world, unknown, {"a": 1}).content
