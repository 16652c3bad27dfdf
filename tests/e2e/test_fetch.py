"""A partner only notifies; what it is about is asked for at its API, and handled once."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.ledger import Row
from tests.e2e.office import Inbound, Order, Supplier
from tests.e2e.receivers import PartnerApi
from tests.e2e.traffic import service_user
from tests.harness import Database, Faults, wait_until

# A person has to see to them.
FAILED = ("dead", "quarantined")
# Odoo logs every statement with its parameters: a token that leaked would be in the log.
LOGGED = {"log_handler": "odoo.sql_db:DEBUG,odoo.addons.base:DEBUG,odoo.http:DEBUG"}


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(
        database, environ=faults.environ, integration=SHORT, options=LOGGED
    ) as suite:
        suite.office.buyer("interface")
        yield suite


@dataclass
class Line:
    """A supplier that notifies, its API, and the two interfaces to it."""

    suite: Suite
    api: PartnerApi
    supplier: Supplier
    inbound: Inbound
    fetch_id: int

    @classmethod
    def of(cls, suite: Suite, name: str, api: PartnerApi, token: str, **values: Any) -> "Line":
        office = suite.office
        supplier = office.supplier(name)
        credential = office.create(
            "integration.credential",
            name=f"API of {name}",
            kind="bearer",
            version_ids=[[0, 0, {"secret": token}]],
        )
        fetch_id = office.create(
            "integration.interface",
            **{
                "name": f"Fetch from {name}",
                "system_id": supplier.system_id,
                "direction": "outbound",
                "transport": "webhook",
                "webhook_purpose": "fetch",
                "url": api.url,
                "allowed_networks": "127.0.0.0/8",
                "credential_id": credential,
                "policy_id": office.policy(),
                **values,
            },
        )
        office.activate(fetch_id)
        inbound = office.inbound(
            supplier,
            service_user(suite),
            webhook_fetch="path",
            webhook_fetch_id=fetch_id,
            webhook_fetch_path="orders/{order}",
        )
        return cls(suite, api, supplier, inbound, fetch_id)

    def order(self) -> Order:
        """A confirmed order, of which the partner's API tells more than its notification."""
        (order,) = self.suite.office.confirmed(self.supplier)
        self.api.documents[f"/orders/{order.name}"] = order.confirmation()
        return order

    def notify(self, order: Order, message_id: str | None = None) -> str:
        """Deliver a notification; return its receipt."""
        sender = self.suite.sender(self.inbound)
        answer = sender.deliver({"order": order.name}, message_id)
        assert answer.status_code == 202, answer.text
        return answer.json()["receipt"]

    def wait_content(self, receipt: str, *states: str, timeout: float = 60) -> Row:
        """Wait until what came of a notification is in one of ``states``; return it."""

        def content() -> Row | None:
            of_case = self.suite.database.sql(
                "SELECT c.* FROM integration_message n JOIN integration_message c"
                " ON c.correlation_id = n.correlation_id AND c.interface_id = n.interface_id"
                " WHERE n.uuid = %s AND c.causation_id IS NOT NULL",
                [receipt],
            )
            assert len(of_case) <= 1, "one notification has one content"
            return of_case[0] if of_case and of_case[0]["state"] in states else None

        return self.suite.wait_watched(content, timeout, what=f"content becoming {states}")

    def fetches(self) -> list[Row]:
        return self.suite.ledger.messages(self.fetch_id)


def test_notification_is_fetched_with_our_token_and_handled_once(suite: Suite) -> None:
    token = secrets.token_hex(24)
    with PartnerApi(token, 503) as api:
        line = Line.of(suite, "Notifier", api, token)
        order = line.order()
        receipt = line.notify(order, "msg_once")
        content = line.wait_content(receipt, "done")
        assert line.notify(order, "msg_once") == receipt
        (fetch,) = line.fetches()
        outcomes = [attempt["outcome"] for attempt in suite.ledger.attempts(fetch["id"])]
        assert outcomes == ["retry", "done"], "503 is asked again"
        assert [request.method for request in api.requests] == ["GET", "GET"]
        assert {request.path for request in api.requests} == {f"/api/v1/orders/{order.name}"}
        assert (content["res_model"], content["res_id"]) == ("purchase.order", order.id)
        assert len(suite.ledger.notes(order.id)) == 1
        suite.ledger.wait_settled(line.inbound.id, 2)
    assert token not in suite.server.log_text()
    (traced,) = {request.headers["traceparent"].split("-")[1] for request in api.requests}
    assert traced in suite.ledger.message(receipt)["trace_parent"]


def test_content_that_was_deleted_is_left_out_or_a_dead_letter(suite: Suite) -> None:
    token = secrets.token_hex(24)
    for status, missing, state in ((404, "ignore", "filtered"), (410, "retry", "dead")):
        with PartnerApi(token, status) as api:
            line = Line.of(suite, f"Deleter {status}", api, token, webhook_missing=missing)
            order = line.order()
            line.notify(order)
            (fetch,) = suite.wait_watched(
                lambda line=line, state=state: [r for r in line.fetches() if r["state"] == state],
                what=f"the fetch becoming {state}",
            )
            (attempt,) = suite.ledger.attempts(fetch["id"])
            assert attempt["http_status"] == status
            assert suite.ledger.count(line.inbound.id) == 1, "there is no content"
            paused = suite.office.read(
                "integration.interface", line.fetch_id, "endpoint_disabled", "processing_paused"
            )
            assert not paused["endpoint_disabled"]
            assert not paused["processing_paused"]


@pytest.mark.long
def test_one_effect_although_workers_die_at_every_point(suite: Suite, faults: Faults) -> None:
    token = secrets.token_hex(24)
    handling = ("inbound_claimed", "inbound_recorded")
    sending = ("outbound_claimed", "outbound_sent", "outbound_recorded")
    with PartnerApi(token) as api:
        line = Line.of(suite, "Mortal", api, token)
        order = line.order()

        def again() -> None:
            """Whoever handles the content dies as whoever handled the notification did."""
            if len(api.requests) == 1:
                faults.arm(*handling)

        api.on_request = again
        faults.arm(*handling, *sending)
        receipt = line.notify(order)
        line.wait_content(receipt, "done", timeout=480)
        faults.wait_reached()
        assert len(suite.ledger.notes(order.id)) == 1
        suite.ledger.wait_settled(line.inbound.id, 2)
        (fetch,) = line.fetches()
        assert fetch["state"] == "done"
        assert len(api.requests) == 3, "asked again after each death that came before the record"
        for message in (*suite.ledger.messages(line.inbound.id), fetch):
            codes = [attempt["error_code"] for attempt in suite.ledger.attempts(message["id"])]
            deaths = 3 if message["id"] == fetch["id"] else 2
            assert codes == ["worker_lost"] * deaths + [None]
    wait_until(lambda: not faults.armed, what="all deaths")


def test_shared_fetches_never_miss_the_last_state(suite: Suite) -> None:
    """Notifications of one thing pour in while it changes: no shared fetch is stale."""
    token, count = secrets.token_hex(24), 40
    keeper = suite.office.create(
        "res.users",
        name="Keeps suppliers",
        login="keeper",
        group_ids=[
            [4, suite.office.ref(f"base.group_{name}")] for name in ("user", "partner_manager")
        ],
    )
    with PartnerApi(token) as api:
        # An answer takes its time, so that fetches wait behind each other.
        api.on_request = lambda: time.sleep(0.05)
        line = Line.of(suite, "Portal", api, token)
        inbound = suite.office.inbound(
            line.supplier,
            keeper,
            {"ordering": "key"},
            handler="integration.handler.supplier",
            mapping_id=False,
            webhook_fetch="path",
            webhook_fetch_id=line.fetch_id,
            webhook_fetch_path="suppliers/{number}",
        )
        sender = suite.sender(inbound)
        for number in range(count):
            card = {"number": "S-1", "name": "Busy supplier", "city": f"City {number}"}
            api.documents["/suppliers/S-1"] = card
            assert sender.deliver({"number": "S-1"}, f"msg_{number}").status_code == 202
        suite.wait_watched(
            lambda: _finished(suite, inbound.id, line.fetch_id) >= count,
            what="the end of all fetches",
        )
        fetches = line.fetches()
        assert 1 <= len(fetches) < count, "some were shared"
        assert len(api.requests) == len(fetches)
    city = suite.database.scalar("SELECT city FROM res_partner WHERE ref = 'S-1'")
    assert city == f"City {count - 1}"


def _finished(suite: Suite, inbound_id: int, fetch_id: int) -> int:
    """How many notifications are done, once nothing is under way."""
    inbound, fetches = suite.ledger.messages(inbound_id), suite.ledger.messages(fetch_id)
    failed = [(m["state"], m["error_message"]) for m in inbound + fetches if m["state"] in FAILED]
    assert not failed, failed[:3]
    if any(m["state"] != "done" for m in inbound + fetches):
        return 0
    return sum(1 for m in inbound if not m["causation_id"])
