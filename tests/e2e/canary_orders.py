"""What wards, pharmacy, theatre and laboratory say of goods, and with it of a patient."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.e2e.canary_ward import BED, Ward

THEATRE = "OR^OR1^^MAIN"


@dataclass(frozen=True)
class Patient:
    """Whom messages are about: record number, visit and account."""

    number: str
    visit: str
    account: str = ""


class Orders:
    """Writes messages about goods: each names the patient, and people in every field for names."""

    def __init__(self, ward: Ward) -> None:
        self.ward, self.said = ward, ward.said

    def about(self, kind: str, patient: Patient, *segments: str, bed: str = BED.format(5)) -> bytes:
        """A message about a patient."""
        ward = self.ward
        account = f"{patient.account}^^^MAIN" if patient.account else ""
        return ward.message(
            kind, ward.person(patient.number, account), ward.stay(patient.visit, bed),
            *ward.around(), *segments,
        )  # fmt: skip

    def note(self, number: int = 1) -> str:
        return f"NTE|{number}|P|{self.said['note']} told by {self.said['next of kin']}"

    def orc(
        self, control: str, number: str, *, filler: str = "", group: str = "", at: str = ""
    ) -> str:
        """ORC with who entered it (10), for whom (12), from which phone (14) and why (16)."""
        said = self.said
        return (
            f"ORC|{control}|{number}^CARE|{filler}|{group}|||||{at or self.ward.now()}"
            f"|{said['nurse']}^Pat||D9^{said['doctor']}^Eve||{said['phone']}||"
            f"{said['diagnosis']}^{said['diagnosis text']}"
        )

    # -- requisitions ----------------------------------------------------------------------

    def rqd(self, item: str, quantity: str = "2", unit: str = "EA", **more: str) -> str:
        """RQD. ``more``: ``centre``, ``to``, ``due``, ``at`` (its position)."""
        return (
            f"RQD|{more.get('at', '1')}|{item}^{self.said['note']}|||{quantity}|{unit}"
            f"|{more.get('centre', '')}||{more.get('to', '4W')}|{more.get('due', '')}"
        )

    def supplies(
        self, patient: Patient, number: str, *rows: str, kind: str = "OMS^O05", control: str = "NW"
    ) -> bytes:
        """An order of supplies; each row is an RQD, or what follows one."""
        segments = [self.orc(control, number), *rows, self.note()]
        return self.about(kind, patient, *segments)

    def general(self, patient: Patient, number: str, code: str, **orc: str) -> bytes:
        """OMG, which some send for supplies, and others for radiology."""
        return self.about("OMG^O19", patient, self.orc("NW", number, **orc), *self._test(code))

    def mixed(self, patient: Patient, number: str, code: str, *rows: str) -> bytes:
        """OMG of a test, and of supplies."""
        test = [self.orc("NW", f"{number}T", filler=f"{number}T^RIS"), *self._test(code)]
        supplies = [self.orc("NW", f"{number}S"), *rows, self.note()]
        return self.about("OMG^O19", patient, *test, *supplies)

    def wrong_supplies(
        self, patient: Patient, *, kind: str = "OMS^O05", numbers: int = 900
    ) -> Iterator[bytes]:
        """Orders of which one field cannot be handled, and says something of the patient.

        :param numbers: the first of their numbers
        """
        ward, rqd = self.ward, self.rqd

        def wrong() -> str:
            return ward.wrong("a requisition")

        number = iter(range(numbers, numbers + 99))
        # Not longer than a position may be, and still found.
        twice = ward.people.plant("wrong in the position of a requisition", "CnryPos71936")
        rows = [
            [rqd(wrong())],
            [rqd("GLV", unit=wrong())],
            [rqd("GLV", unit="")],
            [rqd("GLV", quantity=wrong())],
            [rqd("GLV", centre=wrong())],
            [rqd("GLV", to=wrong())],
            [rqd("GLV", due=wrong())],
            [rqd("CATH"), f"RQ1|{wrong()}"],
            [rqd("CATH"), f"RQ1||||{wrong()}"],
            [rqd("GLV"), f"BLG||CH|{ward.account()}^^^MAIN"],
            [rqd("GLV", at=twice)] * 2,
            [rqd(f"{wrong()} {'of more than there is room for ' * 9}")],
        ]
        for row in rows:
            yield self.supplies(patient, f"PO{next(number)}", *row, kind=kind)
        yield self.supplies(patient, "PO1", rqd("GLV"), control=wrong(), kind=kind)
        yield self.supplies(patient, "PO990", rqd("GLV"), control="XO", kind=kind)
        for visit in (ward.visit(), patient.number, ward.national_id):
            unknown = Patient(patient.number, visit)
            yield self.supplies(unknown, f"PO{next(number)}", rqd("GLV"), kind=kind)

    # -- dispenses and implants ------------------------------------------------------------

    def rxd(self, line: str, item: str, amount: str = "1", unit: str = "EA", **more: str) -> str:
        """RXD with notes, who dispensed it and why. ``more``: fields, such as ``f18="L1"``."""
        said = self.said
        fields = {
            1: line, 2: f"{item}^{said['note']}", 3: self.ward.now(), 4: amount, 5: unit,
            9: said["note"], 10: f"D9^{said['nurse']}^Pat", 15: said["note"],
            17: said["diagnosis text"], 21: said["diagnosis"],
        }  # fmt: skip
        fields |= {int(name[1:]): value for name, value in more.items()}
        return "|".join(["RXD", *(fields.get(at, "") for at in range(1, max(fields) + 1))])

    def dispense(
        self, patient: Patient, number: str, *rows: str, control: str = "RE",
        bed: str = BED.format(5),
    ) -> bytes:  # fmt: skip
        orc = self.orc(control, f"RX{number}", filler=f"{number}^PHARM")
        return self.about("RDS^O13", patient, orc, self.note(), *rows, self.note(), bed=bed)

    def wrong_dispenses(self, patient: Patient) -> Iterator[bytes]:
        ward, rxd = self.ward, self.rxd

        def wrong() -> str:
            return ward.wrong("a dispense")

        rows = [
            rxd("1", wrong()), rxd("1", "SWAB", unit=wrong()), rxd("1", "SWAB", unit=""),
            rxd("1", "SWAB", wrong()), rxd("1", "VIAL", f18=wrong()), rxd("1", "VIAL"),
            rxd("1", "SWAB", f3=wrong()), rxd("1", "VIAL", f18="L1", f19=wrong()),
            rxd("1", "VIAL", f18="L9"),
        ]  # fmt: skip
        for number, row in enumerate(rows, 900):
            yield self.dispense(patient, f"D{number}", row)
        yield self.dispense(patient, "D950", rxd("1", "SWAB"), control=wrong())
        yield self.dispense(patient, "D951", rxd("1", "SWAB"), control="CA")
        yield self.dispense(patient, "D1", rxd("1", "SWAB", "7"))
        yield self.dispense(Patient(patient.number, ward.visit()), "D952", rxd("1", "SWAB"))
        yield self.dispense(Patient(patient.number, patient.number), "D953", rxd("1", wrong()))

    def implant(self, patient: Patient, number: str, *, status: str = "F", **values: str) -> bytes:
        """ORU of a device. ``values``: by the code of OBX-3; a unit stands after a blank."""
        said, rows = self.said, []
        for code, value in values.items():
            value, _blank, unit = value.partition(" ")
            rows.append(
                f"OBX|{len(rows) + 1}|ST|{code}^{said['result']}|1|{value}|{unit}|||||{status}|||"
                f"{self.ward.now()}||D9^{said['doctor']}^Eve"
            )
        rows.append(f"OBX|{len(rows) + 1}|TX|{said['result']}|1|{said['result']}||||||F")
        obr = (
            f"OBR|1|{number}^CARE|{number}^THEATRE|IMPLANT^{said['note']}|||{self.ward.now()}"
            f"||||||{said['diagnosis text']}|||D9^{said['doctor']}^Eve"
        )
        return self.about("ORU^R01", patient, obr, self.note(), *rows, bed=THEATRE)

    def wrong_implants(self, patient: Patient) -> Iterator[bytes]:
        ward = self.ward

        def wrong() -> str:
            return ward.wrong("an implant")

        good = {"ITEM": "STEM", "SERIAL": "SN2", "QUANTITY": "1 EA"}
        several: list[dict[str, str]] = [
            {"ITEM": wrong()}, {"QUANTITY": f"1 {wrong()}"}, {"QUANTITY": wrong() + " EA"},
            {"EXPIRY": wrong()}, {"SERIAL": wrong()}, {"LOT": wrong()}, {"QUANTITY": "1"},
        ]  # fmt: skip
        for number, values in enumerate(several, 900):
            yield self.implant(patient, f"I{number}", **{**good, **values})
        yield self.implant(patient, "I950", status=wrong(), **good)
        yield self.implant(patient, "I951", status="W", **good)

    # -- tests -----------------------------------------------------------------------------

    def _test(self, code: str) -> list[str]:
        said = self.said
        return [
            f"OBR|1|||{code}^{said['diagnosis text']}|||{self.ward.now()}||||||"
            f"{said['diagnosis text']}|||D9^{said['doctor']}^Eve{'|' * 15}{said['diagnosis']}",
            self.note(),
            f"DG1|1||{said['diagnosis']}^{said['diagnosis text']}",
            f"OBX|1|TX|{said['result']}||{said['result']}",
            f"SPM|1|{said['extra']}|||||||||||||{said['note']}",
        ]

    def test(
        self, patient: Patient, number: str, code: str, control: str = "NW", at: str = ""
    ) -> bytes:
        """OML: a laboratory order."""
        orc = self.orc(control, number, filler=f"{number}^LAB", at=at)
        return self.about("OML^O21", patient, orc, *self._test(code))

    def wrong_tests(self, patient: Patient) -> Iterator[bytes]:
        wrong = self.ward.wrong
        yield self.test(patient, "L900", wrong("a test"))
        yield self.test(patient, "L901", "GLUC", control=wrong("a test"))
        yield self.test(patient, "L902", "GLUC", at=wrong("a test"))
        yield self.test(Patient(patient.number, self.ward.visit()), "L903", "GLUC")
        yield self.test(patient, "L904", "")
