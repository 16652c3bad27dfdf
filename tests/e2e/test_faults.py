"""Processes die, connections break: nothing is lost, and every effect comes once."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from demo_partners.medsupply import MedSupply, MedSupplySettings
from demo_partners.orders import Behaviour

from tests.e2e.conftest import Suite, running_suite
from tests.e2e.office import Inbound, Order, new_secret
from tests.e2e.receivers import Receiver
from tests.e2e.senders import WebhookSender
from tests.harness import Database, wait_until

# A dead worker's messages wait for the lease, and a lane for the watchdog's grace.
SHORT = {"lease_seconds": 3, "watchdog_grace": 1}


class Faults:
    """The folder in which a file arms the fault point of its name, once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def arm(self, *names: str) -> None:
        for name in names:
            (self.folder / name).touch()

    @property
    def armed(self) -> set[str]:
        """The points that nobody has reached yet."""
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    environ = {"INTEGRATION_FAULT": str(faults.folder)}
    with running_suite(database, environ=environ, integration=SHORT) as suite:
        suite.office.buyer("interface")
        yield suite


def service_user(suite: Suite) -> int:
    (user,) = suite.admin.call("res.users", "search", [["login", "=", "interface"]])
    return user


def wait_with_watchdog(suite: Suite, condition: Any, timeout: float = 60, what: str = "") -> Any:
    """Wait as :func:`wait_until`, with a watchdog that looks every second instead of minute."""
    due = [time.monotonic() + 1]

    def look() -> Any:
        if time.monotonic() > due[0]:
            suite.watchdog()
            due[0] = time.monotonic() + 1
        return condition()

    return wait_until(look, timeout, poll=0.2, what=what)


def test_order_survives_a_death_at_every_point_of_its_journey(
    suite: Suite, faults: Faults, tmp_path: Path
) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("MedSupply")
    inbound = office.inbound(supplier, service_user(suite), latency_class="realtime")
    secret = new_secret()
    settings = MedSupplySettings(
        state_dir=tmp_path,
        inbound_url=suite.server.url + inbound.path,
        secrets_out=[secret],
        secret_in=inbound.secret,
        behaviour=Behaviour(delay=0),
    )
    points = {
        "dispatch_inserted",
        "outbound_claimed",
        "outbound_sent",
        "inbound_claimed",
        "inbound_recorded",
    }
    with MedSupply(settings) as medsupply:
        outbound = office.outbound(
            supplier,
            medsupply.url + "/orders",
            secret,
            awaits_confirmation=True,
            latency_class="realtime",
        )
        order = office.order(supplier)
        faults.arm(*points)
        started = time.monotonic()
        office.confirm([order])
        wait_with_watchdog(
            suite,
            lambda: ledger.sync(order.id, outbound.id) == "synchronised",
            timeout=120,
            what="the order being synchronised",
        )
        print(f"\nfive deaths survived in {time.monotonic() - started:.0f} s")
        assert faults.armed == set(), "each point was reached, and killed its worker"
        (received,) = medsupply.store.orders()
        assert received.deliveries == 2, "sent again because the worker died before recording it"
        (sent,) = ledger.wait_settled(outbound.id, 1) and ledger.messages(outbound.id)
        (confirmed,) = ledger.wait_settled(inbound.id, 1) and ledger.messages(inbound.id)
        assert (sent["state"], confirmed["state"]) == ("done", "done")
        assert received.webhook_id == sent["external_key"]
        assert len(ledger.notes(order.id)) == 1
        for message in (sent, confirmed):
            codes = [attempt["error_code"] for attempt in ledger.attempts(message["id"])]
            assert codes == ["worker_lost", "worker_lost", None], "each attempt is closed"
        assert sent["attempts"] == 3
        assert confirmed["attempts"] == 3


def test_message_whose_worker_is_lost_each_time_is_a_dead_letter_that_tells(
    suite: Suite, faults: Faults
) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Lost")
    with Receiver() as receiver:
        outbound = office.outbound(supplier, receiver.url, policy={"max_attempts": 1})
        faults.arm("outbound_claimed")
        (order,) = office.confirmed(supplier)
        row = wait_with_watchdog(
            suite,
            lambda: [r for r in ledger.of_order(order.id, outbound.id) if r["state"] == "dead"],
            what="the dead letter",
        )[0]
        assert row["error_code"] == "worker_lost"
        assert receiver.received == []
        assert ledger.sync(order.id, outbound.id) == "failed"
        assert len(ledger.activities("purchase.order", order.id)) == 1


class StubbornPartner(threading.Thread):
    """Delivers confirmations, each until it is accepted, as a real partner would."""

    def __init__(self, sender: WebhookSender, orders: list[Order]) -> None:
        super().__init__(daemon=True)
        self.sender = sender
        self.orders = orders
        self.receipts: dict[int, str] = {}
        self.failures = 0

    def run(self) -> None:
        for order in self.orders:
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
        wait_with_watchdog(
            self.suite,
            lambda: (
                ledger.states(self.inbound.id) == ledger.states(self.outbound.id) == {"done": total}
            ),
            timeout=90,
            what=f"{total} messages done each way",
        )
        self.partner.join(30)
        assert len(self.partner.receipts) == total
        stored = {row["uuid"] for row in ledger.messages(self.inbound.id)}
        assert set(self.partner.receipts.values()) == stored, "accepted is stored, and only that"
        assert [len(ledger.notes(order.id)) for order in self.partner.orders] == [1] * total
        sent = [row["external_key"] for row in ledger.messages(self.outbound.id)]
        assert set(self.receiver.accepted()) == set(sent)
        assert {ledger.sync(order.id, self.outbound.id) for order in self.to_send} == {
            "synchronised"
        }


def test_server_killed_under_traffic(suite: Suite) -> None:
    with Receiver() as receiver:
        traffic = Traffic(suite, "Killed", receiver, 60)
        traffic.start()
        wait_until(lambda: len(traffic.partner.receipts) >= 20, what="traffic")
        suite.server.kill()
        accepted = len(traffic.partner.receipts)
        assert accepted < 60, "it was killed too late to prove anything"
        suite.server.start()
        suite.server.wait_ready()
        traffic.check()
        print(f"\nkilled after {accepted} receipts; {traffic.partner.failures} repetitions")


def test_database_connections_terminated_under_traffic(suite: Suite, database: Database) -> None:
    with Receiver() as receiver:
        traffic = Traffic(suite, "Cut", receiver, 80)
        traffic.start()
        cut = 0
        while traffic.partner.is_alive():
            # idle connections too: they are pooled, and meet their end at the next use
            cut += database.scalar(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND backend_type = 'client backend'
                   AND (state <> 'idle' OR query !~ 'LISTEN|advisory|queue_job')
                """
            )
            time.sleep(0.3)
        print(f"\n{cut} connections cut, {traffic.partner.failures} repetitions")
        assert cut > 10, "too few connections to prove anything"
        traffic.check()


def test_drain_that_fails_waits_for_the_watchdog(suite: Suite, database: Database) -> None:
    office, ledger = suite.office, suite.ledger
    supplier = office.supplier("Broken")
    with Receiver() as receiver:
        outbound = office.outbound(supplier, receiver.url)
        database.sql(
            "UPDATE integration_interface SET transport = 'gone' WHERE id = %s", [outbound.id]
        )
        (order,) = office.confirmed(supplier)
        ledger.wait_for_order(order.id, outbound.id, "queued", "processing", "quarantined")
        time.sleep(1)
        jobs = ledger.jobs(outbound.id)
        assert jobs > 0
        time.sleep(4)
        assert ledger.jobs(outbound.id) - jobs <= 1, (
            "a drain that fails does not start itself over and over"
        )
        database.sql(
            "UPDATE integration_interface SET transport = 'webhook' WHERE id = %s", [outbound.id]
        )
        (message,) = ledger.of_order(order.id, outbound.id)
        if message["state"] == "quarantined":
            suite.admin.call("integration.message", "action_retry", [message["id"]])
        wait_with_watchdog(suite, lambda: receiver.accepted(), what="the delivery")
        ledger.wait_for_order(order.id, outbound.id, "done")
        assert len(receiver.received) == 1
