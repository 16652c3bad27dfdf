"""What the canary test's pharmacy and wards order in ways of which others mean something else."""

from collections.abc import Iterator

from tests.e2e.canary_orders import Orders, Patient


class Pharmacy:
    """Writes encoded orders (RDE) and general orders (OMG) of both kinds."""

    def __init__(self, orders: Orders) -> None:
        self.orders, self.ward, self.said = orders, orders.ward, orders.said

    # -- encoded orders --------------------------------------------------------------------

    def rxe(self, item: str, amount: str = "2", unit: str = "EA", **more: str) -> str:
        """RXE with all that is said to whom gives it. ``more``: fields, such as ``f8="4W"``."""
        said = self.said
        fields = {
            1: f"1^Q8H^{said['note']}", 2: f"{item}^{said['diagnosis text']}", 3: "2", 5: "g",
            7: f"{said['note']}^{said['extra']}", 10: amount, 11: unit,
            13: f"D9^{said['doctor']}^Eve", 14: f"D9^{said['nurse']}^Pat", 15: said["extra"],
            21: said["note"], 27: f"{said['diagnosis']}^{said['diagnosis text']}",
        }  # fmt: skip
        fields |= {int(name[1:]): value for name, value in more.items()}
        return "|".join(["RXE", *(fields.get(at, "") for at in range(1, max(fields) + 1))])

    def encoded(
        self, patient: Patient, number: str, *rows: str, control: str = "NW", starts: str = ""
    ) -> bytes:
        """RDE of one item, with its route, component, timing, note and result."""
        orders, said = self.orders, self.said
        orc = orders.orc(control, f"P{number}", filler=f"{number}^PHARM", group=f"G{number}")
        timing = f"TQ1|1||||||{starts}||||{said['note']}"
        around = [
            timing, orders.note(), f"RXR|IV^{said['note']}|{said['extra']}",
            f"RXC|A|X^{said['note']}|1|g", f"OBX|1|TX|{said['result']}||{said['result']}",
        ]  # fmt: skip
        return orders.about("RDE^O11", patient, orc, *rows, *(around if rows else []))

    def orders_of_pharmacy(self, one: Patient, other: Patient) -> Iterator[bytes]:
        first = self.encoded(one, "E1", self.rxe("SWAB", "2"))
        yield from (first, first)
        yield self.encoded(one, "E2", self.rxe("GLV", "3", f8="4W"), starts=self.ward.now())
        yield self.encoded(one, "E1", self.rxe("SWAB", "3"), control="XO")
        yield self.encoded(one, "E2", control="CA")
        yield self.encoded(other, "E3", self.rxe("GLV", "500"))
        yield self.encoded(other, "E3", control="DC")

    def wrong_orders(self, one: Patient) -> Iterator[bytes]:
        """One field cannot be handled, and says something of the patient."""
        ward, rxe = self.ward, self.rxe

        def wrong() -> str:
            return ward.wrong("an encoded order")

        rows = [
            rxe(wrong()), rxe(""), rxe("SWAB", wrong()), rxe("SWAB", ""), rxe("SWAB", unit=wrong()),
            rxe("SWAB", unit=""), rxe("GLV", f8=wrong()), rxe("SWAB", "0"),
            rxe(f"{wrong()} {'of more than there is room for ' * 9}"),
        ]  # fmt: skip
        for number, row in enumerate(rows, 900):
            yield self.encoded(one, f"E{number}", row)
        yield self.encoded(one, "E920", rxe("SWAB"), control=wrong())
        yield self.encoded(one, "E921", rxe("SWAB"), control="XO")
        yield self.encoded(one, "E922", rxe("SWAB"), starts=wrong())
        # A number that was used for something else.
        yield self.encoded(one, "E1", rxe("SWAB", "9"))
        yield self.encoded(one, wrong(), control="CA")
        for visit in (ward.visit(), one.number, ward.national_id):
            yield self.encoded(Patient(one.number, visit), "E930", rxe("SWAB"))

    # -- encoded orders that are dispenses -------------------------------------------------

    def dispensed(self, one: Patient) -> Iterator[bytes]:
        """The order names what was given, and when (RXE-18)."""
        for number, item in (("V1", "SWAB"), ("V2", "GLV")):
            yield self.encoded(one, number, self.rxe(item, "1", f15=number, f18=self.ward.now()))

    def wrong_dispensed(self, one: Patient) -> Iterator[bytes]:
        rxe, wrong, now = self.rxe, self.ward.wrong, self.ward.now()
        rows = [
            rxe(wrong("a dispense told as an order"), f15="V3", f18=now),
            rxe("SWAB", unit=wrong("a dispense told as an order"), f15="V4", f18=now),
            rxe("SWAB", f15="V5", f18=wrong("a dispense told as an order")),
        ]
        for number, row in enumerate(rows, 3):
            yield self.encoded(one, f"V{number}", row)

    # -- general orders --------------------------------------------------------------------

    def general_orders(self, one: Patient, other: Patient) -> Iterator[bytes]:
        orders = self.orders
        kind = "OMG^O19"
        yield orders.supplies(one, "GO1", orders.rqd("GLV", "3"), kind=kind)
        yield orders.general(one, "GT1", "CT", filler="GT1^RIS")
        yield orders.general(one, "GT2", "GLUC", filler="GT2^RIS")
        yield orders.mixed(other, "GO2", "CT", orders.rqd("SWAB", "2"))
        yield orders.supplies(one, "GO1", orders.rqd("GLV", "5"), kind=kind, control="XO")
        yield orders.supplies(one, "GO1", kind=kind, control="CA")

    def wrong_general_orders(self, one: Patient) -> Iterator[bytes]:
        orders, wrong = self.orders, self.ward.wrong
        yield from orders.wrong_supplies(one, kind="OMG^O19", numbers=700)
        yield orders.general(one, "GT9", wrong("a general test"))
        yield orders.general(one, "GT8", "CT", at=wrong("a general test"))
        yield orders.general(Patient(one.number, self.ward.visit()), "GT7", "CT")
        yield orders.mixed(one, "GO9", wrong("a general test"), orders.rqd("SWAB"))
        yield orders.mixed(one, "GO8", "CT", orders.rqd(wrong("a general order")))
