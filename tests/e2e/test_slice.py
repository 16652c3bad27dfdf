"""A purchase order travels to the supplier, and the supplier's confirmation comes back."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_partners.medsupply import MedSupply, MedSupplySettings
from demo_partners.orders import Behaviour
from standardwebhooks import Webhook

from tests.e2e.conftest import Suite
from tests.e2e.office import Inbound, Order, Outbound, Supplier, new_secret
from tests.harness import wait_until


class World:
    """MedSupply, running, and the two interfaces with it."""

    def __init__(self, suite: Suite, folder: Path) -> None:
        office = suite.office
        self.supplier: Supplier = office.supplier("MedSupply")
        office.buyer()
        self.inbound: Inbound = office.inbound(
            self.supplier, office.buyer("interface"), latency_class="realtime"
        )
        secret = new_secret()
        settings = MedSupplySettings(
            state_dir=folder,
            inbound_url=suite.server.url + self.inbound.path,
            secrets_out=[secret],
            secret_in=self.inbound.secret,
            behaviour=Behaviour(delay=0, confirm=False),
        )
        self.medsupply = RecordingSupplier(settings).start()
        self.outbound: Outbound = office.outbound(
            self.supplier,
            self.medsupply.url + "/orders",
            secret,
            awaits_confirmation=True,
            latency_class="realtime",
        )


class RecordingSupplier(MedSupply):
    """MedSupply, that also keeps each request as it came."""

    def __init__(self, settings: MedSupplySettings) -> None:
        super().__init__(settings)
        self.requests: list[Any] = []

    def _receive(self, request: Any) -> Any:
        self.requests.append(request)
        return super()._receive(request)


@pytest.fixture(scope="module")
def world(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(suite, tmp_path_factory.mktemp("medsupply"))
    yield world
    world.medsupply.stop()


@pytest.fixture(scope="module")
def travelled(suite: Suite, world: World) -> tuple[Order, float]:
    """An order that a purchase user confirmed and that reached MedSupply; and how long it took."""
    product = suite.office.product(name="Gloves", type="consu", default_code="GLV-M")
    order = suite.office.order(world.supplier, lines=2, product_id=product)
    buyer = suite.server.login("buyer", "buyer")
    started = time.monotonic()
    suite.office.confirm([order], buyer.call)
    wait_until(lambda: world.medsupply.requests, what="a delivery to MedSupply")
    seconds = time.monotonic() - started
    suite.ledger.wait_for_order(order.id, world.outbound.id, "done")
    return order, seconds


def test_order_arrives_once_signed_and_canonical(
    world: World, travelled: tuple[Order, float]
) -> None:
    order, _seconds = travelled
    (request,) = world.medsupply.requests
    # raises unless id, timestamp and signature are right
    event = Webhook(world.outbound.secret).verify(request.body, dict(request.headers))
    assert request.headers["content-type"] == "application/json"
    assert event["type"] == "procurement.purchase_order.confirmed"
    assert event["timestamp"].endswith("Z")
    data = event["data"]
    assert data["order_number"] == order.name
    assert data["supplier"]["name"] == "MedSupply"
    assert [line["line_reference"] for line in data["lines"]] == [str(i) for i in order.line_ids]
    first = data["lines"][0]
    assert (first["quantity"], first["unit"], first["unit_price"]) == ("5", "C62", "12.5")
    assert first["item"] == {
        "code": "GLV-M",
        "gtin": None,
        "name": "Gloves",
        "supplier_code": None,
    }
    assert first["requested_date"] == "2030-05-10"
    assert data["total"] == "125"
    assert json.loads(request.body) == event


def test_order_waits_for_confirmation(
    suite: Suite, world: World, travelled: tuple[Order, float]
) -> None:
    order, _seconds = travelled
    assert suite.ledger.sync(order.id, world.outbound.id) == "waiting"
    buyer = suite.server.login("buyer", "buyer")
    waiting = buyer.call("purchase.order", "search", [["integration_sync_state", "=", "waiting"]])
    assert waiting == [order.id]


def test_confirmation_synchronises_the_order(
    suite: Suite, world: World, travelled: tuple[Order, float]
) -> None:
    order, there = travelled
    started = time.monotonic()
    world.medsupply.set_behaviour(confirm=True)
    wait_until(
        lambda: suite.ledger.sync(order.id, world.outbound.id) == "synchronised",
        what="the order being synchronised",
    )
    back = time.monotonic() - started
    print(f"\nconfirmed → at MedSupply {there:.2f} s, confirmation → synchronised {back:.2f} s")
    (message,) = suite.ledger.messages(world.inbound.id)
    # MedSupply notes our answer at its own time, perhaps after we have handled the message.
    (sending,) = wait_until(
        lambda: [one for one in world.medsupply.store.sendings() if one.status],
        what="MedSupply noting the answer",
    )
    assert sending.status == 202
    assert message["uuid"] in sending.note, "the receipt names the message"
    assert message["state"] == "done"
    assert (message["res_model"], message["res_id"]) == ("purchase.order", order.id)
    lines = suite.ledger.lines(order.id)
    assert [(line["quantity"], str(line["promised"])) for line in lines] == [
        (5, "2030-05-10"),
        (5, "2030-05-10"),
    ]
    (note,) = suite.ledger.notes(order.id)
    assert "SO-100001" in note
    assert "05/10/2030" in note
    reference = suite.office.read("purchase.order", order.id, "partner_ref", "message_ids")
    assert reference["partner_ref"] == "SO-100001"


def test_both_ways_share_correlation_and_trace(
    suite: Suite, world: World, travelled: tuple[Order, float]
) -> None:
    order, _seconds = travelled
    wait_until(lambda: suite.ledger.notes(order.id), what="the confirmation being handled")
    (sent,) = suite.ledger.messages(world.outbound.id)
    (received,) = suite.ledger.messages(world.inbound.id)
    (request,) = world.medsupply.requests
    assert request.headers["x-correlation-id"] == sent["correlation_id"]
    assert received["correlation_id"] == sent["correlation_id"]
    assert request.headers["traceparent"] == sent["trace_parent"]
    _version, trace, span, _flags = sent["trace_parent"].split("-")
    _version, same_trace, other_span, _flags = received["trace_parent"].split("-")
    assert same_trace == trace
    assert other_span != span


def test_repeated_confirmation_has_no_second_effect(
    suite: Suite, world: World, travelled: tuple[Order, float]
) -> None:
    order, _seconds = travelled
    wait_until(lambda: suite.ledger.notes(order.id), what="the confirmation being handled")
    (original,) = world.medsupply.store.sendings()
    world.medsupply.resend(original.id)
    wait_until(
        lambda: [s.status for s in world.medsupply.store.sendings()] == [202, 202],
        what="the duplicate being accepted",
    )
    receipts = {json.loads(s.note)["receipt"] for s in world.medsupply.store.sendings()}
    assert len(receipts) == 1
    assert suite.ledger.count(world.inbound.id) == 1
    assert len(suite.ledger.notes(order.id)) == 1
    assert len(world.medsupply.requests) == 1, "the confirmation caused no new order event"
