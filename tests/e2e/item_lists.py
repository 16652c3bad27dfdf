"""Lists of items and stock as HL7 v2, and the interface that takes them."""

from tests.e2e.mllp_peer import Ack
from tests.e2e.mllp_stage import Hospital, Inbound

_READY = """
user = env["integration.interface"].browse(interface).user_id
for group in ("product.group_product_manager", "stock.group_stock_manager"):
    user.group_ids += env.ref(group)
warehouse = env["stock.warehouse"].search([], limit=1)
if not env["stock.location"].search([("barcode", "=", "WARD-3W")]):
    env["stock.location"].create({"name": "Ward 3W", "barcode": "WARD-3W",
                                  "location_id": warehouse.lot_stock_id.id})
"""


def feed(world: Hospital, **values: object) -> Inbound:
    """An interface for lists, each row of which is a message of its own."""
    routing = world.shell.run("result = env.ref('integration_ehr_supply.routing_hl7_v2_items').id")
    made = world.interface(
        {"ordering": "key", "failure_blocks_key": False},
        routing_id=routing,
        hl7_respond_deadline=120,
        **values,
    )
    world.shell.run(_READY, interface=made.id)
    return made


def file(
    control: str, *entries: str, trigger: str = "M16", level: str = "AL", **fields: str
) -> bytes:
    header = ["MSH", "^~\\&", "MMIS", "MAIN", "ODOO", "HUB", "20260302040000", ""]
    header += [f"MFN^{trigger}^MFN_{trigger}", control, "P", "2.8", "", ""]
    header += [fields.get("f15", ""), fields.get("f16", "")]
    lines = ["|".join(header).rstrip("|"), f"MFI|INV||UPD|||{level}", *entries]
    return ("\r".join(lines) + "\r").encode()


def item(number: str, name: str = "Gauze", unit: str = "EA") -> str:
    return f"MFE|MAD|R-{number}||{number}|CWE\rITM|{number}|{name}|A|||N||||||||Y\rPKG|1|{unit}||1"


def count(number: str, quantity: int, at: str = "") -> str:
    return (
        f"MFE|MUP|C-{number}||{number}|CWE\rIIM|{number}|{number}||||WARD-3W|||||{at}|{quantity}|EA"
    )


def rows(answer: Ack) -> list[tuple[str, str]]:
    """Control id and fate of the entries that an answer names."""
    return [(one[2], one[4]) for one in answer.segments if one[0] == "MFA"]


def products(world: Hospital, prefix: str) -> int:
    return world.database.scalar(
        "SELECT count(*) FROM product_product WHERE default_code LIKE %s", [f"{prefix}%"]
    )
