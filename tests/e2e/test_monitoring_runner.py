"""A job runner that hangs is known, and told of, within a minute, however few actions may run.

It hangs at the worst moment: it has just given a sign of life, and the scheduled actions have just
done a round, after which they rest for a minute and more.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from tests.e2e.alerted import StoppedRunner, listening, sign_of_life
from tests.e2e.conftest import Suite, running_suite
from tests.e2e.mail_server import MailServer
from tests.e2e.planted import Planted
from tests.e2e.receivers import Receiver
from tests.harness import Database, Harness, wait_until

pytestmark = pytest.mark.long

#: Seconds within which it has to be known.
KNOWN = 60
#: Mails of Odoo itself to users have no sender here.
NO_SENDER = "failed sending mail"
PAGER = "pager@hospital.example"
_LAST_ROUND = """
SELECT c.lastcall FROM ir_cron c JOIN ir_model_data d ON d.res_id = c.id AND d.model = 'ir.cron'
 WHERE d.module = 'integration_monitoring' AND d.name = 'ir_cron_collect'
"""


@dataclass
class Stage:
    """A suite that tells of incidents in every way."""

    suite: Suite
    database: Database
    mails: MailServer
    partner: Receiver

    @property
    def paged(self) -> list[str]:
        """Subjects of the mails to the pager."""
        mails = list(self.mails.received)
        return [mail["Subject"] for mail in mails if mail["To"] == PAGER]

    @property
    def told(self) -> list[str]:
        """Types of the events that the partner got of the suite's incidents."""
        bodies = [json.loads(one.request.body) for one in list(self.partner.received)]
        return [one["type"] for one in bodies if one["data"]["subject"] == "suite"]

    def states(self, incident: int) -> dict[str, str]:
        """How far the notice of the beginning has come in each way."""
        rows = self.database.sql(
            "SELECT c.kind, n.state FROM integration_incident_notice n"
            "  JOIN integration_alert_channel c ON c.id = n.channel_id"
            " WHERE n.incident_id = %s AND n.kind = 'start'",
            [incident],
        )
        assert len(rows) == len({row["kind"] for row in rows}), rows
        return {row["kind"]: row["state"] for row in rows}

    def wait_worst(self) -> None:
        """Wait for a sign of life that follows a round of scheduled actions."""
        before = self.database.scalar(_LAST_ROUND)
        wait_until(lambda: self.database.scalar(_LAST_ROUND) != before, 200, what="a round")
        wait_until(lambda: (sign_of_life(self.database) or 99) < 1, what="a sign of life")


@contextmanager
def stage(harness: Harness, threads: int, servers: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        database = stack.enter_context(harness.database())
        mails, partner = stack.enter_context(MailServer()), stack.enter_context(Receiver())
        options = {"max_cron_threads": threads, "smtp_port": mails.port}
        suite = stack.enter_context(
            running_suite(database, workers=4, channels="root:3", options=options)
        )
        for _further in range(servers - 1):
            stack.enter_context(database.server(workers=1, options=options, job_runner=False))
        suite.office.create(
            "integration.alert.channel",
            name="Pager",
            kind="mail",
            addresses=PAGER,
        )
        # Tasks are for owners at first, and of what is severe; here those on duty get them.
        owners = suite.office.ref("integration_monitoring.alert_channel_owner")
        suite.admin.call("integration.alert.channel", "write", [owners], {"for_support": True})
        listening(suite, partner, "TICKETS")
        yield Stage(suite, database, mails, partner)


@pytest.mark.parametrize(("threads", "servers"), [(1, 1), (2, 1), (1, 2)])
def test_a_runner_that_hangs_is_told_within_a_minute(
    harness: Harness, threads: int, servers: int
) -> None:
    with stage(harness, threads, servers) as here:
        fault = Planted("stopped job runner", 0, "runner_down", "", "suite")
        here.wait_worst()
        fault.plant()
        with StoppedRunner(here.database):
            mailed = _wait_told(here, fault)
            print(f"\n{threads} thread(s), {servers} server(s): {fault}, mail after {mailed:.0f} s")
            assert fault.found is not None
            assert fault.found <= KNOWN
            assert fault.told is not None
            assert fault.told <= KNOWN
            assert mailed <= KNOWN
            states = here.states(fault.incident)
            assert {states[kind] for kind in ("activity", "chat", "mail")} == {"sent"}
            # It is handed to the suite itself, whose job runner would have to send it.
            assert states["webhook"] == "sent"
            assert here.told == []
        wait_until(lambda: here.told, what="the event, once jobs run again")
        assert here.told == ["integration.incident.started"]
        wait_until(lambda: fault.has_ended(here.database), what="the end of the signal")
        assert here.database.scalar("SELECT count(*) FROM integration_incident") == 1
        assert len(here.paged) == 1
        errors = [one for one in here.suite.server.errors() if NO_SENDER not in one]
    assert not errors, errors


def _wait_told(here: Stage, fault: Planted) -> float:
    """Wait until it is known and has arrived as a mail; return after how many seconds that did."""
    mailed = None
    while time.monotonic() < fault.began + 3 * KNOWN:
        fault.look(here.database)
        if mailed is None and here.paged:
            mailed = time.monotonic() - fault.began
        if fault.known and mailed is not None:
            break
        time.sleep(0.2)
    assert mailed is not None, f"no mail came: {fault}"
    return mailed


def test_a_server_with_threads_watches_as_well(harness: Harness) -> None:
    """It has no job runner at all: the first round of actions waits for a sign of life."""
    with harness.database() as database, database.server(workers=0, job_runner=False):
        wait_until(lambda: sign_of_life(database) is not None, 200, what="a round of actions")
        fault = Planted("stopped job runner", 0, "runner_down", "", "suite")
        fault.plant()
        while not fault.known and time.monotonic() < fault.began + 3 * KNOWN:
            fault.look(database)
            time.sleep(0.2)
        print(f"\nwithout workers: {fault}")
        assert fault.told is not None
        assert fault.told <= KNOWN
