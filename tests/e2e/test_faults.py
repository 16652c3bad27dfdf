"""Processes die, connections break: nothing is lost, and every effect comes once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_partners.medsupply import MedSupply, MedSupplySettings
from demo_partners.orders import Behaviour

from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.office import new_secret
from tests.e2e.receivers import Receiver
from tests.e2e.traffic import Traffic, service_user
from tests.harness import Database, Faults, wait_until


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        suite.office.buyer("interface")
        yield suite


@pytest.mark.long
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
        suite.wait_watched(
            lambda: ledger.sync(order.id, outbound.id) == "synchronised",
            timeout=300,
            what="the order being synchronised",
        )
        print(f"\nfive deaths survived in {time.monotonic() - started:.0f} s")
        faults.wait_reached()
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
        row = suite.wait_watched(
            lambda: [r for r in ledger.of_order(order.id, outbound.id) if r["state"] == "dead"],
            what="the dead letter",
        )[0]
        assert row["error_code"] == "worker_lost"
        assert receiver.received == []
        assert ledger.sync(order.id, outbound.id) == "failed"
        assert len(ledger.activities("purchase.order", order.id)) == 1


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
        traffic.partner.release.set()
        cut, end = 0, time.monotonic() + 300
        while traffic.partner.is_alive():
            assert time.monotonic() < end, "the partner gets no answer any more"
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
        wait_until(lambda: ledger.jobs(outbound.id), what="a job")
        time.sleep(1)
        jobs = ledger.jobs(outbound.id)
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
        suite.wait_watched(receiver.accepted, what="the delivery")
        ledger.wait_for_order(order.id, outbound.id, "done")
        assert len(receiver.received) == 1
