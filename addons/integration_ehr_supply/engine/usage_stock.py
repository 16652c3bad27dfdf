"""Taking from stock what was used: few transfers for many lines, and exact returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from odoo import fields
from odoo.models import BaseModel

from odoo.addons.integration_core.tools import errors

from ..tools.usage import OnHand
from . import stock_turns, usage_emergency, usage_kits, usage_late, usage_moves
from .usage_book import Usage

#: Documents of machines get no note about themselves.
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


def book(handler: BaseModel, usages: Sequence[Usage]) -> BaseModel:
    """Take lines from stock; return their records in the same order.

    Lines of one stock location become one transfer; those of one product, unit and cost centre
    one move, with a move line for each lot.

    :raises errors.ConflictError: ``beyond_stock``
    """
    env = handler.env(context={**handler.env.context, **QUIET})
    missing = _missing(env, usages)
    receipts = {}
    for usage, quantity in missing.items():
        if _policy(handler, usages[usage]) == "emergency":
            receipts[usage] = usage_emergency.receive(env, usages[usage], quantity)
    kits = usage_kits.free(env, ((one.lot, part) for one in usages for part in one.parts))
    moves = _take(env, usages)
    kits._action_assign()
    records = env["ehr.consumption"].create(
        [
            _values(one, moves[_group(one)], missing.get(number), receipts.get(number))
            for number, one in enumerate(usages)
        ]
    )
    usage_late.ask(zip(usages, records, strict=True))
    return records.with_env(handler.env)


# -- what is there -----------------------------------------------------------------------------


def _missing(env: Any, usages: Sequence[Usage]) -> dict[int, float]:
    """How much is not there, by number of the line, where that may be.

    :raises errors.ConflictError: it may not
    """
    kept = [(number, one) for number, one in enumerate(usages) if one.product.is_storable]
    stock_turns.take(
        env, ((one.product.id, place.id) for _number, one in kept for place in one.bins)
    )
    on_hand = _on_hand(env, [one for _number, one in kept])
    missing = {}
    taken = env["stock.lot"]
    for number, one in kept:
        quantity = sum(
            on_hand.take((place.id, one.product.id, one.lot.id or 0), wanted)
            for place, wanted in one.bins.items()
        )
        if one.product.uom_id.is_zero(quantity):
            taken |= one.lot
            continue
        if one.product.tracking == "serial":
            _require_unused(env, one, taken)
        if _policy(env["integration.handler.ehr_consumption"], one) == "quarantine":
            raise errors.ConflictError(
                "More was used than lies at the place by Odoo's count. Count the stock or enter "
                "the missing receipt, then retry; or let the settings of the place allow it.",
                code="beyond_stock",
            )
        missing[number] = quantity
    return missing


def _require_unused(env: Any, usage: Usage, taken: BaseModel) -> None:
    """A serial number that is not there must not have been used before: there is one of it.

    :param taken: lots of lines before this one
    :raises errors.ConflictError: ``serial_used``
    """
    before = env["ehr.consumption"].search([("lot_id", "=", usage.lot.id), ("action", "=", "use")])
    kept = before.filtered(lambda one: one._kept() > 0)
    if kept or usage.lot in taken:
        raise errors.ConflictError(
            "A serial number was used that was used before and never came back: there is only one "
            "of it. Ask the ward which one it was, then cancel this message; or let the sender "
            "take back the first use, then retry.",
            code="serial_used",
        )


def _places(usages: Iterable[Usage]) -> set[int]:
    return {place.id for one in usages for place in one.bins}


def _on_hand(env: Any, usages: Iterable[Usage]) -> OnHand:
    """What lies at the places, loose and our own: nothing else is taken."""
    usages = list(usages)
    rows = env["stock.quant"]._read_group(
        [
            ("location_id", "in", list(_places(usages))),
            ("product_id", "in", list({one.product.id for one in usages})),
            ("owner_id", "=", False),
            ("package_id", "=", False),
        ],
        ["location_id", "product_id", "lot_id"],
        ["quantity:sum"],
    )
    return OnHand(
        {(place.id, product.id, lot.id or 0): total for place, product, lot, total in rows}
    )


def _policy(handler: BaseModel, usage: Usage) -> str:
    # sudo: how usage is booked; a service user need not be able to read companies
    company = handler.env.company.sudo()
    return usage.place._usage_setting("usage_shortage") or company.ehr_usage_shortage


# -- moves -------------------------------------------------------------------------------------


def _group(usage: Usage) -> tuple[int, ...]:
    """Lines with the same are taken by one move."""
    return usage.source.id, usage.product.id, _unit(usage).id, usage.cost_centre.id


def _unit(usage: Usage) -> BaseModel:
    """The unit of the move. Of several bins that in which it is kept: boxes would be rounded."""
    return usage.product.uom_id if len(usage.bins) > 1 else usage.unit


def _take(env: Any, usages: Sequence[Usage]) -> dict[tuple[int, ...], BaseModel]:
    groups = defaultdict(list)
    for one in usages:
        groups[_group(one)].append(one)
    by_place = {group[0].source: group[0] for group in groups.values()}
    transfers = env["stock.picking"].create(
        [_transfer_values(stock, one) for stock, one in by_place.items()]
    )
    of_place = dict(zip(by_place, transfers, strict=True))
    # Not with their transfers: Odoo would look for moves to merge, and these are merged already.
    moves = env["stock.move"].create(
        [
            {**_move_values(group), "picking_id": of_place[group[0].source].id}
            for group in groups.values()
        ]
    )
    moves._action_done()
    transfers.write({"date_done": fields.Datetime.now()})
    return dict(zip(groups, moves, strict=True))


def _transfer_values(stock: BaseModel, first: Usage) -> dict[str, Any]:
    return {
        "picking_type_id": stock.warehouse_id.int_type_id.id,
        "location_id": stock.id,
        "location_dest_id": first.product.property_stock_production.id,
        "ehr_usage": "use",
    }


def _move_values(group: list[Usage]) -> dict[str, Any]:
    one = group[0]
    by_lot: dict[usage_moves.Where, float] = defaultdict(float)
    for usage in group:
        if len(usage.bins) == 1:
            by_lot[usage.lot.id, usage.source.id] += usage.quantity
            continue
        for place, quantity in usage.bins.items():
            by_lot[usage.lot.id, place.id] += quantity
    return usage_moves.values(
        one.product,
        _unit(one),
        by_lot,
        one.source,
        # Where Odoo books what a company uses up itself.
        one.product.property_stock_production,
        one.product.env.company,
        ehr_cost_centre_id=one.cost_centre.id,
    )


def _values(
    usage: Usage, move: BaseModel, missing: float | None, receipt: BaseModel | None
) -> dict[str, Any]:
    told = usage.told
    return {
        "system_id": usage.received.system_id,
        "message_uuid": usage.received.uuid,
        "action": told.action,
        "number": told.key.number,
        "line": told.key.line,
        "source": told.source,
        "order_number": told.order or False,
        "used_at": told.used_at,
        "product_id": usage.product.id,
        "quantity": usage.quantity,
        "uom_id": usage.unit.id,
        "lot_id": usage.lot.id,
        "place_id": usage.place.id,
        "stock_location_id": usage.source.id,
        "analytic_account_id": usage.cost_centre.id,
        "encounter_id": usage.visit.id,
        "move_id": move.id,
        "kit_picking_id": usage.kit_picking.id,
        "kit_brought": any(part.move.state == "done" for part in usage.parts),
        "company_id": move.company_id.id,
        **_shortage(missing, receipt),
    }


def _shortage(missing: float | None, receipt: BaseModel | None) -> dict[str, Any]:
    if not missing:
        return {}
    return {
        "shortage": "emergency" if receipt else "negative",
        "shortage_quantity": missing,
        "receipt_id": receipt.id if receipt else False,
    }
