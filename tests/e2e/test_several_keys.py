"""Messages with several ordering keys, and keys that expire, with several processes at once."""

import itertools
import json
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e.office import Inbound, Office, through_shell
from tests.harness import Database, Shell

LANES = 3
MESSAGES = 240

STORE = """
from odoo.addons.integration_core.engine import intake
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import correlation
spec = env["integration.interface"].browse(interface_id)._inbound_spec() | spec
result = []
for key, body, first, further in deliveries:
    incoming = intake.Incoming(
        external_key=key, message_type=None, body=body.encode(), content_type="application/json",
        correlation_id=correlation.new_id(), trace_parent=str(correlation.new_traceparent()),
        partition_key=first, further_keys=tuple(further))
    with own_cursor(env.registry) as cr:
        receipt = intake.store(cr, spec, incoming, None)
    result.append((receipt.uuid, str(receipt.outcome)))
"""
# Drains lanes in turn until the interface has nothing live left, and `total` messages.
DRAIN = """
import time
from odoo.addons.integration_core.engine.cursors import own_cursor
lanes = env["integration.lane"].search([("interface_id", "=", interface_id)], order="number")
result, end = 0, time.monotonic() + 120
while time.monotonic() < end:
    for lane in lanes[start:] + lanes[:start]:
        result += lane._drain()
    with own_cursor(env.registry) as cr:
        cr.execute("SELECT count(*), bool_and(state = 'done') FROM integration_message"
                   " WHERE interface_id = %s", [interface_id])
        count, settled = cr.fetchone()
    if count == total and settled:
        break
"""
_numbers = itertools.count(1)


class World:
    """A database with several processes on it, and no server."""

    def __init__(self, database: Database, shells: list[Shell]) -> None:
        self.database = database
        self.shells = shells
        self.office = Office(through_shell(shells[0]), through_shell(shells[0]))
        self.supplier = self.office.supplier("Keys")
        self.user_id = self.office.buyer("keys")

    def inbound(self, **policy: Any) -> Inbound:
        return self.office.inbound(self.supplier, self.user_id, policy)


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    database.durability()
    with ExitStack() as stack:
        shells = [stack.enter_context(database.shell()) for _each in range(3)]
        yield World(database, shells)


@pytest.mark.parametrize("share", [0.2, 0.03])
def test_each_key_keeps_its_order_over_all_lanes(world: World, share: float) -> None:
    """Drains of all lanes work while messages arrive, some of them with two keys: often, so that
    there is always one on the way, or seldom, so that most of the time there is none."""
    orders = world.office.confirmed(world.supplier, 8)
    inbound = world.inbound(ordering="key", lanes=LANES)
    chance = random.Random(7)
    deliveries = []
    for number in range(MESSAGES):
        one, other = chance.sample(range(len(orders)), 2)
        body = json.dumps(orders[one].confirmation(f"2031-01-{number % 28 + 1:02}"))
        further = [f"K{other}"] if chance.random() < share else []
        deliveries.append((f"m{number}", body, f"K{one}", further))
    storing, *draining = world.shells
    for start, shell in enumerate(draining):
        shell.send(DRAIN, interface_id=inbound.id, total=MESSAGES, start=start)
    storing.send(STORE, interface_id=inbound.id, deliveries=deliveries, spec={})
    stored = [uuid for uuid, _outcome in storing.receive()]
    shares = [shell.receive() for shell in draining]
    print(f"\n{' + '.join(map(str, shares))} worked on")
    rows = world.database.sql(
        "SELECT m.uuid, a.started_at FROM integration_message m JOIN integration_attempt a"
        " ON a.message_id = m.id WHERE m.interface_id = %s AND a.outcome = 'done'",
        [inbound.id],
    )
    moments = {row["uuid"]: row["started_at"] for row in rows}
    assert len(rows) == MESSAGES
    for key in {f"K{number}" for number in range(len(orders))}:
        about = [
            moments[uuid]
            for uuid, (_name, _body, first, further) in zip(stored, deliveries, strict=True)
            if key == first or key in further
        ]
        assert about == sorted(about), key
    assert not world.database.scalar(
        "SELECT count(*) FROM integration_message_key WHERE interface_id = %s AND is_open",
        [inbound.id],
    )


def test_an_expired_key_is_free_for_one_of_two_processes(world: World) -> None:
    """Both find it expired at once: one message is new, and the other one a repetition of it."""
    inbound = world.inbound()
    keys = [os.urandom(6).hex() for _each in range(60)]
    old = [(key, '{"n": 1}', None, []) for key in keys]
    world.shells[0].run(STORE, interface_id=inbound.id, deliveries=old, spec={})
    world.database.sql(
        "UPDATE integration_idempotency SET created_at = created_at - interval '1 hour'"
        " WHERE interface_id = %s",
        [inbound.id],
    )
    new = [(key, '{"n": 2}', None, []) for key in keys]
    for shell in world.shells[1:]:
        shell.send(STORE, interface_id=inbound.id, deliveries=new, spec={"dedupe_seconds": 600})
    one, other = [shell.receive() for shell in world.shells[1:]]
    for (uuid, outcome), (its_uuid, its_outcome) in zip(one, other, strict=True):
        assert uuid == its_uuid
        assert {outcome, its_outcome} == {"stored", "duplicate"}
    assert world.database.scalar(
        "SELECT count(*) FROM integration_message WHERE interface_id = %s", [inbound.id]
    ) == 2 * len(keys)
