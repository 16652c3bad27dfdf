"""MedSupply: a supplier that takes orders by webhook and confirms them by webhook."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import orders, pages
from .orders import Behaviour, OrderRefusedError
from .sender import Sender
from .signing import verify
from .store import Sending, Store, StoredOrder
from .web import (
    LoopbackServer,
    Request,
    Response,
    html_response,
    json_response,
    see_other,
    utc_text,
)

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class MedSupplySettings:
    """What MedSupply needs to start.

    :ivar state_dir: folder of ``medsupply.sqlite``
    :ivar inbound_url: address of Odoo's webhook that takes the confirmations
    :ivar secrets_out: ``whsec_…`` secrets with which Odoo signs orders (several while rotating)
    :ivar secret_in: ``whsec_…`` secret with which confirmations are signed
    :ivar port: 0 takes a free one
    """

    state_dir: Path
    inbound_url: str
    secrets_out: Sequence[str]
    secret_in: str
    port: int = 0
    behaviour: Behaviour = field(default_factory=Behaviour)


class MedSupply:
    """The running supplier: ``with MedSupply(settings) as supplier: supplier.url``."""

    def __init__(self, settings: MedSupplySettings) -> None:
        self.settings = settings
        self.behaviour = settings.behaviour
        self.store = Store(Path(settings.state_dir) / "medsupply.sqlite")
        self.sender = Sender(self.store, settings.inbound_url, settings.secret_in)
        self._server = LoopbackServer(self.handle, settings.port, "medsupply")
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> "MedSupply":
        """:raises OSError: the port is taken"""
        self._server.open()
        self.sender.enabled = self.behaviour.confirm
        self.sender.start()
        return self

    def stop(self) -> None:
        """Stop taking orders and sending; what is pending is sent after the next start."""
        self._server.close()
        if self.sender.stop():
            self.store.close()

    def __enter__(self) -> "MedSupply":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def set_behaviour(self, **fields: object) -> Behaviour:
        """Change how orders are treated from now on; see :class:`Behaviour` for the names.

        :raises ValueError: a value is out of its range
        """
        with self._lock:
            texts = {name: str(value) for name, value in fields.items()}
            self.behaviour = self.behaviour.changed(texts)
        self.sender.enabled = self.behaviour.confirm
        self.sender.wake()
        return self.behaviour

    # ---- HTTP

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.method == "POST" and request.path == "/orders":
            return self._receive(request)
        if request.method == "GET":
            return self._show(request)
        if request.method == "POST" and request.path in ("/behaviour", "/resend"):
            return self._command(request)
        return json_response(404, {"error": "not found"})

    def _receive(self, request: Request) -> Response:
        if self.behaviour.reply_status:
            return json_response(
                self.behaviour.reply_status, {"error": "MedSupply is out of order"}
            )
        if not request.headers.get("content-type", "").startswith("application/json"):
            return json_response(415, {"error": "send application/json"})
        if not verify(self.settings.secrets_out, request.headers, request.body):
            _LOGGER.info("MedSupply: refused an order whose signature is not valid")
            return json_response(401, {"error": "unauthorized"})
        try:
            order = orders.parse_order(request.body)
        except OrderRefusedError as problem:
            _LOGGER.info("MedSupply: refused an order: %s", problem)
            return json_response(422, {"error": str(problem)})
        stored, is_new = self._keep(order, request)
        if stored.body != request.body:
            return json_response(409, {"error": "this webhook-id came with another body before"})
        if is_new:
            self.sender.wake()
        _LOGGER.info(
            "MedSupply: order %s received%s",
            order.number,
            "" if is_new else " again, known already",
        )
        return json_response(202, {"receipt": stored.supplier_ref, "duplicate": not is_new})

    def _keep(self, order: orders.Order, request: Request) -> tuple[StoredOrder, bool]:
        """Store the order and plan its confirmation, both or neither, before the 202 leaves."""
        now = time.time()
        with self.store.transaction():
            stored, is_new = self.store.add_order(
                request.headers["webhook-id"],
                order.number,
                request.body,
                now,
                request.headers.get("x-correlation-id"),
                request.headers.get("traceparent"),
            )
            if is_new:
                due = now + self.behaviour.delay
                message = orders.confirmation(
                    order, stored.supplier_ref, utc_text(due), self.behaviour
                )
                self.store.add_sending(
                    stored.id,
                    f"conf_{uuid.uuid4().hex}",
                    "confirmation",
                    orders.encode(message),
                    due,
                )
        return stored, is_new

    def _show(self, request: Request) -> Response:
        if request.path == "/health":
            return json_response(200, {"status": "ok"})
        if request.path == "/state":
            return json_response(200, self.state())
        if request.path == "/":
            live = pages.medsupply_live(self.store.orders(), self.store.sendings(), time.time())
            if "live" in request.query:
                return html_response(live)
            return html_response(pages.medsupply_page(live, self.behaviour, request.query))
        return json_response(404, {"error": "not found"})

    def _command(self, request: Request) -> Response:
        """Do what a button asks; a program gets JSON instead of the page."""
        if not request.is_same_origin():
            return json_response(403, {"error": "only from this page"})
        fields = request.fields()
        try:
            if request.path == "/behaviour":
                result = asdict(self.set_behaviour(**fields))
            else:
                result = {"sending": self.resend(int(fields["sending"]), fields.get("quantity")).id}
        except KeyError as problem:
            return json_response(404, {"error": f"unknown or missing: {problem}"})
        except ValueError as problem:
            return json_response(400, {"error": str(problem)})
        if "json" in request.headers.get("content-type", ""):
            return json_response(200, result)
        return see_other("/?done=" + request.path[1:])

    # ---- what a visitor may ask for

    def resend(self, sending_id: int, quantity: str | None = None) -> Sending:
        """Send a confirmation once more under the same webhook-id.

        :param quantity: None repeats the message byte for byte (a duplicate); a decimal text
            changes the first position (a conflict: the same id names another body)
        :raises KeyError: there is no such sending
        :raises ValueError: the quantity is not a decimal number
        """
        original = self.store.sending(sending_id)
        body = original.body if quantity is None else orders.with_quantity(original.body, quantity)
        kind = "duplicate" if body == original.body else "conflict"
        sending = self.store.add_sending(
            original.order_id, original.webhook_id, kind, body, time.time()
        )
        self.sender.wake()
        return sending

    def state(self) -> dict:
        """Return orders and sendings, newest first, for programs that watch."""
        received = [
            {
                "webhook_id": order.webhook_id,
                "order_number": order.number,
                "supplier_ref": order.supplier_ref,
                "deliveries": order.deliveries,
                "received_at": utc_text(order.received_at),
                "correlation_id": order.correlation_id,
                "traceparent": order.traceparent,
            }
            for order in self.store.orders(1000)
        ]
        sent = [
            {**asdict(sending), "body": json.loads(sending.body)}
            for sending in self.store.sendings(1000)
        ]
        return {"behaviour": asdict(self.behaviour), "orders": received, "sendings": sent}
