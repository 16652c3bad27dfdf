# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Encoded orders of a pharmacy as the orders of supplies that they are for the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: What the two contracts call alike, and mean alike.
_OF_ALL: Final = ("sent_at", "visit", "location")
_OF_ONE: Final = ("action", "order", "quantity", "unit", "deliver_to", "needed_by")


def as_requisition(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a pharmacy is going to dispense, as ``ehr.requisition`` 1.0.0.

    :param data: as ``ehr.encoded_order`` 1.0.0

    >>> as_requisition({"sent_at": "2026-03-02T08:00:00Z", "orders": [
    ...     {"action": "new", "order": {"number": "RX1"}, "placer": "O1", "item": "CEF",
    ...      "quantity": "6", "unit": "C62"}]})["orders"]
    [{'action': 'new', 'order': {'number': 'RX1'}, 'quantity': '6', 'unit': 'C62', \
'group': 'O1', 'items': ['CEF']}]
    """
    said = {name: data[name] for name in _OF_ALL if name in data}
    return {"kind": "order", **said, "orders": [_order(one) for one in data["orders"]]}


def _order(one: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: one[name] for name in _OF_ONE if name in one}
    if one.get("placer"):
        found["group"] = one["placer"]
    if one.get("item"):
        found["items"] = [one["item"]]
    return found
