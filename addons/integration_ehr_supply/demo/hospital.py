"""What the demo hospital needs to find: places with their stock, goods on hand, and its connection.

Harmless when it was done before, and completes what an earlier version of the demo data left.
"""

from __future__ import annotations

from odoo import api
from odoo.fields import Command
from odoo.models import BaseModel

MODULE = "integration_ehr_supply"
BRIDGE = "integration_ehr_bridge"
FACILITY = "MAIN"
#: Wards of the hospital, what they are, and where what they use lies.
PLACES = {
    "ED": ("unit", "location_ed"),
    "ICU": ("unit", "location_icu"),
    "3W": ("unit", "location_3w"),
    "4W": ("unit", "location_4w"),
    "5E": ("unit", "location_5e"),
    "OR": ("theatre", "location_or"),
}
#: What lies on each ward and in the theatres' own stock: product, lot, quantity.
ON_WARDS = (
    ("product_paracetamol", "lot_paracetamol_1", 5000),
    ("product_paracetamol", "lot_paracetamol_2", 5000),
    ("product_heparin", "lot_heparin", 2000),
    ("product_infusion", "", 1200),
    ("product_dressing", "", 2400),
    ("product_gloves", "", 4000),
)
#: What lies in the sterile store, where case kits come from.
STERILE = (
    ("product_drape", "", 2000),
    ("product_suture", "", 12000),
    ("product_gloves", "", 12000),
    ("product_trocar", "", 8000),
    ("product_mesh", "lot_mesh", 2000),
)
#: What the central store has besides: enough of these, few infusion lines.
CENTRAL = (("product_gloves", "", 20000), ("product_syringe", "", 20000))
#: Implants in the sterile store, each with a serial number.
SERIALS = (("product_hip", "HIP"), ("product_knee", "KNEE"))
SERIAL_COUNT = 150


def prepare(env: api.Environment) -> None:
    """Let the hospital find its places, goods and connection."""
    _places(env)
    _connection(env)
    if not env["stock.lot"].search_count([("name", "=", f"HIP-{1:04}")], limit=1):
        _stock(env)


def _places(env: api.Environment) -> None:
    """Its list of places comes over the wire; what they take their goods from does not."""
    places = env["ehr.location"]
    for ward, (kind, stock) in PLACES.items():
        named = {"facility": FACILITY, "point_of_care": ward, "room": "", "bed": ""}
        place = places.search([(name, "=", value) for name, value in named.items()], limit=1)
        place = place or places.create({**named, "kind": kind})
        if not place.stock_location_id:
            place.write(
                {
                    "stock_location_id": env.ref(f"{MODULE}.{stock}").id,
                    # So that an hour of demonstration does not end in messages about a count.
                    "usage_shortage": "emergency",
                }
            )
        if kind == "theatre" and not place.kit_source_id:
            place.kit_source_id = env.ref(f"{MODULE}.location_sterile")


def _stock(env: api.Environment) -> None:
    """Goods on hand."""
    sterile = env.ref(f"{MODULE}.location_sterile")
    for _kind, stock in PLACES.values():
        _bring(env, env.ref(f"{MODULE}.{stock}"), ON_WARDS)
    _bring(env, sterile, STERILE)
    _bring(env, env.ref("stock.warehouse0").lot_stock_id, CENTRAL)
    for name, prefix in SERIALS:
        product = env.ref(f"{MODULE}.{name}")
        serials = env["stock.lot"].create(
            [
                {"product_id": product.id, "name": f"{prefix}-{number:04}"}
                for number in range(1, SERIAL_COUNT + 1)
            ]
        )
        for serial in serials:
            env["stock.quant"]._update_available_quantity(product, sterile, 1, lot_id=serial)


def _bring(
    env: api.Environment, place: BaseModel, goods: tuple[tuple[str, str, float], ...]
) -> None:
    for name, lot, quantity in goods:
        env["stock.quant"]._update_available_quantity(
            env.ref(f"{MODULE}.{name}"),
            place,
            quantity,
            lot_id=env.ref(f"{MODULE}.{lot}") if lot else None,
        )


def _connection(env: api.Environment) -> None:
    """The connection brings supply as well, and its service user may book it."""
    add_rules(env, f"{BRIDGE}.routing_hl7_v2_standard")
    add_rules(env, f"{MODULE}.routing_hl7_v2_supply")
    add_rules(env, f"{MODULE}.routing_hl7_v2_usage")
    env.ref(f"{BRIDGE}.user_ehr_feed").group_ids = [
        Command.link(env.ref("stock.group_stock_user").id)
    ]
    feed = env.ref(f"{BRIDGE}.interface_ehr_feed")
    if feed.state == "draft":
        feed.write(
            {
                "name": "Visits, schedule, supply and charges",
                "routing_id": env.ref(f"{MODULE}.routing_demo_hospital").id,
            }
        )


def add_rules(env: api.Environment, routing: str) -> None:
    """Add the rules of a routing to those of the demo hospital, as long as they may change."""
    own = env.ref(f"{MODULE}.routing_demo_hospital")
    if own.state == "draft":
        own._take_rules(env.ref(routing))
