"""What a billing system says of charges and accounts, with all that it tells of a patient."""

from collections.abc import Iterator

from tests.e2e.canary_orders import Patient
from tests.e2e.canary_ward import Ward


class Charges:
    """Writes DFT and BAR: each names the patient, who pays, who did it, and why.

    :ivar currency: code of the amounts
    """

    def __init__(self, ward: Ward, currency: str) -> None:
        self.ward, self.said, self.currency = ward, ward.said, currency

    def about(
        self, kind: str, patient: Patient, *segments: str, payer: str = "PAYER3", plan: str = "P1",
        at: str = "",
    ) -> bytes:  # fmt: skip
        ward, said = self.ward, self.said
        account = f"{patient.account}^^^MAIN^AN" if patient.account else ""
        return ward.message(
            kind,
            f"EVN|{kind[4:7]}|{at or ward.now()}|||{said['nurse']}^Pat",
            ward.person(patient.number, account),
            ward.stay(patient.visit),
            *segments,
            *ward.around(payer, plan),
        )

    def ft1(
        self, number: str, code: str = "OR-HOUR", quantity: str = "2", amount: str = "900",
        **more: str,
    ) -> list[str]:  # fmt: skip
        """FT1 with its note, procedure and diagnosis. ``more``: fields, such as ``f13="4120"``."""
        said = self.said
        money = f"{amount}&{more.pop('currency', self.currency)}" if amount else ""
        fields = {
            1: "1", 2: number, 4: self.ward.now(), 6: "CG", 7: f"{code}^{said['diagnosis text']}",
            8: said["note"], 9: said["diagnosis text"], 10: quantity, 11: money,
            17: said["extra"], 18: said["extra"], 19: f"{said['diagnosis']}^{said['note']}",
            20: f"D9^{said['doctor']}^Eve", 21: f"D9^{said['nurse']}^Pat", 23: "ORD-1",
            24: f"D9^{said['nurse']}^Pat", 25: f"27130^{said['diagnosis text']}",
            26: f"LT^{said['note']}", 27: f"X^{said['note']}", 29: f"0278^{said['note']}",
        }  # fmt: skip
        fields |= {int(name[1:]): value for name, value in more.items()}
        return [
            "|".join(["FT1", *(fields.get(at, "") for at in range(1, max(fields) + 1))]),
            f"NTE|1||{said['note']} told by {said['next of kin']}",
            f"PR1|1||27130^{said['diagnosis text']}|{said['note']}",
            f"DG1|1||{said['diagnosis']}^{said['diagnosis text']}^I10",
        ]

    def charge(
        self, patient: Patient, *rows: list[str], kind: str = "DFT^P03", **header: str
    ) -> bytes:
        return self.about(kind, patient, *(one for row in rows for one in row), **header)

    def credit(self, number: str, reverses: str, *what: str, **more: str) -> list[str]:
        return self.ft1(number, *what, f6="CD", f31=reverses, **more)

    def account(self, trigger: str, patient: Patient, **header: str) -> bytes:
        procedure = f"PR1|1||27130^{self.said['diagnosis text']}|{self.said['note']}"
        more = [procedure] if trigger == "P12" else []
        return self.about(f"BAR^{trigger}", patient, *more, **header)

    # -- what cannot be handled ------------------------------------------------------------

    def wrong_charges(self, patient: Patient) -> Iterator[bytes]:
        ward, ft1 = self.ward, self.ft1

        def wrong() -> str:
            return ward.wrong("a charge")

        rows = [
            ft1("W1", wrong()), ft1("W2", currency=wrong()), ft1("W3", amount=wrong()),
            ft1("W4", quantity=wrong()), ft1("W5", f4=wrong()), ft1("W6", f6=wrong()),
            ft1("W7", f13=wrong()), ft1("W8", quantity="0"), ft1("TX1", quantity="3"),
            self.credit("W9", wrong()), self.credit("W10", "TX1", "DRESSING"),
        ]  # fmt: skip
        for row in rows:
            yield self.charge(patient, row)
        yield self.charge(patient, ft1("W11"), payer=wrong())
        yield self.charge(patient, ft1("W12"), plan=wrong())
        yield self.charge(patient, ft1("W13"), payer="NEWFUND")
        for visit in (ward.visit(), patient.number, ward.national_id):
            yield self.charge(Patient(patient.number, visit), ft1("W14"))
        yield self.charge(Patient(ward.number(), patient.visit), ft1("W15"))

    def wrong_accounts(self, patient: Patient) -> Iterator[bytes]:
        ward = self.ward

        def wrong() -> str:
            return ward.wrong("an account")

        yield self.account("P01", patient, at=wrong())
        yield self.account("P01", patient, payer=wrong())
        for account in ("", patient.number, ward.national_id):
            yield self.account("P01", Patient(patient.number, patient.visit, account))
        unknown = ward.visit()
        yield self.account("P01", Patient(ward.number(), unknown, unknown))
        yield self.about(f"BAR^{wrong()}", patient)
