"""A portal notifies that a supplier's card has changed; what the card says is asked for."""

from __future__ import annotations

from typing import Any

from odoo import api

from odoo.addons.integration_core.demo.people import acting
from odoo.addons.integration_core.demo.service import (
    answer,
    dispatch,
    in_service,
    receive,
    work_off,
)

MODULE = "integration_procurement"
CARD: dict[str, Any] = {
    "number": "P-3077",
    "name": "Helix Sterilisation",
    "street": "Industrieweg 14",
    "zip": "2800",
    "city": "Mechelen",
    "country": "BE",
    "phone": "+32 15 555 03 20",
}
# What the portal sends: whose card it is, and nothing of it.
CHANGED = {"type": "supplier.changed", "data": {"number": "P-3077"}}
LATER = {"type": "supplier.changed", "data": {"number": "P-3102"}}
UNNAMED = {"type": "supplier.changed", "data": {}}


def tell(env: api.Environment) -> None:
    """One card was fetched, one waits, one notification says nothing; harmless when it was done."""
    cards = env.ref(f"{MODULE}.interface_portal_cards")
    changes = env.ref(f"{MODULE}.interface_portal_changes")
    if cards.state != "draft":
        return
    for interface in (cards, changes):
        as_ana = interface.with_env(acting(env, "ana"))
        as_ana.action_submit()
        interface.with_env(acting(env, "ben")).action_approve()
        as_ana.action_activate()
    with in_service(env):
        receive(env, changes, "portal-1", CHANGED)
        work_off(env, changes)
        answer(env, cards, CARD)
        work_off(env, changes)
        # The portal moves house: what there is to ask for waits.
        cards.with_env(acting(env, "olga")).action_pause()
        receive(env, changes, "portal-2", LATER)
        receive(env, changes, "portal-3", UNNAMED)
        work_off(env, changes)
        dispatch(env, cards)
