# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is made of an order of supplies: how much of it from where, and what is answered.

Quantities are in the unit in which the product is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

#: Quantities differ if they do so by more than this.
NOTHING: Final = Decimal("0.000001")


class Key(NamedTuple):
    """How a system knows a line: nobody in particular assigned the number: empty.

    By order and position, never by product: a repeated order of one product is a new line.
    """

    assigner: str
    number: str
    set_id: str


class Decision(StrEnum):
    """What is answered of a line."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    HELD = "held"


class Reason(StrEnum):
    """Why a line is not simply accepted."""

    NO_STOCK = "no_stock"
    BOUGHT = "bought"
    NOT_STOCKED = "not_stocked"
    ARCHIVED = "archived_item"
    BY_HAND = "maybe_by_hand"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a supply route says of what is not there.

    :ivar shortage: of a product that is kept in stock: ``backorder``, ``purchase`` or ``reject``
    :ivar not_stocked: of one that is not: ``purchase``, ``supply`` or ``reject``
    """

    shortage: str
    not_stocked: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of a line comes from where; together they are what was ordered.

    :ivar supplied: from stock, now
    :ivar waiting: from stock, when it is there again
    :ivar rejected: not at all
    :ivar bought: how much is bought for it; of what is kept in stock it is part of ``waiting``
    :ivar direct: it is bought for whoever ordered it, and does not go through stock
    """

    decision: Decision
    reason: Reason | None
    supplied: Decimal = Decimal()
    waiting: Decimal = Decimal()
    rejected: Decimal = Decimal()
    bought: Decimal = Decimal()
    direct: bool = False


def plan(wanted: Decimal, free: Decimal, policy: Policy, *, stocked: bool, active: bool) -> Plan:
    """What is made of a line.

    :param wanted: more than nothing
    :param free: what of it lies unreserved where the route takes it from; may be negative
    :param stocked: the product is kept in stock, so that ``free`` says something
    :param active: the product is not archived

    >>> found = plan(
    ...     Decimal(10), Decimal(4), Policy("backorder", "purchase"), stocked=True, active=True
    ... )
    >>> found.decision.value, found.supplied, found.waiting
    ('partial', Decimal('4'), Decimal('6'))
    """
    if not active:
        return Plan(Decision.REJECTED, Reason.ARCHIVED, rejected=wanted)
    if not stocked:
        return _not_stocked(wanted, policy)
    there = min(max(free, Decimal()), wanted)
    missing = wanted - there
    if missing <= NOTHING:
        return Plan(Decision.ACCEPTED, None, supplied=wanted)
    if policy.shortage == "reject":
        found = Plan(Decision.REJECTED, Reason.NO_STOCK, supplied=there, rejected=missing)
    elif policy.shortage == "purchase":
        found = Plan(
            Decision.BACKORDERED, Reason.BOUGHT, supplied=there, waiting=missing, bought=missing
        )
    else:
        found = Plan(Decision.BACKORDERED, Reason.NO_STOCK, supplied=there, waiting=missing)
    return replace(found, decision=Decision.PARTIAL) if there > NOTHING else found


def _not_stocked(wanted: Decimal, policy: Policy) -> Plan:
    if policy.not_stocked == "supply":
        return Plan(Decision.ACCEPTED, None, supplied=wanted)
    if policy.not_stocked == "reject":
        return Plan(Decision.REJECTED, Reason.NOT_STOCKED, rejected=wanted)
    return Plan(Decision.BACKORDERED, Reason.BOUGHT, waiting=wanted, bought=wanted, direct=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the documents of a line stand.

    :ivar wanted: what was ordered and neither rejected nor cancelled
    :ivar delivered: what has arrived, without what came back
    :ivar reserved: what is set aside for it and not yet taken
    :ivar picked: what of it somebody has taken
    :ivar open: what is expected to come still
    :ivar cancelled: what was ordered and is not wanted any more
    """

    wanted: Decimal
    delivered: Decimal = Decimal()
    reserved: Decimal = Decimal()
    picked: Decimal = Decimal()
    open: Decimal = Decimal()
    cancelled: Decimal = Decimal()


def status(progress: Progress) -> str:
    """The status of a line that was decided, as the contract names it."""
    delivered, wanted = progress.delivered, progress.wanted + progress.cancelled
    if delivered > NOTHING:
        if delivered >= wanted - NOTHING:
            return "delivered"
        return "partly_delivered" if progress.open > NOTHING else "ended"
    if progress.open <= NOTHING:
        return "cancelled"
    if progress.picked > NOTHING:
        return "picked"
    if progress.reserved >= progress.open - NOTHING:
        return "ready"
    return "partly_ready" if progress.reserved > NOTHING else "waiting"


def digest(order: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """What was ordered, to recognise it when it comes again. How and when is no part of it.

    :param order: one of ``orders`` of the message, as ``ehr.requisition``
    :param message: what it says of all of them: of what kind they are, and for whom
    """
    said = {
        name: value
        for name, value in order.items()
        if name not in ("action", "filler", "status", "reason") and value is not None
    }
    # Where the patient lies matters only to an order that does not name its place.
    context = ("kind", "visit") if order.get("deliver_to") else ("kind", "visit", "location")
    of_all = {name: message[name] for name in context if message.get(name) is not None}
    text = json.dumps([of_all, said], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def repeated(keys: Sequence[Key]) -> Key | None:
    """The first key that a message names twice, if any."""
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def shared_unit(quantities: Sequence[Decimal], factor: Decimal) -> bool:
    """Whether quantities can be told in a unit of so many pieces without a fraction.

    >>> shared_unit([Decimal(24), Decimal(0)], Decimal(12)), shared_unit([Decimal(18)], Decimal(12))
    (True, False)
    """
    return all(
        abs(quantity / factor - round(quantity / factor)) <= NOTHING for quantity in quantities
    )
