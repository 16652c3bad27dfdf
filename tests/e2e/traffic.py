"""Messages in both directions while a test breaks things, and what must have come of them."""

import threading
import time

import requests

from tests.e2e.conftest import Suite
from tests.e2e.office import Inbound, Order
from tests.e2e.receivers import Receiver
from tests.e2e.senders import WebhookSender


def service_user(suite: Suite) -> int:
    (user,) = suite.admin.call("res.users", "search", [["login", "=", "interface"]])
    return user


class StubbornPartner(threading.Thread):
    """Delivers confirmations, each until it is accepted, as a real partner would.

    The last third of them waits for ``release``, so that what a test breaks is broken before.
    """

    def __init__(self, sender: WebhookSender, orders: list[Order]) -> None:
        super().__init__(daemon=True)
        self.sender = sender
        self.orders = orders
        self.receipts: dict[int, str] = {}
        self.failures = 0
        self.release = threading.Event()

    def run(self) -> None:
        for order in self.orders:
            if len(self.receipts) >= len(self.orders) * 2 // 3:
                self.release.wait()
            while order.id not in self.receipts:
                try:
                    answer = self.sender.deliver(order.confirmation(), f"msg_{order.id}")
                except requests.RequestException:
                    answer = None
                time.sleep(0.03)  # so that what a test breaks is broken in between
                if answer is not None and answer.status_code == 202:
                    self.receipts[order.id] = answer.json()["receipt"]
                else:
                    self.failures += 1
                    time.sleep(0.2)


class Traffic:
    """Both directions at once: confirmations arrive while orders leave."""

    def __init__(self, suite: Suite, name: str, receiver: Receiver, count: int) -> None:
        self.suite = suite
        office = suite.office
        self.inbound: Inbound = office.inbound(
            incoming := office.supplier(name + " in"), service_user(suite), {"max_attempts": 50}
        )
        outgoing = office.supplier(name + " out")
        self.outbound = office.outbound(outgoing, receiver.url, policy={"max_attempts": 50})
        self.receiver = receiver
        self.to_send = office.orders(outgoing, count)
        self.partner = StubbornPartner(
            suite.sender(self.inbound), office.confirmed(incoming, count)
        )

    def start(self) -> None:
        self.partner.start()
        self.suite.office.confirm(self.to_send)

    def check(self) -> None:
        """Wait for the end; nothing is lost, nothing happened twice."""
        ledger, total = self.suite.ledger, len(self.to_send)
        self.partner.release.set()
        self.suite.wait_watched(
            lambda: (
                ledger.states(self.inbound.id) == ledger.states(self.outbound.id) == {"done": total}
            ),
            timeout=240,
            what=f"{total} messages done each way",
        )
        self.partner.join(60)
        assert len(self.partner.receipts) == total
        stored = {row["uuid"] for row in ledger.messages(self.inbound.id)}
        assert set(self.partner.receipts.values()) == stored, "accepted is stored, and only that"
        assert [len(ledger.notes(order.id)) for order in self.partner.orders] == [1] * total
        sent = [row["external_key"] for row in ledger.messages(self.outbound.id)]
        assert set(self.receiver.accepted()) == set(sent)
        assert {ledger.sync(order.id, self.outbound.id) for order in self.to_send} == {
            "synchronised"
        }
