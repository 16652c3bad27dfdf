"""Incidents with real processes: several at once, some that die, and others that listen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.alerted import listening
from tests.e2e.conftest import Suite
from tests.e2e.receivers import Answer, Receiver
from tests.harness import Database, RemoteError, Shell, wait_until
from tests.harness.faults import Faults

TAKE = """
import time
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_monitoring.tools.causes import SUITE, Node, Place, Subject
from odoo.addons.integration_monitoring.tools.detector import Change, Step
from odoo.addons.integration_monitoring.tools.findings import Finding, Signal
from odoo.addons.integration_monitoring.tools.observed import Observed

def observed(signal, step, at):
    change = Change(Step(step), at, at, Finding(Signal(signal), 2.0), 2.0)
    if not interface:
        return Observed(SUITE, change)
    one = env["integration.interface"].browse(interface)
    place = Place(one.id, one.system_id.id, one.direction)
    return Observed(Node(Subject.INTERFACE, one.id), change, place)

now = int(time.time()) - ago
changes = [observed(signal, step, now) for signal, step in steps]
with own_cursor(env.registry) as cr:
    env(cr=cr)["integration.incident"]._take_changes(changes)
"""
DELIVER = (
    "from odoo.addons.integration_monitoring.engine import notice_delivery\n"
    "result = notice_delivery.run(env.registry)"
)
STARTED = [["breaker_open", "started"]]
ENDED = [["breaker_open", "ended"]]


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


@pytest.fixture
def faults(database: Database, tmp_path: Path) -> Faults:
    return Faults(tmp_path, database)


def take(shell: Shell, interface: int, steps: list[list[str]], ago: int = 0) -> None:
    shell.run(TAKE, interface=interface, steps=steps, ago=ago)


def some_interfaces(shell: Shell, count: int) -> list[int]:
    """Make interfaces that exist, and no more."""
    return shell.run(
        "system = env['integration.system'].create({'name': 'P', 'code': prefix})\n"
        "result = env['integration.interface'].create(\n"
        "    [{'name': f'{prefix} {n}', 'system_id': system.id} for n in range(count)]).ids",
        prefix=f"P{count}",
        count=count,
    )


def posts(database: Database) -> int:
    return database.scalar(
        "SELECT count(*) FROM mail_message WHERE model = 'discuss.channel'"
        " AND message_type = 'comment' AND body LIKE '%%integration-incidents%%'"
    )


def test_several_processes_that_look_at_once_make_one_incident(
    database: Database, shell: Shell
) -> None:
    interfaces = some_interfaces(shell, 12)
    with database.shell() as second, database.shell() as third:
        shells = (shell, second, third)
        for interface in interfaces:
            for one in shells:
                one.send(TAKE, interface=interface, steps=STARTED, ago=0)
            for one in shells:
                one.receive()
    found = database.sql(
        "SELECT i.interface_id, count(DISTINCT i.id) AS incidents, count(n.id) AS starts"
        "  FROM integration_incident i"
        "  JOIN integration_incident_notice n ON n.incident_id = i.id AND n.kind = 'start'"
        "  JOIN integration_alert_channel c ON c.id = n.channel_id AND c.kind = 'chat'"
        " WHERE i.interface_id = ANY(%s) GROUP BY i.interface_id",
        [interfaces],
    )
    assert {row["interface_id"] for row in found} == set(interfaces)
    assert {(row["incidents"], row["starts"]) for row in found} == {(1, 1)}


def test_several_processes_that_deliver_at_once_tell_once(database: Database, shell: Shell) -> None:
    waiting = "SELECT count(*) FROM integration_incident_notice WHERE state = 'waiting'"
    assert database.scalar(waiting) >= 12
    before = posts(database)
    with database.shell() as second, database.shell() as third:
        for one in (shell, second, third):
            one.send(DELIVER)
        told = sum(one.receive() for one in (shell, second, third))
    assert database.scalar(waiting) == 0
    assert posts(database) - before == 12
    assert told >= 12


def test_a_process_that_dies_between_telling_and_its_record_tells_once(
    database: Database, shell: Shell, faults: Faults
) -> None:
    (interface,) = some_interfaces(shell, 1)
    take(shell, interface, STARTED)
    before = posts(database)
    faults.arm("notice_told")
    died = pytest.raises(RemoteError, match="the process ended")
    with database.shell(environ=faults.environ) as victim, died:
        victim.run(DELIVER)
    faults.wait_reached()
    shell.run(DELIVER)
    shell.run(DELIVER)
    assert posts(database) - before == 1
    states = database.sql(
        "SELECT DISTINCT n.state FROM integration_incident_notice n"
        " JOIN integration_incident i ON i.id = n.incident_id WHERE i.interface_id = %s",
        [interface],
    )
    assert {row["state"] for row in states} <= {"sent", "skipped"}


def test_what_is_rolled_back_is_told_to_nobody(database: Database, shell: Shell) -> None:
    interfaces = some_interfaces(shell, 2)
    with pytest.raises(RemoteError, match="ZeroDivisionError"):
        shell.run(TAKE + "    1 / 0", interface=interfaces[0], steps=STARTED, ago=0)
    assert not database.scalar(
        "SELECT count(*) FROM integration_incident WHERE interface_id = %s", [interfaces[0]]
    )


# -- another system that listens -------------------------------------------------------------------


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(one.request.body) for one in list(receiver.received)]


def test_another_system_gets_start_and_end_signed_and_once(suite: Suite, shell: Shell) -> None:
    office = suite.office
    (interface,) = some_interfaces(shell, 4)[:1]
    with Receiver(500) as receiver:
        outbound = listening(suite, receiver, "TICKETS")
        take(shell, interface, STARTED)
        wait_until(lambda: receiver.accepted(), what="the start")
        for _time in range(20):
            take(shell, interface, [*ENDED, *STARTED])
        take(shell, interface, ENDED, ago=3600)
        office.run_scheduled("integration_monitoring.ir_cron_incidents")
        wait_until(lambda: len(receiver.accepted()) == 2, what="the end")
        receiver.verify(outbound.secret)
        # The first attempt of the start was refused, and is the same delivery.
        told = {one.id: json.loads(one.request.body)["type"] for one in receiver.received}
        assert sorted(told.values()) == [
            "integration.incident.ended",
            "integration.incident.started",
        ]
        assert len(receiver.ids()) == 3


def test_a_listener_that_is_down_is_no_circle(suite: Suite, shell: Shell) -> None:
    """Its own incident is told to people, not to itself."""
    (interface,) = some_interfaces(shell, 5)[:1]
    with Receiver(default=Answer(422)) as receiver:
        outbound = listening(suite, receiver, "BROKEN")
        take(shell, interface, STARTED)
        wait_until(lambda: receiver.received, what="the start")
        for _round in range(3):
            take(shell, outbound.id, [["dead_letter", "started"]])
            take(shell, outbound.id, [["dead_letter", "ended"]], ago=3600)
            suite.office.run_scheduled("integration_monitoring.ir_cron_incidents")
        shell.run(DELIVER)
        suite.ledger.wait_settled(outbound.id, 1)
        assert {body["data"]["name"] for body in bodies(receiver)} == {"P5 0"}
