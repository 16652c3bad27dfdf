"""What was used out of a kit, and told after the kit had gone back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from odoo.fields import Command
from odoo.models import BaseModel

from . import usage_moves
from .usage_kits import Part

KIND = "kit_went_back"


def ask(booked: Iterable[tuple[Any, BaseModel]]) -> None:
    """Ask a storekeeper about goods that were used, and had gone back before that was told.

    They were taken from where they lie by Odoo's count. Either they never came back, or something
    else was used: one of two counts is wrong, and nobody but a person can say which.

    :param booked: usages with their records
    """
    for usage, record in booked:
        for part in usage.parts:
            if part.back and part.back.state == "done":
                _ask(usage, record, part)


def _ask(usage: Any, record: BaseModel, part: Part) -> None:
    env, back = record.env, part.back
    env["integration.exception"]._raise_for(
        None,
        back.picking_id,
        KIND,
        env._(
            "%(product)s of a case kit was used, as was told after %(transfer)s had brought it "
            "back. Accept: it never came back, and stays taken from %(store)s. Reject: it did come "
            "back, and other goods of %(theatre)s were used.",
            product=usage.product.display_name,
            transfer=back.picking_id.name,
            store=part.stock.display_name,
            theatre=back.location_id.display_name,
        ),
        area="stock",
        key=f"{record.id}/{back.id}/{part.stock.id}",
        lines=[
            (
                usage.lot.name or usage.product.display_name,
                f"{back.quantity:g} {back.product_uom.name}",
                f"-{part.quantity:g} {usage.product.uom_id.name}",
            )
        ],
        proposal={
            "consumption": record.id,
            "back": back.id,
            "place": part.stock.id,
            "quantity": part.quantity,
        },
        user_id=back.picking_id.user_id.id,
        system_id=record.system_id.id,
    )


def settle(used: BaseModel) -> None:
    """All of it was given back: there is nothing to decide about it any more."""
    if used._kept() > 0:
        return
    # sudo: who tells that something came back need no right on decisions of people
    exceptions = used.env["integration.exception"].sudo()
    exceptions.search(
        [("kind", "=", KIND), ("state", "=", "open"), ("key", "=like", f"{used.id}/%")]
    )._void()


def bring_back(used: BaseModel, back: BaseModel, place: BaseModel, quantity: float) -> BaseModel:
    """Move goods from the theatre to the store, done at once: the theatre had used its own.

    :param used: the consumption that took them from the store
    :param back: the move that had taken the rest of the kit back
    :param place: in the store, where they lie
    :param quantity: in the unit in which the product is kept
    :return: the transfer
    """
    product, theatre = used.product_id, back.location_id
    move = usage_moves.values(
        product,
        product.uom_id,
        {(used.lot_id.id, theatre.id): quantity},
        theatre,
        place,
        used.company_id,
        ehr_stands_in_id=used.id,
    )
    transfer = used.env["stock.picking"].create(
        {
            "picking_type_id": back.picking_id.picking_type_id.id,
            "location_id": theatre.id,
            "location_dest_id": place.id,
            "origin": back.picking_id.name,
            "move_ids": [Command.create(move)],
        }
    )
    transfer._ehr_belong_to(used.kit_picking_id)
    transfer._action_done()
    return transfer
