import ipaddress
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace

from odoo.tests import BaseCase, tagged

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.engine import mllp_holding, mllp_keeper, mllp_leases
from odoo.addons.integration_ehr_bridge.engine.mllp_holding import LeaseLost
from odoo.addons.integration_ehr_bridge.engine.mllp_keeper import Keeper
from odoo.addons.integration_ehr_bridge.engine.mllp_leases import Lease, Terms
from odoo.addons.integration_ehr_bridge.engine.mllp_sender import MllpSender, Partner
from odoo.addons.integration_ehr_bridge.tools.sending.address import Address
from odoo.addons.integration_ehr_bridge.tools.sending.connection import Target
from odoo.addons.integration_ehr_bridge.tools.sending.expectations import Expectations
from odoo.addons.integration_ehr_bridge.tools.sending.header import HeaderRules

from .hl7_peer import Listener, ack

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
DOCUMENT = {"type": "ADT", "trigger": "A08", "segments": [{"id": "EVN", "f1": "A08"}]}
PATIENCE = 10


class Leases:
    """The database of leases, as one process sees it. Everybody else is in :meth:`taken`."""

    def __init__(self):
        self.held = set()
        self.url = ""
        self.away = threading.Event()  # whoever asks waits
        self.asked = threading.Event()
        self.commits = True
        self.passes = False  # what was looked at has passed to somebody else when it is renewed

    @contextmanager
    def cursor(self, _registry):
        if self.away.is_set():
            self.asked.set()
            while self.away.is_set():
                time.sleep(0.01)
        yield None
        if not self.commits:
            raise OSError("the connection to the database broke")

    def acquire(self, _cr, _interface_id, _slots):
        if self.held:
            return None
        token = f"token {time.monotonic_ns()}"
        self.held.add(token)
        return Lease(token, 0, 1)

    def look(self, _cr, tokens):
        return {token: Terms(False, True, self.url) for token in tokens if token in self.held}

    def renew(self, _cr, states):
        return set() if self.passes else {one.token for one in states} & self.held

    def release(self, _cr, state):
        self.held.discard(state.token)


@tagged("post_install", "-at_install")
class TestMllpKeeper(BaseCase):
    """A worker that is not sure any more to hold the connection neither connects nor sends."""

    def setUp(self):
        super().setUp()
        self.skipped = 0.0
        clock = mllp_holding.clock
        self.patch(mllp_holding, "clock", lambda: clock() + self.skipped)
        self.leases = Leases()
        self.patch(mllp_keeper, "own_cursor", self.leases.cursor)
        self.patch(mllp_keeper, "Registry", lambda name: SimpleNamespace(db_name=name))
        for name in ("acquire", "look", "renew", "release"):
            self.patch(mllp_leases, name, getattr(self.leases, name))
        self.keeper = Keeper()
        self.addCleanup(self.keeper.close)
        self.addCleanup(self.leases.away.clear)

    def let_time_pass(self, seconds=60):
        self.skipped += seconds

    def listen(self, answer=lambda _message, identifier: ack(identifier)):
        self.listener = Listener(answer)
        self.addCleanup(self.listener.close)
        self.leases.url = f"mllp://127.0.0.1:{self.listener.port}"
        return self.listener

    def sender(self, on_silence="resend"):
        target = Target(
            Address("127.0.0.1", self.listener.port, False), networks=LOOPBACK,
            read_timeout=PATIENCE, total_timeout=PATIENCE,
        )  # fmt: skip
        partner = Partner(
            1, 1, self.leases.url, target, HeaderRules("ODOO"), Expectations(on_silence=on_silence)
        )
        return MllpSender(SimpleNamespace(db_name="test"), partner, self.keeper)

    def send(self, sender, key="one"):
        return sender(
            SimpleNamespace(document=DOCUMENT, external_key=key, occurred_at=datetime(2026, 11, 1))
        )

    def wait(self, condition, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.01)

    def borrowed(self):
        """Let each message find ``self.between()`` done between its borrowing and its sending."""
        lend = self.keeper.lend

        @contextmanager
        def lending(*arguments):
            with lend(*arguments) as holding:
                self.between(holding)
                yield holding

        self.patch(self.keeper, "lend", lending)

    def test_messages_follow_each_other_under_one_lease(self):
        listener = self.listen()
        sender = self.sender()
        for number in range(3):
            self.assertIsNone(self.send(sender, str(number)).error)
        self.assertEqual((listener.connections, len(listener.messages)), (1, 3))

    def test_a_lease_that_was_lost_before_connecting(self):
        listener = self.listen()
        self.between = lambda _holding: self.let_time_pass()
        self.borrowed()
        outcome = self.send(self.sender())
        self.assertIsInstance(outcome.error, LeaseLost)
        self.assertTrue(outcome.error.holds, "its messages go back untried")
        self.assertEqual((listener.connections, listener.messages), (0, []))

    def test_a_lease_that_was_lost_before_sending(self):
        listener = self.listen()
        sender = self.sender()
        self.assertIsNone(self.send(sender).error)
        found = []
        self.between = lambda holding: (found.append(holding.connection), self.let_time_pass())
        self.borrowed()
        self.assertIsInstance(self.send(sender, "two").error, LeaseLost)
        self.assertEqual(len(listener.messages), 1)
        self.assertEqual(found[0]._sock.fileno(), -1, "and the connection is closed")

    def test_a_lease_that_is_lost_while_connecting(self):
        listener = self.listen()
        opened = []
        connect = mllp_holding.open_connection

        def slow(target):
            (holding,) = self.keeper._holdings
            self.let_time_pass()
            self.wait(lambda: holding not in self.keeper._holdings, "the watch sees it")
            self.skipped = 0.0  # it is over, whatever the clock says afterwards
            opened.append(connect(target))
            return opened[0]

        self.patch(mllp_holding, "open_connection", slow)
        self.assertIsInstance(self.send(self.sender()).error, LeaseLost)
        self.assertEqual(listener.messages, [])
        self.assertEqual(opened[0]._sock.fileno(), -1, "what was opened is closed again")

    def test_a_lease_that_is_lost_while_an_answer_is_awaited_is_asked_for_nothing(self):
        def lose(_message, _identifier):
            self.let_time_pass()
            return b""

        listener = self.listen(lose)
        outcome = self.send(self.sender("query"))
        self.assertIsInstance(outcome.error, errors.UnknownOutcomeError)
        self.assertTrue(outcome.error.asks, "a person asks")
        self.assertEqual((listener.connections, len(listener.messages)), (1, 1))

    def test_what_is_lost_is_closed_while_the_database_does_not_answer(self):
        def lose(_message, _identifier):
            self.leases.away.set()
            self.assertTrue(self.leases.asked.wait(PATIENCE))
            self.let_time_pass()
            return b""

        listener = self.listen(lose)
        outcome = self.send(self.sender())
        self.assertEqual(outcome.error.code, "no_ack", "it did not wait for its time to be over")
        self.assertEqual(len(listener.messages), 1)

    def test_a_lease_that_passes_while_it_is_renewed(self):
        self.listen()
        self.assertIsNone(self.send(self.sender()).error)
        (holding,) = self.keeper._holdings
        connection = holding.connection
        self.leases.passes = True
        holding.renewed_at -= 60
        self.wait(lambda: holding not in self.keeper._holdings, "it is given up", 4)
        self.assertFalse(holding.valid)
        self.assertEqual(connection._sock.fileno(), -1)

    def test_a_lease_that_was_not_committed_is_none(self):
        listener = self.listen()
        self.leases.commits = False
        with self.assertLogs("odoo.addons.integration_ehr_bridge.engine.mllp_sender", "ERROR"):
            self.assertTrue(self.send(self.sender()).error)
        self.assertEqual((self.keeper._holdings, listener.connections), ([], 0))

    def test_what_is_sent_while_the_process_ends(self):
        closed = threading.Event()

        def end(_message, _identifier):
            self.keeper.close()
            closed.set()
            return b""

        listener = self.listen(end)
        outcome = self.send(self.sender("query"))
        self.assertEqual(outcome.error.code, "hl7_unanswered")
        self.assertTrue(closed.wait(10), "the keeper has ended")
        self.assertEqual((listener.connections, len(listener.messages)), (1, 1))
        self.assertFalse(self.leases.held, "it was given back")

    def test_who_was_frozen_while_it_waited_gives_up(self):
        listener = self.listen()
        self.leases.held.add("somebody else")

        def freeze(*arguments):
            lease = self.leases.acquire(*arguments)
            self.let_time_pass()
            self.leases.held.clear()
            return lease

        self.patch(mllp_leases, "acquire", freeze)
        error = self.send(self.sender()).error
        self.assertEqual(error.code, "mllp_connection_busy")
        self.assertEqual(listener.connections, 0)
