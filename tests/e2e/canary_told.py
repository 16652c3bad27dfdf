"""What the canary test's hospital tells of goods and charges as HL7 v2, and who listens."""

from typing import Any

from tests.e2e.canary_hospital import Hospital
from tests.harness import Shell, wait_until

#: Why messages about goods and charges are put aside in this run.
OF_BUSINESS = {
    "unknown_item", "missing_value", "missing_required", "unknown_location", "unknown_visit",
    "unknown_lot", "unknown_usage", "usage_differs", "unknown_charge_code", "charge_differs",
    "credit_without_charge", "credit_differs", "unknown_payer", "unknown_plan", "duplicate_line",
    "unknown_order", "invalid_datetime", "invalid_decimal",
}  # fmt: skip
#: Before a person tries again what failed.
FAILED = "SELECT DISTINCT error_code FROM integration_message WHERE error_code IS NOT NULL"
#: A visit's number alone, as HL7 v2.
AS_HL7 = """{
    type: 'ADT', trigger: 'A08', structure: 'ADT_A01',
    segments: [{id: 'EVN', f1: 'A08'}, {id: 'PV1', f19: root.visit.number}]
}"""
#: Mapping and events of each listener: what everybody may know, and what is clinical.
_GOODS = {
    "items": (
        "integration_ehr_supply.mapping_hl7_item_out",
        "integration_ehr_supply.event_type_item_full",
        "integration_procurement.event_type_item_created",
        "integration_procurement.event_type_item_changed",
    ),
    "stock": (
        "integration_ehr_supply.mapping_hl7_stock_on_hand_out",
        "integration_ehr_supply.event_type_stock_on_hand_full",
        "integration_ehr_supply.event_type_stock_on_hand_changed",
    ),
}
_CLINICAL = {
    "orders": (
        "integration_ehr_supply.mapping_hl7_requisition_status",
        "integration_ehr_supply.event_type_requisition_changed",
    ),
    "outsourced": (
        "integration_ehr_supply.mapping_hl7_outsourced",
        "integration_ehr_supply.event_type_outsourced_changed",
    ),
    "posted": (
        "integration_ehr_billing.mapping_charge_posted_hl7",
        "integration_ehr_billing.event_type_charge_posted",
    ),
}
#: What each of them hears (MSH-9): nothing else must leave, and all of it has to.
KINDS = {
    "items": {"MFN^M16^MFN_M16"},
    "stock": {"MFN^M15^MFN_M15"},
    "orders": {"OMS^O05^OMS_O05", "OMN^O07^OMN_O07", "ORM^O01^ORM_O01"},
    "outsourced": {"ORM^O01^ORM_O01"},
    "posted": {"DFT^P03^DFT_P03"},
}
#: Who hears of a visit, as he invoices it.
OF_VISITS = {"posted"}
_EXPORT = """
ask = env["integration.export.ask"].create({"interface_id": interface, "kind": kind})
result = ask.action_begin()["res_id"]
"""


class Told:
    """Listeners of goods and charges, each with the application to which it is addressed.

    :ivar ids: the interfaces, by name
    """

    def __init__(self, hospital: Hospital, shell: Shell, system: int, mllp: dict[str, Any]) -> None:
        self.hospital, self._shell = hospital, shell
        ref = hospital.office.ref
        self.ids = {}
        for listeners, more in (
            (_GOODS, {"data_class": "internal", "system_id": system}),
            (_CLINICAL, {}),
        ):
            for name, (mapping, *types) in listeners.items():
                values = {
                    "mapping_id": ref(mapping),
                    "event_type_ids": [[6, 0, list(map(ref, types))]],
                    **more,
                }
                own = {**mllp, "hl7_application": f"TOLD-{name.upper()}"}
                self.ids[name] = hospital.outbound(f"Told {name}", **own, **values)

    def export(self) -> None:
        """All items and all stock leave in full."""
        office = self.hospital.office
        made = [
            self._shell.run(_EXPORT, interface=self.ids[name], kind=name)
            for name in ("items", "stock")
        ]
        office.run_scheduled("integration_ehr_supply.ir_cron_ehr_export")
        wait_until(
            lambda: all(one["is_complete"] for one in office.call(
                "ehr.export", "read", made, ["is_complete"])),
            240, what="complete exports",
        )  # fmt: skip

    def heard(self, texts: list[str]) -> dict[str, list[str]]:
        """What each listener heard of all that was received."""
        return {
            name: [text for text in texts if f"|TOLD-{name.upper()}|" in text.split("\r")[0]]
            for name in self.ids
        }
