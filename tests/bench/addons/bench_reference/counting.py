"""Statements that a round trip costs, stage by stage, in one process without a server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor

from odoo.addons.integration_core.engine.dispatcher import DispatchDrain
from odoo.addons.integration_core.engine.drain import Drain
from odoo.addons.integration_core.engine.inbound import InboundDrain
from odoo.addons.integration_core.engine.outbound import OutboundDrain


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Collect the statements of all cursors of this process."""
    found: list[str] = []
    execute = Cursor.execute

    def noting(cursor, query, *args, **kwargs):
        found.append(str(query)[:40])
        return execute(cursor, query, *args, **kwargs)

    with patch.object(Cursor, "execute", noting):
        yield found


def round_trip(
    registry: Registry, buyer: int, inbound: int, order_ids: Sequence[int]
) -> dict[str, float]:
    """Statements for each order: of its confirmation, and of each stage of the exchange.

    The drains send to the partner for real; its confirmations are stored as its door stores them.
    """
    count = len(order_ids)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        lane = env["integration.lane"]
        outbound = env["integration.interface"].search(
            [("name", "=", "Round trip"), ("direction", "=", "outbound")]
        )
        lanes = {
            DispatchDrain: env.ref("integration_core.lane_dispatch").id,
            OutboundDrain: lane.search([("interface_id", "=", outbound.id)], limit=1).id,
            InboundDrain: lane.search([("interface_id", "=", inbound)], limit=1).id,
        }
    found = {}
    with registry.cursor() as cr, _counted() as statements:
        api.Environment(cr, SUPERUSER_ID, {})["bench.roundtrip"]._confirm_each(buyer, order_ids)
    found["confirmed order, its event included"] = len(statements) / count
    for label, kind in (("dispatched event", DispatchDrain), ("delivery", OutboundDrain)):
        found[label] = _drained(registry, kind, lanes[kind]) / count
    with registry.cursor() as cr, _counted() as statements:
        api.Environment(cr, SUPERUSER_ID, {})["bench.roundtrip"]._store(inbound, order_ids)
    found["stored confirmation"] = len(statements) / count
    found["applied confirmation"] = _drained(registry, InboundDrain, lanes[InboundDrain]) / count
    return found


def _drained(registry: Registry, kind: type[Drain], lane_id: int) -> int:
    with _counted() as statements:
        kind(registry, lane_id).run(patient=False)
    return len(statements)
