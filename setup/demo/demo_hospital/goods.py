"""What the hospital gives, implants, orders and charges, by the codes of its own systems.

Odoo's demo data know the same codes: items and preference cards in ``integration_ehr_supply``,
charge codes and payers in ``integration_ehr_billing``.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Item:
    """Something that is used.

    :ivar most: so many are used at a time, at most
    :ivar lots: of which lots there are some; empty: nobody counts lots of it
    """

    code: str
    name: str
    most: int
    lots: tuple[str, ...] = ()


EACH: Final = "EA"
BOX: Final = "BX"
#: A unit that the pharmacy has made up, and of which nobody has told Odoo: a strip of tablets.
NEW_UNIT: Final = "STRIP"
#: When all lots expire.
EXPIRY: Final = "20311231"

TABLETS: Final = Item("MED-PARA", "Paracetamol 500 mg", 4, ("PARA-2607", "PARA-2611"))
#: What wards give.
GIVEN: Final = (
    TABLETS,
    Item("MED-HEP", "Heparin syringe", 2, ("HEP-0419",)),
    Item("INF-LINE", "Infusion line", 1),
    Item("DRS-10", "Wound dressing", 3),
    Item("GLV-ST", "Sterile gloves", 4),
)
#: What they order, in which unit. Of the first the store has little.
ORDERED: Final = (("INF-LINE", BOX), ("GLV-ST", BOX), ("GLV-ST", EACH), ("SYR-10", EACH))


@dataclass(frozen=True)
class Implant:
    """A device that stays in the patient: known by its serial number, or by its lot.

    :ivar serials: how many lie on the shelf, numbered from 1; 0: there is a lot without end
    """

    code: str
    name: str
    charge: str
    lot: str = ""
    prefix: str = ""
    serials: int = 0

    def serial(self, number: int) -> str:
        return f"{self.prefix}-{number:04}"


#: By procedure.
IMPLANTS: Final = {
    "27130": Implant("IMP-HIP", "Hip stem", "IMPL-HIP", prefix="HIP", serials=150),
    "27447": Implant("IMP-KNEE", "Knee tray", "IMPL-KNEE", prefix="KNEE", serials=150),
    "49505": Implant("IMP-MESH", "Hernia mesh", "IMPL-MESH", lot="MESH-77"),
}
#: What else an operation takes, by procedure: code and how many, which differs by one.
CASE_ITEMS: Final = {
    "27130": (("DRAPE", 1), ("SUT-20", 6), ("GLV-ST", 4)),
    "27447": (("DRAPE", 1), ("SUT-20", 4), ("GLV-ST", 4)),
    "47562": (("DRAPE", 1), ("TROCAR", 4), ("GLV-ST", 3)),
    "49505": (("DRAPE", 1), ("SUT-20", 2), ("GLV-ST", 2)),
}


@dataclass(frozen=True)
class Price:
    """What one of a charge costs, in cents."""

    code: str
    text: str
    cents: int


BED_DAY: Final = Price("BED-DAY", "Bed, day", 31000)
THEATRE_HOUR: Final = Price("OR-HOUR", "Operating theatre, hour", 45000)
CONSULTATION: Final = Price("CONSULT", "Consultation", 6500)
PRICES: Final = {
    one.code: one
    for one in (
        BED_DAY,
        THEATRE_HOUR,
        CONSULTATION,
        Price("DRESSING", "Dressing", 1250),
        Price("IMPL-HIP", "Hip prosthesis", 240000),
        Price("IMPL-KNEE", "Knee prosthesis", 210000),
        Price("IMPL-MESH", "Hernia mesh", 18000),
    )
}
