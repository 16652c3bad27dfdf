"""Whole messages of supply and billing, as different systems send them and as Odoo does.

``hl7_profile_messages/<addon>/<mapping>__<variant>`` is a pair: what is read has the canonical JSON
that is expected beside the message; what is written, the message that is expected beside the
canonical JSON. The people, hospitals and numbers are invented.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from core_tools.contracts import Validator, compile_schema

from tests.unit import hl7_addons, hl7_profiles, load_supply
from tests.unit.load_ehr import load

load_supply.register_functions()
acknowledgement = load("hl7.acknowledgement")
header = load("sending.header")
message = load("hl7.message")

FOLDER = Path(__file__).with_name("hl7_profile_messages")
ADDONS = {"supply": "integration_ehr_supply", "billing": "integration_ehr_billing"}
#: Values that each hospital maps for itself.
OWN_MAPS = {
    "hl7_test": {"1988-5": "CRP", "81247-9": "GENOME", "24627-2": "CTA"},
    "hl7_currency": {"EUR": "EUR", "USD": "USD"},
    "hl7_unit": {"TAB": "U2", "FL": "BO", "G": "GRM", "MG": "MGM"},
}
#: The contract of what each mapping reads or writes; items are those of procurement.
CONTRACTS = {
    "hl7_requisition": "ehr.requisition",
    "hl7_requisition_answer": "ehr.requisition_answer",
    "hl7_requisition_status": "ehr.requisition_answer",
    "hl7_dispense": "ehr.consumption",
    "hl7_encoded_order": "ehr.consumption",
    "hl7_device_use": "ehr.consumption",
    "hl7_pharmacy_order": "ehr.encoded_order",
    "hl7_tests": "ehr.kit_request",
    "hl7_general_order": "ehr.general_order",
    "hl7_outsourced": "ehr.outsourced",
    "hl7_item": "procurement.item",
    "hl7_stock_count": "ehr.stock_count",
    "hl7_item_out": "procurement.item",
    "hl7_stock_on_hand_out": "ehr.stock_on_hand",
    "hl7_charges": "ehr.charge",
    "hl7_account": "ehr.account",
    "hl7_account_codes": "ehr.account",
    "charge_status_hl7": "ehr.charge_status",
    "charge_posted_hl7": "ehr.charge_posted",
}
#: What none of these mappings reads: persons, and whatever says something of their health.
PRIVATE = {
    "PID": (5, 7, 8, 11, 13),
    "PV1": (7,),
    "PV2": (3,),
    "AL1": (3,),
    "DG1": (3,),
    "GT1": (3,),
    "NTE": (3,),
    "IN1": (16, 18),
    "OBR": (13, 31),
    "ORC": (10,),
    "RXE": (3, 4, 7, 14),
    "RXD": (9, 10),
    "FT1": (8, 19, 20, 21),
    "PR1": (4,),
    "DRG": (1,),
}


class Case(NamedTuple):
    """A pair of files."""

    addon: str
    mapping: str
    variant: str

    @property
    def path(self) -> Path:
        return FOLDER / self.addon / f"{self.mapping}__{self.variant}"

    @property
    def raw(self) -> bytes:
        text = self.path.with_suffix(".hl7").read_text(encoding="utf-8").replace("\n", "\r")
        latin = "|8859/1" in text.partition("\r")[0]
        return text.encode("latin-1" if latin else "utf-8")

    @property
    def canonical(self) -> Any:
        return json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))

    @property
    def compiled(self) -> Any:
        return hl7_addons.mapping(ADDONS[self.addon], f"mapping_{self.mapping}")

    @property
    def maps(self) -> dict[str, Mapping[str, str]]:
        found = dict(hl7_addons.value_maps(ADDONS[self.addon]))
        for code, rows in OWN_MAPS.items():
            if code in found:
                found[code] = {**found[code], **rows}
        return found


def _mappings(addon: str) -> dict[str, bool]:
    """The mappings of an addon, and whether they write segments."""
    return {
        name.removeprefix("mapping_"): "segments:" in values["header"].text
        for name, values in hl7_addons._records(ADDONS[addon], "integration.mapping")
        if "fhir" not in name  # those of resources have their own tests
    }


WRITES = {addon: _mappings(addon) for addon in ADDONS}
CASES = [
    Case(path.parent.name, *path.stem.split("__"))
    for addon in ADDONS
    for path in sorted((FOLDER / addon).glob("*.hl7"))
]
READ = [one for one in CASES if not WRITES[one.addon][one.mapping]]
WRITTEN = [one for one in CASES if WRITES[one.addon][one.mapping]]


def _ids(case: Case) -> str:
    return f"{case.mapping}-{case.variant}"


def read(case: Case) -> Any:
    root = load("hl7.document").view(message.parse(case.raw))
    return case.compiled.apply(root, case.maps, hl7_profiles.CONTEXT)


#: When the event happened that is written.
HAPPENED = "2026-11-04T14:59:59.250Z"


def written(case: Case) -> bytes:
    context = {**hl7_profiles.CONTEXT, "moment": HAPPENED}
    document = case.compiled.apply(case.canonical, case.maps, context)
    if document.get("type"):
        zone = ZoneInfo(hl7_profiles.CONTEXT["zone"])
        rules = header.HeaderRules(
            "ODOO", "HUB", "PARTNER", "STMARY", charset="UNICODE UTF-8", zone=zone
        )
        return header.complete(document, rules, "the key", datetime(2026, 11, 4, 15))
    # An answer: it speaks as the message did that it answers.
    kind = case.canonical["request"]
    (asked,) = (
        one
        for one in READ
        if one.variant.endswith(f"_{kind.lower()}") and (one.mapping == "hl7_requisition")
    )
    order = message.parse(asked.raw)
    of_type = f"{order.header.value(9)}^{order.header.value(9, 1, 2)}"
    content = acknowledgement.Content(acknowledgement.ANSWERS[of_type], document)
    return acknowledgement.acknowledge(
        order,
        acknowledgement.Outcome.ACCEPTED,
        control_id="ODOO-1",
        now=datetime(2026, 11, 4, 15, tzinfo=UTC),
        content=content,
    ).encode()


def _validator(case: Case) -> Validator:
    code = CONTRACTS[case.mapping]
    if code == "procurement.item":
        addon, file = "integration_procurement", "integration_contract_item_1_1.xml"
        return hl7_addons.contract(addon, file, "contract_item_1_1_0")[0]
    addon = ADDONS[case.addon]
    codes = {
        name: values["code"].text
        for name, values in hl7_addons._records(addon, "integration.contract")
    }
    # The newest version, as its file comes last.
    *_older, schema = (
        values["schema"].text
        for _name, values in hl7_addons._records(addon, "integration.contract.version")
        if codes[values["contract_id"].get("ref")] == code
    )
    return compile_schema(json.loads(schema))


# -- read --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", READ, ids=_ids)
def test_what_is_read(case: Case) -> None:
    assert read(case) == case.canonical


@pytest.mark.parametrize("case", READ, ids=_ids)
def test_what_is_read_keeps_its_contract(case: Case) -> None:
    assert _validator(case).violations(case.canonical) == []


@pytest.mark.parametrize("case", READ, ids=_ids)
def test_what_is_private_is_not_read(case: Case) -> None:
    texts = set()
    for segment in message.parse(case.raw):
        for number in PRIVATE.get(segment.name, ()):
            raw = segment.raw(number) or ""
            texts |= {part for part in raw.replace("~", "^").split("^") if len(part) > 2}
    result = json.dumps(read(case), ensure_ascii=False)
    told = [one for one in texts if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", result)]
    assert told == []


# -- written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", WRITTEN, ids=_ids)
def test_what_is_written(case: Case) -> None:
    assert written(case).decode().split("\r") == case.raw.decode().split("\r")


@pytest.mark.parametrize("case", WRITTEN, ids=_ids)
def test_what_is_written_is_made_of_its_contract(case: Case) -> None:
    told = case.canonical
    told.pop("request", None)  # the engine adds which message is answered
    for one in told.get("items", [told]) if case.mapping == "hl7_item_out" else [told]:
        assert _validator(case).violations(one) == []


# -- nothing is left out -----------------------------------------------------------------------


def test_no_mapping_is_without_a_whole_message() -> None:
    known = {(addon, name) for addon, names in WRITES.items() for name in names}
    assert {(one.addon, one.mapping) for one in CASES} == known
    assert {one.mapping for one in CASES} == CONTRACTS.keys()


def test_no_type_of_a_routing_is_without_a_whole_message() -> None:
    seen = set()
    for case in READ:
        found = message.parse(case.raw).header
        seen.add((f"{found.value(9)}^{found.value(9, 1, 2)}", f"mapping_{case.mapping}"))
    routed = {
        (values["message_type"].text, values["mapping_id"].get("ref"))
        for addon in ADDONS.values()
        for _name, values in hl7_addons._records(addon, "integration.routing.line")
        if "mapping_id" in values
        and not any(mark in values["mapping_id"].get("ref") for mark in (".", "fhir"))
    }
    assert routed - seen == set()


def test_each_message_has_its_other_half() -> None:
    for addon in ADDONS:
        folder = FOLDER / addon
        halves = [{path.stem for path in folder.glob(f"*.{end}")} for end in ("hl7", "json")]
        assert halves[0] == halves[1]
