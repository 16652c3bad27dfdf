"""Case kits of the canary test that are over before all is told that was used of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.canary_hospital import Hospital
from tests.e2e.canary_orders import THEATRE, Orders, Patient
from tests.e2e.canary_ward import BED

_CRON = "integration_ehr_supply.ir_cron_kits"
_OF = """
SELECT p.id FROM stock_picking p JOIN ehr_appointment a ON a.id = p.ehr_appointment_id
 WHERE a.filler_number = %s AND p.ehr_usage = 'kit' AND p.return_id IS NULL
"""


class LateKits:
    """One kit is brought, goes back, and was used; another one is released, and was used.

    :ivar brought: whose kit is brought
    :ivar released: whose kit stays in its store
    """

    def __init__(self, hospital: Hospital, orders: Orders) -> None:
        self.hospital, self.orders, ward = hospital, orders, hospital.ward
        self.brought = Patient(ward.number("a late kit"), ward.visit("of a late kit"))
        self.released = Patient(ward.number(), ward.visit())

    def admissions(self) -> list[bytes]:
        """Who has surgery, and when."""
        ward, said = self.hospital.ward, []
        for number, one in (("F8", self.brought), ("F9", self.released)):
            said.append(ward.adt("A01", one.number, one.visit, bed=BED.format(number[-1])))
            said.append(self._surgery(f"the surgery {number}", number, one))
        return said

    def _surgery(self, label: str, number: str, patient: Patient, **more: Any) -> bytes:
        at = datetime.now(UTC) + timedelta(days=2)
        said = self.hospital.ward.appointment(label, patient.number, patient.visit, at, **more)
        return (
            said.replace(b"27130^Hip", b"27447^Knee")
            .replace(b"P1^", f"P{number[1:]}^".encode())
            .replace(b"F1^", f"{number}^".encode())
        )

    def over(self) -> list[bytes]:
        """Both surgeries are done."""
        return [
            self._surgery(f"the end of {number}", number, one, trigger="S14", status="COMPLETE")
            for number, one in (("F8", self.brought), ("F9", self.released))
        ]

    def used(self, *numbers: str) -> list[bytes]:
        """One piece more is told each time."""
        orders = self.orders
        rows = [(number, self.brought) for number in numbers]
        return [
            orders.dispense(one, number, orders.rxd("1", "SWAB"), bed=THEATRE)
            for number, one in rows
        ]

    def used_of_released(self, number: str) -> list[bytes]:
        orders = self.orders
        row = orders.rxd("1", "SWAB")
        return [orders.dispense(self.released, number, row, bed=THEATRE)]

    # -- what is done with goods -----------------------------------------------------------

    def bring(self, clerk: Any) -> None:
        """The kit is brought to the theatre."""
        self.hospital.office.run_scheduled(_CRON)
        (kit,) = self.hospital.suite.database.sql(_OF, ["F8"])
        self._carry_out(clerk, kit["id"])

    def let_hours_pass(self) -> None:
        """What was not used is released, or is to go back."""
        office, database = self.hospital.office, self.hospital.suite.database
        office.run_scheduled(_CRON)
        database.sql(
            "UPDATE stock_picking SET ehr_kit_until = now() at time zone 'UTC' "
            "- interval '1 minute' WHERE ehr_kit_until IS NOT NULL"
        )
        database.sql(
            "INSERT INTO ehr_kit_due (appointment_id) "
            "SELECT id FROM ehr_appointment WHERE filler_number IN ('F8', 'F9')"
        )
        office.run_scheduled(_CRON)

    def take_back(self, clerk: Any) -> None:
        """Somebody brings back what he was told to."""
        (kit,) = self.hospital.suite.database.sql(_OF, ["F8"])
        back = [["return_id", "=", kit["id"]], ["state", "not in", ["done", "cancel"]]]
        (one,) = clerk.call("stock.picking", "search", back)
        self._carry_out(clerk, one)

    def _carry_out(self, clerk: Any, picking: int) -> None:
        moves = clerk.call("stock.move", "search", [["picking_id", "=", picking]])
        clerk.call("stock.move", "write", moves, {"picked": True})
        context = {"skip_backorder": True}
        clerk.call("stock.picking", "button_validate", [picking], context=context)
