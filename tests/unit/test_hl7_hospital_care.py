"""What the demo hospital gives, implants, orders and charges is understood, but for one unit."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from core_tools.mapping_functions import MissingValue
from demo_hospital import goods, places
from demo_hospital.care import FIRST_NEW_UNIT, ORDERING
from demo_hospital.hospital import Hospital
from demo_hospital.messages import Writer
from demo_hospital.people import Happening

from tests.unit import hl7_addons, load_supply

load_supply.register_functions()
NOW = 1_796_000_000
SUPPLY, BILLING = "integration_ehr_supply", "integration_ehr_billing"
#: Addon, mapping, file and record of the contract, by trigger event.
READ = {
    "O13": (SUPPLY, "mapping_hl7_dispense", "usage", "consumption"),
    "R01": (SUPPLY, "mapping_hl7_device_use", "usage", "consumption"),
    "O05": (SUPPLY, "mapping_hl7_requisition", "requisition", "requisition"),
    "P03": (BILLING, "mapping_hl7_charges", "charge", "charge"),
}


@lru_cache
def days(seed: int = 4, steps: int = 700) -> tuple[list[Happening], Hospital]:
    hospital = Hospital(seed)
    happened = [one for told in hospital.fill(NOW, 18) for one in told]
    for step in range(steps):
        happened += hospital.step(NOW + 60 * step)
    return [one for one in happened if one.trigger in READ], hospital


def read(one: Happening) -> dict:
    addon, mapping, file, record = READ[one.trigger]
    raw = Writer(ZoneInfo("Europe/Brussels")).write(one, "H1", NOW + 60 * 700).encode()
    found = hl7_addons.read(addon, mapping, raw)
    check, _example = hl7_addons.contract(
        addon, f"integration_contract_{file}.xml", f"contract_ehr_{record}_1_0_0"
    )
    assert check.violations(found) == []
    return found


def test_all_but_one_unit_is_understood() -> None:
    unknown = []
    counts: Counter[str] = Counter()
    for one in days()[0]:
        try:
            found = read(one)
        except MissingValue as error:
            unknown.append((error.map_name, error.value))
            continue
        counts[one.trigger] += 1
        if one.visit:
            assert found["visit"] == {"number": one.visit.number, "assigner": "MAIN"}
    assert unknown == [("hl7_unit", goods.NEW_UNIT)]
    assert min(counts[trigger] for trigger in READ) > 5


def test_nothing_of_patients_and_illness_is_read() -> None:
    for one in days()[0]:
        if any(line.unit == goods.NEW_UNIT for line in one.given):
            continue
        text = json.dumps(read(one))
        assert "Invented" not in text
        assert one.visit is None or one.visit.patient.family not in text


def test_the_unit_comes_early_and_once() -> None:
    hospital = Hospital(9)
    for _told in hospital.fill(NOW, 18):
        pass
    steps = [
        number
        for number in range(1, 400)
        for one in hospital.step(NOW + number)
        if any(line.unit == goods.NEW_UNIT for line in one.given)
    ]
    assert len(steps) == 1
    assert FIRST_NEW_UNIT <= steps[0] < FIRST_NEW_UNIT + 10


def test_what_was_kept_is_taken_back_once() -> None:
    """A return names its dispense, a credit its charge, with what they said."""
    happened, _hospital = days()
    given = {line.number: line for one in happened for line in one.given if not line.back}
    back = [line for one in happened for line in one.given if line.back]
    assert back
    assert len({line.number for line in back}) == len(back)
    for line in back:
        first = given[line.number]
        assert (line.item, line.quantity, line.lot) == (first.item, first.quantity, first.lot)
    charges = [charge for one in happened for charge in one.charged]
    known = {charge.number: charge for charge in charges if not charge.reverses}
    credits = [charge for charge in charges if charge.reverses]
    assert credits
    assert len({one.reverses for one in credits}) == len(credits)
    for one in credits:
        assert (one.code, one.amount) == (known[one.reverses].code, known[one.reverses].amount)


def test_amounts_are_those_of_the_price_list() -> None:
    for one in days()[0]:
        for charge in one.charged:
            price = goods.PRICES[charge.code]
            assert Decimal(charge.amount) == Decimal(charge.quantity) * price.cents / 100


def test_the_charge_of_an_implant_names_the_implant() -> None:
    """By its own code: what is charged is not what was taken from stock."""
    happened, _hospital = days()
    implanted = {one.implanted.number for one in happened if one.implanted}
    orders = [charge.order for one in happened for charge in one.charged if charge.order]
    assert implanted
    assert sorted(orders) == sorted(implanted)


def test_serial_numbers_are_used_once_and_end(monkeypatch) -> None:
    """When the shelf is empty, nobody books an operation that needs one."""
    few = {code: replace(one, serials=min(one.serials, 4)) for code, one in goods.IMPLANTS.items()}
    monkeypatch.setattr(goods, "IMPLANTS", few)
    hospital = Hospital(3)
    used, booked = [], []
    for step in range(2500):
        for one in hospital.step(NOW + 300 * step):
            if one.implanted and one.implanted.serial:
                used.append(one.implanted.serial)
            if one.trigger == "S12" and one.operation:
                booked.append(one.operation.code)
    numbers = range(1, 5)
    assert sorted(used) == [f"{name}-{n:04}" for name in ("HIP", "KNEE") for n in numbers]
    assert not {"27130", "27447"} & set(booked[-20:])
    assert booked[-20:]


def test_a_visit_that_got_something_was_no_mistake() -> None:
    hospital, served = Hospital(8), set()
    for number in range(1500):
        for one in hospital.step(NOW + 60 * number):
            if one.trigger in READ and one.visit:
                served.add(one.visit.number)
            assert one.trigger != "A11" or one.visit is None or one.visit.number not in served


# -- the demo data know what it tells -------------------------------------------------------


def demo(addon: str, *files: str) -> dict[str, list[dict[str, str]]]:
    """Records of demo data by model, with the texts of their fields."""
    found: dict[str, list[dict[str, str]]] = {}
    for file in files:
        root = ElementTree.parse(hl7_addons.ADDONS / addon / "demo" / file).getroot()
        for record in root.iter("record"):
            values = {one.get("name", ""): one.text or "" for one in record.iter("field")}
            found.setdefault(record.get("model", ""), []).append(values)
    return found


def test_the_demo_data_know_its_codes() -> None:
    supply = demo(SUPPLY, "supply_demo.xml", "hospital_demo.xml")
    items = {one["default_code"] for one in supply["product.product"]}
    given = {one.code for one in goods.GIVEN} | {item for item, _unit in goods.ORDERED}
    cases = {item for one in goods.CASE_ITEMS.values() for item, _quantity in one}
    assert items >= given | cases | {one.code for one in goods.IMPLANTS.values()}
    lots = {one["name"] for one in supply["stock.lot"]}
    implants = {one.lot for one in goods.IMPLANTS.values() if one.lot}
    assert lots >= implants | {lot for one in goods.GIVEN for lot in one.lots}
    kits = {one["code"] for one in supply["ehr.case.kit"]}
    assert kits >= {code for code, *_rest in places.PROCEDURES}
    assert {one["code"] for one in supply["ehr.supply.route"]} >= set(ORDERING)
    units = {one["integration_code"] for one in supply["uom.uom"]}
    assert units >= {"SR", "BX"}, "what the unknown unit is mapped to has to be there"
    billing = demo(BILLING, "charges.xml", "hospital_demo.xml")
    assert {one["code"] for one in billing["ehr.charge.code"]} >= set(goods.PRICES)
    assert {one["code"] for one in billing["ehr.payer"]} >= {one[0] for one in places.PAYERS}
    centres = demo("integration_ehr_bridge", "ehr_demo.xml")["account.analytic.account"]
    assert {one["code"] for one in centres} >= {ward.cost_centre for ward in places.WARDS}
