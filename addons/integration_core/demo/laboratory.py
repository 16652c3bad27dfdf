"""Inbound: everything that can happen to what arrives, by the example of the laboratory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from odoo import api

from ..engine import unmapped
from .ledger import Ledger, Story, oldest_first

CONSUMPTION = "procurement.material_consumption"
BROKEN = (
    "contract",
    "contract_violation",
    "The content does not have the agreed shape. /used_at: is required",
)
TWICE = (
    "conflict",
    "key_reused",
    "This id was used before, for another content. Ask the sender which one is right.",
)


def tell(env: api.Environment, ledger: Ledger) -> None:
    interface = env.ref("integration_core.interface_lab_consumption")
    stories = [*_done(), *_for_a_person(), *_on_the_way(), *_closed()]
    for story in sorted(stories, key=oldest_first):
        ledger.tell(interface, story)


def _usage(item: str, amount: str, unit: str) -> dict[str, Any]:
    """What the laboratory sends."""
    return {
        "analyser": "LAB-CHEMISTRY",
        "used_at": "2026-03-02T08:45:00",
        "reagents": [{"code": item, "amount": amount, "unit": unit}],
    }


def _used(item: str, amount: str, unit: str) -> dict[str, Any]:
    """What the mapping makes of it."""
    return {
        "location": "LAB-CHEMISTRY",
        "consumed_at": "2026-03-02T07:45:00Z",
        "lines": [{"item": item, "quantity": amount, "unit": unit}],
    }


def _done() -> Iterator[Story]:
    for number, (item, amount, unit, code, minutes) in enumerate(
        (
            ("REAGENT-CRP", "2", "KIT", "KT", 1500),
            ("REAGENT-TSH", "1", "KIT", "KT", 1380),
            ("REAGENT-GLU", "250", "ML", "MLT", 190),
            ("REAGENT-CRP", "1", "KIT", "KT", 55),
        ),
        1,
    ):
        yield Story(
            f"lab-{number}",
            "done",
            minutes,
            CONSUMPTION,
            _usage(item, amount, unit),
            canonical=_used(item, amount, code),
            key=item,
        )


def _for_a_person() -> Iterator[Story]:
    """Two units that the value map lacks (one is proposed), a broken shape, an id used twice."""
    for name, minutes, usage in (
        ("lab-unmapped-1", 45, ("BUFFER-A", "3", "BTL")),
        ("lab-unmapped-2", 30, ("BUFFER-B", "1", "BTL")),
        ("lab-proposed", 25, ("TUBE-EDTA", "4", "PKG")),
    ):
        missing = f"“{usage[-1]}” is not in the value map “demo_lab_units”."
        yield Story(
            name,
            "quarantined",
            minutes,
            CONSUMPTION,
            _usage(*usage),
            error=("mapping", unmapped.CODE, missing),
        )
    broken = {"analyser": "LAB-HEMA", "reagents": []}
    yield Story("lab-contract", "quarantined", 120, CONSUMPTION, broken, error=BROKEN)
    twice = _usage("REAGENT-CRP", "20", "KIT")
    yield Story("lab-conflict", "quarantined", 100, CONSUMPTION, twice, attempts=0, error=TWICE)


def _on_the_way() -> Iterator[Story]:
    for name, state, minutes, usage, attempts in (
        ("lab-received", "received", 1, ("REAGENT-NA", "1", "KIT"), 0),
        ("lab-processing", "processing", 2, ("REAGENT-K", "1", "KIT"), 1),
    ):
        yield Story(name, state, minutes, CONSUMPTION, _usage(*usage), attempts=attempts)
    yield Story(
        "lab-parked",
        "held",
        400,
        CONSUMPTION,
        _usage("REAGENT-LDH", "999", "KIT"),
        attempts=0,
        values={"held_reason": "parked"},
    )


def _closed() -> Iterator[Story]:
    yield Story("lab-filtered", "filtered", 300, "heartbeat", {"alive": True})
    yield Story(
        "lab-cancelled",
        "cancelled",
        2880,
        CONSUMPTION,
        _usage("REAGENT-ALT", "1", "KIT"),
        attempts=0,
        values={"resolution": "A test of the laboratory, not a real usage"},
    )
