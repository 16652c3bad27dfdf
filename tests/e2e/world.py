"""Several processes on one database without a server, as workers that drain lanes at once."""

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.e2e.ledger import Ledger
from tests.e2e.office import Inbound, Office, Supplier, through_shell
from tests.harness import Database, Shell

LEASE = 3

STORE = """
from odoo.addons.integration_core.engine import intake
from odoo.addons.integration_core.tools import correlation
spec = env["integration.interface"].browse(interface_id)._inbound_spec()
result = []
for key, body in deliveries:
    receipt = intake.store(env.cr, spec, intake.Incoming(
        external_key=key, message_type=None, body=body.encode(), content_type="application/json",
        correlation_id=correlation.new_id(), trace_parent=str(correlation.new_traceparent()),
    ), None)
    result.append(receipt.uuid)
    env.cr.commit()
"""
# Drains lanes in turn until the interface has nothing live left, and `total` messages.
DRAIN = """
import time
from odoo.addons.integration_core.engine.cursors import own_cursor
lanes = env["integration.lane"].search([("interface_id", "=", interface_id)], order="number")
result, end = 0, time.monotonic() + 120
while time.monotonic() < end:
    for lane in lanes[start:] + lanes[:start]:
        result += drain(lane)
    with own_cursor(env.registry) as cr:
        cr.execute("SELECT count(*), bool_and(state NOT IN ('queued', 'processing', 'retry'))"
                   " FROM integration_message WHERE interface_id = %s", [interface_id])
        count, settled = cr.fetchone()
    if count == total and settled:
        break
"""
BY_LEASE = "def drain(lane): return lane._drain()\n"
# All processes pretend to hold the lane's one lease, so that they work on it at the same time.
SHARED = """
import time
from odoo.addons.integration_core.engine.inbound import InboundDrain
def drain(lane):
    own = InboundDrain(env.registry, lane.id)
    own.token, own.deadline = "shared", time.monotonic() + 60
    return own._loop(False)[0]
"""


class World:
    """A database with several processes on it, and no server."""

    def __init__(self, database: Database, shells: list[Shell]) -> None:
        self.database = database
        self.shells = shells
        self.ledger = Ledger(database)
        self.office = Office(through_shell(shells[0]), through_shell(shells[0]))
        self.user_id = self.office.buyer("interface")
        self._numbers = itertools.count(1)

    def supplier(self) -> Supplier:
        return self.office.supplier(f"Supplier {next(self._numbers)}")

    def inbound(self, supplier: Supplier, **policy: Any) -> Inbound:
        return self.office.inbound(supplier, self.user_id, policy, ordering_key_path="order_no")

    def store(self, interface: Inbound, *contents: dict[str, Any]) -> list[str]:
        """Store contents as the door does; return the receipts."""
        return self.shells[0].run(STORE, interface_id=interface.id, deliveries=keyed(contents))

    def drain(self, interface_id: int, shell: int = 0) -> int:
        """Drain the one lane of an interface once."""
        return self.shells[shell].run(RUN, interface_id=interface_id)

    def drain_at_once(self, interface: Inbound, contents: list[Any], how: str) -> None:
        """Store contents by the first process, while all others drain.

        :param how: :data:`BY_LEASE`, or :data:`SHARED`: each believes to be the only one
        """
        if how == SHARED:
            self.database.sql(
                "UPDATE integration_lane SET lease_token = 'shared', lease_until = now()"
                " + interval '1 hour' WHERE interface_id = %s",
                [interface.id],
            )
        storing, *draining = self.shells
        for start, shell in enumerate(draining):
            shell.send(how + DRAIN, interface_id=interface.id, total=len(contents), start=start)
        storing.send(STORE, interface_id=interface.id, deliveries=keyed(contents))
        storing.receive()
        shares = [shell.receive() for shell in draining]
        print(f"\n{' + '.join(map(str, shares))} worked on, {len(contents)} messages")

    def effects(self, interface: Inbound) -> int:
        """How often a message of an interface took effect."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_attempt a JOIN integration_message m"
            " ON m.id = a.message_id WHERE m.interface_id = %s AND a.outcome = 'done'",
            [interface.id],
        )

    def dispatch(self) -> None:
        self.shells[0].run("env['integration.lane'].search([('kind', '=', 'dispatch')])._drain()")


RUN = """
lane = env["integration.lane"].search([("interface_id", "=", interface_id)])
result = lane._drain()
"""


def keyed(contents: Any) -> list[tuple[str, str]]:
    """Give each content a key of its own."""
    return [(os.urandom(8).hex(), json.dumps(content)) for content in contents]


@contextmanager
def running_world(database: Database, processes: int) -> Iterator[World]:
    """Give a world of several processes, whose leases are short."""
    database.durability()
    with ExitStack() as stack:
        shells = [
            stack.enter_context(
                database.shell(integration={"lease_seconds": LEASE, "watchdog_grace": 1})
            )
            for _each in range(processes)
        ]
        yield World(database, shells)
