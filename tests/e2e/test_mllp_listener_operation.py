"""The MLLP listener in operation: configuration that changes, ends, deaths, and a database away."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import psycopg2
import pytest

from setup.odoo_server import free_port
from tests.e2e.mllp_peer import VT, Peer, adt, framed
from tests.e2e.mllp_stage import Hospital, hospital
from tests.harness import Database, wait_until

CONNECTIONS = 8
_FUNCTIONS = """
from odoo.addons.integration_core.engine import intake_many
intake_many.{}(env.cr)
"""


@pytest.fixture(scope="module")
def started(database: Database) -> Iterator[Hospital]:
    database.durability()
    with hospital(database) as started:
        yield started


@pytest.fixture
def world(started: Hospital) -> Hospital:
    """A hospital whose listener runs: tests stop and kill it."""
    if started.listener.has_ended():
        started.listener.start()
    return started


@dataclass
class Load:
    """Senders that deliver without a pause, until they are told to stop or nobody answers.

    :ivar acknowledged: control ids that were answered with AA
    :ivar sent: all that were sent
    """

    port: int
    name: str
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> "Load":
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(self._deliver, range(CONNECTIONS)))
        return self

    def _deliver(self, sender: int) -> None:
        number = 0
        try:
            with Peer(self.port) as peer:
                while not self.stop.is_set():
                    number += 1
                    one = f"{self.name}-{sender}-{number}"
                    self.sent.add(one)
                    answer = peer.ask(adt(one, sender))
                    assert (answer.code, answer.control_id) == ("AA", one)
                    self.acknowledged.add(one)
        except OSError:
            return  # it was killed, as it should be


# -- configuration -----------------------------------------------------------------------


def test_ports_follow_their_interfaces(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as peer:
        assert peer.ask(adt("1")).code == "AA"
        world.call(feed, "action_stop_receiving")
        world.listener.wait_closed(feed.port)
        assert peer.is_closed()
    # Whoever cannot connect keeps its messages.
    with pytest.raises(ConnectionRefusedError):
        Peer(feed.port)
    world.call(feed, "action_resume")
    world.listener.wait_open(feed.port)
    world.call(feed, "action_pause")
    with Peer(feed.port) as peer:
        assert peer.ask(adt("2")).code == "AA"
        other = free_port()
        world.write(feed, mllp_port=other)
        world.listener.wait_open(other)
        assert peer.is_closed()
    with Peer(other) as peer:
        assert peer.ask(adt("3")).code == "AA"
        # Terms that decide about messages leave connections alone.
        world.write(feed, body_limit=1)
        wait_until(lambda: peer.ask(adt("4") + b"NTE|" + b"x" * 2000).code == "AE", what="a limit")
    world.call(feed, "action_retire")
    world.listener.wait_closed(other)
    # The long one is there as evidence, and perhaps as a message of before the limit.
    assert world.codes(feed) == ["hl7_limit"]
    assert world.count(feed) in (4, 5)


def test_nothing_is_received_while_all_traffic_is_held(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as peer:
        assert peer.ask(adt("BEFORE")).code == "AA"
        world.shell.run("env['integration.arming'].action_disarm('A copy')")
        wait_until(lambda: _is_refused(peer), what="a connection that ends")
    world.listener.wait_closed(feed.port)
    world.shell.run("env['integration.arming']._remember('The original')")
    world.listener.wait_open(feed.port)
    with Peer(feed.port) as peer:
        assert peer.ask(adt("AFTER")).code == "AA"


def _is_refused(peer: Peer) -> bool:
    try:
        peer.ask(adt(f"HELD{time.monotonic_ns()}"))
    except OSError:
        return True
    return False


def test_a_queue_that_is_too_old_closes_the_port(world: Hospital) -> None:
    """Nothing drains here, so what was received waits; the partner keeps the rest."""
    feed = world.interface(backlog_limit=2)
    with Peer(feed.port) as peer:
        assert peer.ask(adt("OLD")).code == "AA"
    world.listener.wait_closed(feed.port)
    world.database.sql(
        "UPDATE integration_message SET state = 'cancelled' WHERE interface_id = %s", [feed.id]
    )
    world.listener.wait_open(feed.port)


def test_a_changed_odoo_asks_to_be_started_again(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as peer:
        peer.ask(adt("1"))
        world.database.sql("INSERT INTO orm_signaling_registry DEFAULT VALUES")
        assert world.listener.wait() == 75
        assert peer.is_closed()
    assert not world.listener.errors()


# -- the end -----------------------------------------------------------------------------


def test_sigterm_answers_what_was_read_and_ends_with_zero(world: Hospital) -> None:
    feed = world.interface()
    load = Load(feed.port, "T")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run)
        wait_until(lambda: len(load.acknowledged) > 100, what="traffic")
        with Peer(feed.port) as idle, Peer(feed.port) as half:
            half.send(VT + b"MSH|half")
            assert world.listener.terminate() == 0
            assert idle.is_closed()
            assert half.is_closed()
        running.result()
    stored = world.stored_ids(feed)
    assert len(stored) == len(set(stored))
    assert load.acknowledged <= set(stored)
    # At most the one that each was about to send is on neither side.
    assert len(load.sent - load.acknowledged) <= CONNECTIONS
    assert not world.listener.errors()
    row = world.database.sql(
        "SELECT stopped_at IS NOT NULL AS stopped, pid FROM integration_mllp_listener"
        " ORDER BY id DESC LIMIT 1"
    )[0]
    assert row == {"stopped": True, "pid": world.listener.pid}


def test_what_was_acknowledged_survives_kill_nine_and_is_there_once(world: Hospital) -> None:
    feed = world.interface()
    unsure: set[str] = set()
    acknowledged: set[str] = set()
    for death in range(3):
        load = Load(feed.port, f"K{death}")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(load.run)
            wait_until(lambda load=load: len(load.acknowledged) > 100, what="traffic")
            world.listener.kill()
            running.result()
        acknowledged |= load.acknowledged
        unsure |= load.sent - load.acknowledged
        world.listener.start()
        world.listener.wait_open(feed.port)
    stored = world.stored_ids(feed)
    assert len(stored) == len(set(stored)), "a message was stored twice"
    assert acknowledged <= set(stored), "an acknowledged message was lost"
    # What was not acknowledged is sent again, as senders do: then all of it is there, once.
    with Peer(feed.port) as peer:
        for one in sorted(unsure):
            assert peer.ask(adt(one, int(one.split("-")[1]))).code == "AA"
    stored = world.stored_ids(feed)
    assert sorted(stored) == sorted(acknowledged | unsure)
    assert world.codes(feed) == []


# -- the database ------------------------------------------------------------------------


def _cut(world: Hospital) -> int:
    """End the sessions of the listener, as a restart of the database does; how many."""
    return world.database.scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s",
        [f"odoo-{world.listener.pid}"],
    )


def test_sessions_that_are_ended_lose_nothing(world: Hospital) -> None:
    feed = world.interface()
    load = Load(feed.port, "S")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run)
        for _each in range(5):
            wanted = len(load.acknowledged) + 50
            wait_until(lambda wanted=wanted: len(load.acknowledged) > wanted, what="traffic")
            assert _cut(world)
        wanted = len(load.acknowledged) + 50
        wait_until(lambda: len(load.acknowledged) > wanted, what="traffic after the last cut")
        load.stop.set()
        running.result()
    # No sender noticed: each message was stored and answered in the end.
    assert load.sent == load.acknowledged
    assert sorted(world.stored_ids(feed)) == sorted(load.acknowledged)


def test_a_database_that_is_away_costs_no_answer_and_comes_back(world: Hospital) -> None:
    feed = world.interface()
    with Peer(feed.port) as peer:
        assert peer.ask(adt("BEFORE")).code == "AA"
        with _closed(world):
            peer.send(framed(adt("MEANWHILE")))
            assert not peer.is_closed(timeout=2)  # and no answer
        assert peer.receive().control_id == "MEANWHILE"
        assert peer.ask(adt("AFTER")).code == "AA"
    assert world.count(feed) == 3


def test_while_the_addons_are_updated_nothing_is_refused(world: Hospital) -> None:
    """The program is new, the database is not yet: senders wait, and hear that it is stored."""
    feed = world.interface()
    with Peer(feed.port) as peer:
        assert peer.ask(adt("BEFORE")).code == "AA"
        world.shell.run(_FUNCTIONS.format("drop"))
        try:
            peer.send(framed(adt("MEANWHILE")))
            assert not peer.is_closed(timeout=2)  # and no answer
        finally:
            world.shell.run(_FUNCTIONS.format("create"))
        answer = peer.receive()
        assert (answer.control_id, answer.code) == ("MEANWHILE", "AA")
        # Made anew below a connection that is kept and has planned them.
        world.shell.run(_FUNCTIONS.format("create"))
        assert peer.ask(adt("AFTER")).code == "AA"
    assert world.count(feed) == 3


@contextmanager
def _closed(world: Hospital) -> Iterator[None]:
    """Let the database take no connections, and end those of the listener."""
    server, name = world.database.machine.server, world.database.name
    connection = psycopg2.connect(
        dbname="postgres", host=server.host, port=server.port, user=server.user
    )
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            _cut(world)
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


# -- several -----------------------------------------------------------------------------


def test_a_second_listener_takes_over_when_the_first_is_killed(world: Hospital) -> None:
    feed = world.interface()
    with world.database.listener() as second:
        wait_until(
            lambda: world.database.scalar(
                "SELECT count(*) FROM integration_mllp_listener_port"
                " WHERE interface_id = %s AND error LIKE '%%taken by another program%%'",
                [feed.id],
            ),
            what="a port that is told to be taken",
        )
        with Peer(feed.port) as peer:
            first = peer.ask(adt("ONE"))
            world.listener.kill()
        second.wait_open(feed.port)
        with Peer(feed.port) as peer:
            # The other one repeats the answer of the first, byte for byte.
            assert peer.ask(adt("ONE")).raw == first.raw
            assert peer.ask(adt("TWO")).code == "AA"
    assert world.count(feed) == 2
