# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Orders of systems that keep each order as a record: what is to be done when a version says how
the order stands (contract ``ehr.requisition_state``), and the same as ``ehr.requisition``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from odoo.addons.integration_core.tools import errors

ACTIVE: Final = "active"
#: Nothing is ordered (yet), or for the time being.
WAITING: Final = frozenset({"draft", "on_hold"})
#: Nothing more of it is wanted.
OVER: Final = frozenset({"cancelled", "mistaken", "completed"})
#: What says nothing of what is ordered.
_NO_CONTENT: Final = frozenset({"record", "version", "recorded_at", "status", "planned"})
#: Members that both contracts have and that mean the same.
_OF_ORDER: Final = ("group", "items", "quantity", "unit", "needed_by")


def digest(data: Mapping[str, Any]) -> str:
    """What is ordered, to tell a version that changes it from one that does not (SHA-256)."""
    said = {name: value for name, value in data.items() if name not in _NO_CONTENT}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def status(data: Mapping[str, Any]) -> str:
    """The status that counts: what is proposed or planned is no order.

    >>> status({"status": "active", "planned": True}), status({"status": "active"})
    ('draft', 'active')
    """
    found = str(data["status"])
    return "draft" if found == ACTIVE and data.get("planned") else found


def action(now: str, before: str | None, *, known: bool, open_: bool, same: bool) -> str | None:
    """What a version asks for, as ``ehr.requisition`` names it; ``None``: nothing.

    :param now: the status that it tells
    :param before: the status that was told before; ``None``: no version was handled
    :param known: the order is in Odoo
    :param open_: something may still come of it
    :param same: what is ordered is what was ordered before
    :raises errors.ConflictError: ``order_suspended``, ``order_closed``

    >>> action("active", None, known=False, open_=False, same=False)
    'new'
    >>> action("cancelled", None, known=False, open_=False, same=False) is None
    True
    """
    if now in WAITING:
        if known and open_ and before == ACTIVE:
            raise errors.ConflictError(
                "An order that is being supplied is on hold, or a draft again. Stop its transfer "
                "by hand if it has to wait, and cancel this message; or ask the sender to cancel "
                "the order.",
                code="order_suspended",
            )
        return None
    if now == ACTIVE:
        return _active(before, known=known, same=same)
    if not known or not open_:
        return None
    return "discontinue" if now == "completed" else "cancel"


def _active(before: str | None, *, known: bool, same: bool) -> str | None:
    if not known:
        return "new"
    if before in OVER:
        raise errors.ConflictError(
            "An order that was cancelled or completed is active again. Ask the sender for a new "
            "order, then cancel this message.",
            code="order_closed",
        )
    return None if same else "change"


def as_requisition(data: Mapping[str, Any], asked: str, meant: Mapping[str, Any]) -> dict[str, Any]:
    """A version of an order, as ``ehr.requisition`` 1.0.0 says it.

    :param asked: see :func:`action`
    :param meant: what its references mean: ``visit``, ``location``, ``deliver_to``

    >>> as_requisition(
    ...     {"kind": "stock", "recorded_at": "2026-03-02T08:00:00Z", "status": "cancelled",
    ...      "order": {"number": "S1"}}, "cancel", {})["orders"]
    [{'action': 'cancel', 'order': {'number': 'S1'}}]
    """
    one = {"action": asked, "order": data["order"]}
    one |= {name: data[name] for name in _OF_ORDER if name in data}
    if meant.get("deliver_to"):
        one["deliver_to"] = meant["deliver_to"]
    found = {"kind": data["kind"], "sent_at": data["recorded_at"], "orders": [one]}
    return found | {name: meant[name] for name in ("visit", "location") if meant.get(name)}


def as_test(data: Mapping[str, Any], cancels: bool, code: str, meant: Mapping[str, Any]) -> Any:
    """A version of an order of a kit, as ``ehr.kit_request`` 1.0.0 says it.

    :param code: of the kit
    """
    one = {
        "action": "cancel" if cancels else "order",
        "number": data["order"]["number"],
        "line": "1",
        "test": code,
        "requested_at": data["recorded_at"],
    }
    if data.get("group"):
        one["order"] = data["group"]
    found = {"tests": [one]}
    return found | {name: meant[name] for name in ("visit", "location") if meant.get(name)}
