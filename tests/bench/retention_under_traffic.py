"""Requests per second of the inbound webhook while retention removes a million messages.

One server, one load generator, the door of ``inbound_http``. Ours: retention works off a ledger
of a million finished messages that are all overdue, through the job runner and at the pace that it
chooses itself. Reference: the same ledger and server with retention suspended.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench import figures, inbound_http, ledger_fill, load, rules, runner, stage
from tests.harness import Database, Harness, Shell, wait_until

NAME = "retention_under_traffic"
UNIT = "requests/s"
TARGET = figures.Target(0.90)

EXTENT = ledger_fill.Extent(finished=1_000_000)
#: A round lasts for several of the pauses that retention makes.
REQUESTS = 12_000
WORKERS = 2

_LOOK = """
from odoo.addons.integration_core.engine import retention
from odoo.addons.integration_core.engine.cursors import own_cursor
env.cr.rollback()
with own_cursor(env.registry) as cr:
    retention.look(cr)
"""
# Content has a clock of its own that goes first. It is passed by here, so that what is removed are
# whole messages: with payloads, attempts, events and the reference of the sync status.
_MESSAGES_ONLY = """
UPDATE integration_retention_clock SET overdue = 0, looked_again_at = now(), reached_at = now()
 WHERE kind = 'payload'
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Fill the ledger, start the server."""
    with stage.database(harness) as database:
        partner = inbound_http.Partner.create(database, "measured")
        with stage.shell(database) as shell:
            _fill(database, shell)
            _hold_lane(database, partner.interface)
            with stage.server(database, workers=WORKERS) as server:
                ours = Arm(database, shell, server.port, partner, retention=True)
                reference = Arm(database, shell, server.port, partner, retention=False)
                yield runner.Stage(
                    database,
                    ours=rules.Arm("while retention removes", WORKERS, ours.measure),
                    reference=rules.Arm("retention suspended", WORKERS, reference.measure),
                    generator=lambda: _generator_alone(partner),
                    remarks=(
                        f"{EXTENT.finished:,} messages are overdue; a round is {REQUESTS:,} "
                        f"confirmations over {inbound_http.CONNECTIONS} connections to {WORKERS} "
                        "workers, one of which is also the worker of retention's jobs",
                        "what comes in is stored and not drained, in both arms",
                    ),
                    extras=(
                        runner.Extra("messages removed", ours.pace, unit="messages/s"),
                        runner.Extra("left to remove", ours.left, unit="messages"),
                    ),
                )


def _fill(database: Database, shell: Shell) -> None:
    """A ledger of two interfaces whose policy keeps things for a day."""
    inbound = stage.interface(shell, "filled").id
    (outbound,) = shell.run(
        "made = env['bench.purchase']._subscriber('sent', 'http://127.0.0.1:9/hook')\n"
        "result = [made.id]"
    )
    days = dict.fromkeys(("clinical_payload_days", "payload_days", "metadata_days"), 1)
    policy = shell.run(
        "result = env.ref('integration_core.policy_default').copy(days).id", days=days
    )
    database.sql(
        "UPDATE integration_interface SET policy_id = %s WHERE id = ANY(%s)",
        [policy, [inbound, outbound]],
    )
    ledger_fill.fill(database, inbound, outbound, EXTENT)


def _hold_lane(database: Database, interface: int) -> None:
    """Keep the lane of what comes in busy for ever, so that the door's wake-ups start no drain."""
    database.sql(
        "UPDATE integration_lane SET wanted = true, lease_until = 'infinity' "
        "WHERE interface_id = %s",
        [interface],
    )


@dataclass
class Arm:
    """The door, with retention at work or not."""

    database: Database
    shell: Shell
    port: int
    partner: inbound_http.Partner
    retention: bool
    removed: int = 0
    seconds: float = 0.0

    def measure(self) -> float:
        """Deliver a round of requests; what retention removes meanwhile is counted."""
        requests = [request for _round in range(self._rounds()) for request in self._requests()]
        self._switch()
        before = self._removed()
        found = load.send(self.port, requests, inbound_http.CONNECTIONS)
        assert found.statuses == {202: len(requests)}, f"not all accepted: {found.statuses}"
        removed = self._removed() - before
        if self.retention:
            assert removed, "retention did not work during this round"
            assert self.left(), "nothing is left to remove: the rounds after would measure nothing"
            self.removed += removed
            self.seconds += found.seconds
            print(f"   {removed:,} messages removed in {found.seconds:.0f} s", flush=True)
        else:
            assert not removed, "retention worked although it was suspended"
        return found.rate

    def pace(self) -> float:
        """Messages removed a second, over all rounds."""
        return self.removed / self.seconds

    def left(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM (SELECT 1 FROM integration_message "
            "WHERE state = 'done' LIMIT 2000000) m"
        )

    def _rounds(self) -> int:
        return REQUESTS // inbound_http.REQUESTS

    def _requests(self) -> list[bytes]:
        return self.partner.requests()

    def _switch(self) -> None:
        state = "active" if self.retention else "suspended"
        self.database.sql("UPDATE integration_retention SET state = %s", [state])
        if not self.retention:
            wait_until(self._at_rest, timeout=60, what="the end of a sweep")
            return
        self.shell.run(_LOOK)
        self.database.sql(_MESSAGES_ONLY)
        before = self._removed()
        wait_until(lambda: self._removed() > before, timeout=60, what="the first removal")

    def _at_rest(self) -> bool:
        return self.database.scalar(
            "SELECT lease_until IS NULL FROM integration_lane WHERE kind = 'retention'"
        )

    def _removed(self) -> int:
        return self.database.scalar(
            "SELECT coalesce(sum(count), 0)::bigint FROM integration_retention_line "
            "WHERE kind = 'metadata'"
        )


def _generator_alone(partner: inbound_http.Partner) -> float:
    with load.sink() as port:
        return load.send(port, partner.requests(), inbound_http.CONNECTIONS).rate
