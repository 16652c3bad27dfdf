"""The laboratory: items imported with their events muted, messages that take from its stock."""

from __future__ import annotations

from datetime import timedelta

from odoo import api, fields
from odoo.models import BaseModel

from odoo.addons.integration_core.demo.master_data import fields as owned_fields
from odoo.addons.integration_core.demo.master_data import own
from odoo.addons.integration_core.demo.people import acting, named
from odoo.addons.integration_core.demo.service import dispatch, in_service
from odoo.addons.integration_core.engine import capture, muting

MODULE = "integration_procurement"
# reference: name, unit
ITEMS = {
    "REAGENT-CRP": ("Reagent CRP", "uom_kit"),
    "REAGENT-TSH": ("Reagent TSH", "uom_kit"),
    "REAGENT-GLU": ("Reagent glucose", "uom.product_uom_milliliter"),
    "REAGENT-NA": ("Reagent sodium", "uom_kit"),
    "REAGENT-K": ("Reagent potassium", "uom_kit"),
    "REAGENT-LDH": ("Reagent LDH", "uom_kit"),
    "BUFFER-A": ("Buffer A, 1 l", "uom_bottle"),
    "BUFFER-B": ("Buffer B, 1 l", "uom_bottle"),
    "TUBE-EDTA": ("Tube EDTA, 4 ml", "uom_pack"),
}


def tell(env: api.Environment) -> None:
    """Import the items and let the laboratory's messages be handled; harmless when it was done."""
    _handle_consumption(env)
    items = env.ref(f"{MODULE}.interface_laboratory_items")
    if items.state != "draft":
        return
    as_ana = items.with_env(acting(env, "ana"))
    as_ana.action_submit()
    items.with_env(acting(env, "ben")).action_approve()
    as_ana.action_activate()
    items.with_env(acting(env, "olga")).action_pause()
    _import_muted(env)
    dispatch(env, items)
    _stock(env)
    own(
        env,
        f"{MODULE}.ownership_items",
        {
            "system_id": items.system_id.id,
            "model_name": "product.template",
            "condition": "[('categ_id.name', '=', 'Laboratory')]",
            "field_ids": owned_fields("name"),
            "on_conflict": "refuse",
            "note": "The names on the analysers count.",
        },
        approved=False,
    )


def _handle_consumption(env: api.Environment) -> None:
    """What the laboratory used up is taken from stock: what waits can be mended and go on."""
    consumption = env.ref("integration_core.interface_lab_consumption")
    if not consumption.handler:
        consumption._write_approved(
            {
                "handler": "integration.handler.material_consumption",
                "user_id": env.ref(f"{MODULE}.user_laboratory").id,
            }
        )


def _import_muted(env: api.Environment) -> None:
    """Nine items and one that was wrong: all are remembered, nine are told afterwards."""
    mute = named(
        acting(env, "ana")["integration.event.mute"].create(
            {
                "event_type_ids": env.ref(f"{MODULE}.event_type_item").ids,
                "user_id": False,
                "reason": "First load of the laboratory's items",
                "hours": 2,
            }
        ),
        f"{MODULE}.mute_items",
    )
    mute.action_mute()
    with in_service(env):
        for code, (name, unit) in ITEMS.items():
            _item(env, code, name, unit)
        wrong = _item(env, "REAGENT-CPR", "Reagent CPR", "uom_kit")
        env.cr.flush()
        wrong.unlink()
        env.cr.flush()
        mute.action_unmute()
        step = muting.catch_up(env, mute.id, muting.BATCH, capture.caught_up)
    mute = mute.with_env(env)
    mute._count(step)
    _let_it_be_yesterday(mute)


def _item(env: api.Environment, code: str, name: str, unit: str) -> BaseModel:
    return env["product.product"].create(
        {
            "name": name,
            "default_code": code,
            "is_storable": True,
            "categ_id": env.ref(f"{MODULE}.category_laboratory").id,
            "uom_id": env.ref(unit if "." in unit else f"{MODULE}.{unit}").id,
        }
    )


def _let_it_be_yesterday(mute: BaseModel) -> None:
    began = fields.Datetime.now() - timedelta(hours=26)
    mute._set(
        started_at=began,
        until=began + timedelta(hours=mute.hours),
        ended_at=began + timedelta(minutes=35),
        worked_at=began + timedelta(minutes=36),
    )
    mute._close()


def _stock(env: api.Environment) -> None:
    """What the laboratory has on its shelves."""
    place = env.ref(f"{MODULE}.location_chemistry")
    items = env["product.product"].search([("default_code", "in", list(ITEMS))])
    counted = env["stock.quant"].with_context(inventory_mode=True)
    counted.create(
        [
            {"product_id": item.id, "location_id": place.id, "inventory_quantity": 40}
            for item in items
        ]
    ).action_apply_inventory()
