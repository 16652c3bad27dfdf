"""Two listeners that serve the same interfaces at the same time, as on two machines.

Each has an address of its own: 127.0.0.1 and 127.0.0.2 stand for the machines.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.e2e.mllp_peer import Ack, Peer, adt
from tests.e2e.mllp_secured import Secured, secured_hospital
from tests.e2e.mllp_stage import Inbound
from tests.harness import Database, MllpListener, wait_until

HOSTS = ("127.0.0.1", "127.0.0.2")
numbers = count(1)


def new_id() -> str:
    return f"S{next(numbers):06}"


@dataclass
class Pair:
    """A hospital with two listeners; tests kill them, and find them running."""

    secured: Secured
    second: MllpListener

    @property
    def listeners(self) -> tuple[MllpListener, MllpListener]:
        return self.secured.world.listener, self.second

    def interface(self, **values: Any) -> Inbound:
        """An interface that both listeners serve."""
        feed = self.secured.interface(**values)
        self.second.wait_open(feed.port)
        return feed

    def peer(self, feed: Inbound, host: str) -> Peer:
        return Peer(feed.port, self.secured.client(), host)

    def peers(self, feed: Inbound) -> tuple[Peer, Peer]:
        """A connection to each listener."""
        return self.peer(feed, HOSTS[0]), self.peer(feed, HOSTS[1])

    def ports(self, feed: Inbound) -> dict[int, dict[str, Any]]:
        """What each listener reports of the port of an interface, by its process."""
        rows = self.secured.world.database.sql(
            "SELECT l.pid, p.port, p.error, p.connections, p.messages"
            " FROM integration_mllp_listener_port p"
            " JOIN integration_mllp_listener l ON l.id = p.listener_id"
            " WHERE p.interface_id = %s AND l.pid = ANY(%s)",
            [feed.id, [one.pid for one in self.listeners]],
        )
        return {row.pop("pid"): row for row in rows}

    def status(self, feed: Inbound) -> str:
        """What the interface's form says of its listeners."""
        return self.secured.world.shell.run(
            "result = env['integration.interface'].browse(interface).mllp_status",
            interface=feed.id,
        )


@pytest.fixture(scope="module")
def started(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    database.durability()
    folder = tmp_path_factory.mktemp("mllp")
    with (
        database.server(workers=2, channels="root:1"),
        secured_hospital(database, folder) as secured,
        database.listener(mllp=secured.mllp, bind=HOSTS[1]) as second,
    ):
        yield Pair(secured, second)


@pytest.fixture
def pair(started: Pair) -> Iterator[Pair]:
    for listener in started.listeners:
        if listener.has_ended():
            listener.start()
    yield started
    for listener in started.listeners:
        assert not listener.errors(), "a listener logged errors:\n" + "\n".join(listener.errors())


def both(peers: tuple[Peer, Peer], message: bytes, other: bytes) -> tuple[Ack, Ack]:
    """What two listeners answer that are asked in the same moment."""
    start = threading.Barrier(2)

    def ask(peer: Peer, text: bytes) -> Ack:
        start.wait(60)
        return peer.ask(text)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, peers, (message, other))
    return first, second


# -- one message, two listeners ----------------------------------------------------------


def test_a_message_that_comes_to_both_is_stored_once_and_answered_alike(pair: Pair) -> None:
    feed = pair.interface()
    one, two = pair.peers(feed)
    with one, two:
        for _each in range(50):
            message = adt(new_id())
            # The same message, sent anew: it tells a new time.
            again = message.replace(b"20261101120000", b"20261101120001")
            first, second = both((one, two), message, again)
            assert first.code == "AA"
            assert first.raw == second.raw
            assert two.ask(message).raw == first.raw
    assert pair.secured.world.count(feed) == 50


def test_of_two_contents_under_one_id_one_is_a_conflict(pair: Pair) -> None:
    feed = pair.interface(hl7_conflict="reject")
    one, two = pair.peers(feed)
    with one, two:
        for _each in range(20):
            control_id = new_id()
            answers = both((one, two), adt(control_id, 1), adt(control_id, 2))
            assert sorted(answer.code for answer in answers) == ["AA", "AR"]
    assert pair.secured.world.count(feed) == 40
    assert pair.secured.world.codes(feed) == ["key_reused"] * 20


def test_both_tell_the_same_of_what_became_of_a_message(pair: Pair) -> None:
    """Both wait for one message to be handled, and learn it in the same moment."""
    feed = pair.interface(hl7_respond="handled", hl7_respond_deadline=300)
    world = pair.secured.world
    one, two = pair.peers(feed)
    with one, two:
        for _each in range(4):
            messages = [adt(new_id(), trigger="A99") for _number in range(30)]
            before = world.count(feed)
            world.call(feed, "action_pause")
            for peer in (one, two):
                for message in messages:
                    peer.send(b"\x0b" + message + b"\x1c\r")
            wait_until(lambda wanted=before + 30: world.count(feed) == wanted, what="messages")
            world.call(feed, "action_resume")
            answers = [[peer.receive() for _one in messages] for peer in (one, two)]
            assert {answer.code for answer in answers[0]} == {"AR"}
            assert [answer.raw for answer in answers[0]] == [answer.raw for answer in answers[1]]
            again = [one.ask(message).raw for message in messages]
            assert again == [answer.raw for answer in answers[0]]


# -- who may connect ---------------------------------------------------------------------


def test_each_has_its_own_limit_of_connections_and_refusals_are_counted_together(
    pair: Pair,
) -> None:
    feed = pair.interface(mllp_max_connections=2)
    held = [*pair.peers(feed), *pair.peers(feed)]
    try:
        assert [peer.ask(adt(new_id())).code for peer in held] == ["AA"] * 4
        for host in HOSTS:
            with pytest.raises(OSError):
                pair.peer(feed, host)
        wait_until(
            lambda: pair.secured.world.refusals(feed) == {"connections": 2}, what="both refusals"
        )
        # Whoever leaves one makes room there, and not at the other.
        held.pop().close()
        wait_until(lambda: _is_admitted(pair, feed, HOSTS[1]), what="room for another one")
        assert not _is_admitted(pair, feed, HOSTS[0])
    finally:
        for peer in held:
            peer.close()


def _is_admitted(pair: Pair, feed: Inbound, host: str) -> bool:
    try:
        with pair.peer(feed, host) as peer:
            return peer.ask(adt(new_id())).code == "AA"
    except OSError:
        return False


def test_a_change_is_in_force_at_both(pair: Pair) -> None:
    feed = pair.interface()
    one, two = pair.peers(feed)
    with one, two:
        pair.secured.world.call(feed, "action_stop_receiving")
        for listener in pair.listeners:
            listener.wait_closed(feed.port)
        assert one.is_closed()
        assert two.is_closed()


# -- what operators see, and a death -----------------------------------------------------


@dataclass
class Sender:
    """A partner that goes on at the other listener when its own one is gone.

    :ivar acknowledged: control ids that were answered with AA, in their order
    :ivar moved: how often it has gone to the other one
    """

    pair: Pair
    feed: Inbound
    number: int
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    moved: int = 0

    def run(self) -> None:
        """Send, each message until it is acknowledged, until it is told to stop."""
        at = self.number % 2
        peer = self.pair.peer(self.feed, HOSTS[at])
        try:
            while not self.stop.is_set():
                control_id = f"D{self.number}-{len(self.acknowledged)}"
                while True:
                    try:
                        answer = peer.ask(adt(control_id, self.number))
                        break
                    except OSError:
                        peer.close()
                        self.moved += 1
                        at = 1 - at
                        peer = self.pair.peer(self.feed, HOSTS[at])
                assert (answer.code, answer.control_id) == ("AA", control_id)
                self.acknowledged.append(control_id)
        finally:
            peer.close()


def test_one_dies_and_the_other_goes_on(pair: Pair) -> None:
    feed = pair.interface()
    stop = threading.Event()
    senders = [Sender(pair, feed, number, stop) for number in range(8)]

    def done() -> int:
        return sum(len(one.acknowledged) for one in senders)

    with ThreadPoolExecutor(len(senders)) as pool:
        running = [pool.submit(sender.run) for sender in senders]
        try:
            wait_until(lambda: done() > 300, what="traffic")
            pair.listeners[0].kill()
            wanted = done() + 300
            wait_until(lambda: done() > wanted, what="traffic after the death")
        finally:
            stop.set()
        for one in running:
            one.result(60)
    assert [sender.moved > 0 for sender in senders] == [True, False] * 4
    acknowledged = [one for sender in senders for one in sender.acknowledged]
    # All that was acknowledged, by whichever of them, and nothing twice.
    assert sorted(pair.secured.world.stored_ids(feed)) == sorted(acknowledged)
    assert pair.secured.world.codes(feed) == []


def test_both_are_seen_and_a_dead_one_falls_silent(pair: Pair) -> None:
    feed = pair.interface()
    first, second = (listener.pid for listener in pair.listeners)
    one, two = pair.peers(feed)
    with one, two:
        one.ask_all(adt(new_id()) for _each in range(2))
        two.ask_all(adt(new_id()) for _each in range(3))
        seen = {"port": feed.port, "error": None, "connections": 1}
        wait_until(
            lambda: (
                pair.ports(feed)
                == {first: {**seen, "messages": 2}, second: {**seen, "messages": 3}}
            ),
            what="reports of both",
        )
        assert "2 connections" in pair.status(feed)
        pair.listeners[0].kill()
        # As if so much time had passed: nobody reports for the dead one.
        pair.secured.world.database.sql(
            "UPDATE integration_mllp_listener SET seen_at = seen_at - interval '1 minute'"
            " WHERE pid = %s",
            [first],
        )
        assert "1 connection" in pair.status(feed)
        states = pair.secured.world.shell.run(
            "found = env['integration.mllp.listener'].search([('pid', 'in', pids)])\n"
            "result = {str(one.pid): one.state for one in found}",
            pids=[first, second],
        )
        assert states == {str(first): "stale", str(second): "running"}
        assert two.ask(adt(new_id())).code == "AA"


def test_the_rate_of_the_policy_is_shared(pair: Pair) -> None:
    feed = pair.interface(policy={"rate_per_second": 10, "rate_burst": 1})

    def seconds(peer: Peer) -> float:
        """How long eleven messages take: one at once, then ten as the rate allows."""
        begin = time.monotonic()
        peer.ask_all(adt(new_id()) for _each in range(11))
        return time.monotonic() - begin

    one, two = pair.peers(feed)
    with one, two:
        # Alone it would be one second; they learn of each other with their reports.
        for peer in (one, two):
            wait_until(lambda peer=peer: seconds(peer) > 1.8, what="half of the rate")
