"""Confirming purchase orders, one transaction each, under a clock."""

import time
from collections.abc import Iterable

from odoo import api
from odoo.modules.registry import Registry


def confirm_each(registry: Registry, user_id: int, order_ids: Iterable[int]) -> list[float]:
    """Confirm each order in a transaction of its own; return the seconds that each one took.

    The clock runs from borrowing a connection to the end of the hooks after the commit: the
    precommit hooks that write events and the wake-up of the dispatcher are part of it.
    """
    durations = []
    for order_id in order_ids:
        start = time.perf_counter()
        with registry.cursor() as cr:
            api.Environment(cr, user_id, {})["purchase.order"].browse(order_id).button_confirm()
        durations.append(time.perf_counter() - start)
        _forget_wake_up(registry)
    return durations


def _forget_wake_up(registry: Registry) -> None:
    """Do what a dispatcher would have done by the next transaction: it is asleep again.

    Otherwise the first wake-up would spare all later ones the queue job that they have to create.
    """
    with registry.cursor() as cr:
        cr.execute("UPDATE integration_lane SET wanted = false WHERE wanted")
        cr.execute("DELETE FROM queue_job")


def confirm_and_note(registry: Registry, user_id: int, order_id: int) -> tuple[str, float]:
    """Confirm an order; return its number and when it was committed, in seconds since the epoch."""
    committed: list[float] = []
    with registry.cursor() as cr:
        # Hooks run in their order: this one before the wake-up of the dispatcher.
        cr.postcommit.add(lambda: committed.append(time.time()))
        order = api.Environment(cr, user_id, {})["purchase.order"].browse(order_id)
        order.button_confirm()
        name = order.name
    return name, committed[0]
