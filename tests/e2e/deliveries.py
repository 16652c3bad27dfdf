"""A supplier whose confirmations arrive at the door."""

from typing import Any

import requests

from tests.e2e.conftest import Suite
from tests.e2e.office import Inbound, Order, Supplier
from tests.e2e.senders import WebhookSender


class World:
    """One supplier whose confirmations arrive at an interface of a test's own."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.supplier: Supplier = suite.office.supplier("MedSupply")
        self.user_id = suite.office.buyer("interface")
        self.inbound: Inbound = self.interface()
        self.sender: WebhookSender = suite.sender(self.inbound)

    def interface(self, policy: dict[str, Any] | None = None, **values: Any) -> Inbound:
        return self.suite.office.inbound(self.supplier, self.user_id, policy, **values)

    def order(self) -> Order:
        return self.suite.office.confirmed(self.supplier)[0]

    def count(self) -> int:
        return self.suite.ledger.count(self.inbound.id)


def receipt_of(answer: requests.Response) -> str:
    """Return the receipt of an accepted delivery."""
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["status"] == "accepted"
    return body["receipt"]
