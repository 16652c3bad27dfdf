"""Planted faults, end to end: at the shipped thresholds each is known within a minute, once.

Real processes throughout: server, scheduled actions, job runner, MLLP listener, partners.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.e2e.alerted import StoppedRunner, sign_of_life
from tests.e2e.conftest import Suite, running_suite
from tests.e2e.faulty_landscape import Landscape
from tests.e2e.planted import Planted
from tests.harness import Database, wait_until

pytestmark = pytest.mark.long

#: Seconds within which a fault has to be known.
KNOWN = 60
#: Seconds for which it is waited for, so that one that is too late is told with its time.
PATIENCE = 100
CHANNELS = (
    "root:6,root.integration_realtime:4,root.integration_background:2,"
    "root.integration_background.batch:1"
)
NAMES = (
    "endpoint outage",
    "slow partner",
    "malformed feed",
    "duplicate storm",
    "stopped listener",
    "stopped job runner",
    "silent feed",
    "delayed acknowledgements",
)
#: What ends by the clock alone, or within a minute of being mended.
QUICK = ("malformed feed", "stopped listener", "stopped job runner")
#: Seconds, at most, from the end of a fault to the end of its last signal: so long a budget that
#: burned remembers it.
OVER = 45 * 60
#: The time until then, minute by minute: every part beats and the feed goes on; then half an hour
#: is quiet.
LATER = """
import time
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_monitoring.engine import incident_book, rollup_rows
from odoo.addons.integration_monitoring.tools.incidents import CALM
from odoo.addons.integration_monitoring.tools.rollup import Rollup, Step
begin = int(time.time()) // 60 * 60 + 60
feeding = Rollup(received={"inbound": 3})
with own_cursor(env.registry) as cr:
    minutes = {at: feeding for at in range(begin, begin + over, 60)}
    rollup_rows.store(cr, Step.MINUTE, {feed: minutes})
for at in range(begin, begin + over, 60):
    with own_cursor(env.registry) as cr:
        cr.execute("UPDATE integration_heartbeat SET looked_at = NULL, beat_at ="
                   " to_timestamp(%s) AT TIME ZONE 'UTC'", [at])
        env(cr=cr)["integration.watch"]._observe(at)
incident_book.now = lambda: at + CALM
env["integration.incident"]._cron_incidents()
"""


@dataclass
class Proof:
    """What came of the faults; read once for all tests of this file."""

    database: Database
    faults: list[Planted] = field(default_factory=list)
    ended: dict[str, float] = field(default_factory=dict)

    def wait_known(self, faults: list[Planted]) -> None:
        """Wait until all of them are known, or ought to be for long."""
        self.faults += faults
        end = max(fault.began for fault in faults) + PATIENCE
        while not all(fault.known for fault in faults) and time.monotonic() < end:
            for fault in faults:
                fault.look(self.database)
            time.sleep(0.3)

    def wait_ended(self, names: tuple[str, ...], timeout: float = 90) -> None:
        """Wait until the signals of some have ended by themselves; note after how long."""
        begun = time.monotonic()
        waiting = [fault for fault in self.faults if fault.name in names and fault.incident]
        while waiting and time.monotonic() < begun + timeout:
            for fault in [one for one in waiting if one.has_ended(self.database)]:
                self.ended[fault.name] = time.monotonic() - begun
                waiting.remove(fault)
            time.sleep(0.3)

    def of(self, name: str) -> Planted:
        (found,) = [fault for fault in self.faults if fault.name == name]
        return found


@pytest.fixture(scope="module")
def proof(database: Database) -> Iterator[Proof]:
    with ExitStack() as stack:
        suite = stack.enter_context(running_suite(database, workers=7, channels=CHANNELS))
        landscape = Landscape(suite, database, stack)
        landscape.warm_up()
        landscape.wait_seen()
        before = database.sql("SELECT subject, interface_id, signals FROM integration_incident")
        assert not before, "everything is well before the faults"
        proof = Proof(database)
        proof.wait_known([landscape.silence(), *landscape.break_all()])
        landscape.heal_all()
        proof.wait_ended(("malformed feed", "stopped listener"))
        fault = Planted("stopped job runner", landscape.outage.id, "runner_down", "down", "suite")
        # The worst moment: it has just given a sign of life.
        wait_until(lambda: (sign_of_life(database) or 99) < 1, what="a sign of life")
        fault.plant()
        with StoppedRunner(database):
            proof.wait_known([fault])
        proof.wait_ended(("stopped job runner",))
        wait_healed(suite, landscape)
        print("\n" + "\n".join(map(str, proof.faults)))
        print(f"signals ended after: {proof.ended}")
        suite.server.stop()
        landscape.hospital.shell.run(LATER, feed=landscape.feed.id, over=OVER)
        yield proof


def wait_healed(suite: Suite, landscape: Landscape) -> None:
    """Wait until everything was sent after all."""
    for interface in (landscape.outage, landscape.late, landscape.acks):
        wait_until(
            lambda key=interface.id: set(suite.ledger.states(key)) == {"done"},
            what=f"what {interface.id} sends",
        )


@pytest.mark.parametrize("name", NAMES)
def test_fault_is_known_within_a_minute_and_told_once(proof: Proof, name: str) -> None:
    fault = proof.of(name)
    assert fault.found is not None, "it was not found"
    assert fault.found <= KNOWN
    assert fault.told is not None, "nobody was told"
    assert fault.told <= KNOWN
    notices = fault.notices(proof.database)
    starts = [one["channel"] for one in notices if one["kind"] == "start"]
    assert starts
    assert len(starts) == len(set(starts)), notices
    assert not [one for one in notices if one["kind"] in ("worse", "again")], notices


@pytest.mark.parametrize("name", NAMES)
def test_light_and_group_are_right(proof: Proof, name: str) -> None:
    fault = proof.of(name)
    assert fault.shown == fault.light
    if fault.error:
        assert fault.grouped is not None, fault.groups(proof.database)
        assert fault.grouped <= KNOWN
        (group,) = fault.groups(proof.database)
        assert fault.error == group["error_class"], group


@pytest.mark.parametrize("name", NAMES)
def test_incident_is_closed_when_healed(proof: Proof, name: str) -> None:
    fault = proof.of(name)
    if name in QUICK:
        assert name in proof.ended, "its signal did not end soon after it was mended"
    (incident,) = proof.database.sql(
        "SELECT state, closed_at, signals FROM integration_incident WHERE id = %s",
        [fault.incident],
    )
    assert incident["state"] == "closed", incident
    ends = [one["channel"] for one in fault.notices(proof.database) if one["kind"] == "end"]
    assert ends
    assert len(ends) == len(set(ends))


def test_nothing_else_was_told(proof: Proof) -> None:
    """Each fault is one incident; what follows from it is none of its own."""
    known = {fault.incident for fault in proof.faults}
    others = proof.database.sql(
        "SELECT id, subject, interface_id, signals FROM integration_incident"
        " WHERE NOT id = ANY(%s)",
        [list(known)],
    )
    assert not others
