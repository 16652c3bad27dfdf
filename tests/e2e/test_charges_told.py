"""What becomes of charges, and charges that Odoo posts, leave over the real sender as HL7 v2."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.mllp_receiver import MllpReceiver
from tests.harness import Database, Shell, wait_until
from tests.unit.wire_server import Authority

_OPEN = """
company = env.company
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
env.ref("base.EUR").active = True
fund = env["res.partner"].create({"name": "Fund", "is_company": True})
env["ehr.payer"].create({"code": "FUND", "name": "Fund", "partner_id": fund.id})
product = env["product.product"].create(
    {"name": "Theatre hour", "type": "service", "lst_price": 450, "taxes_id": False})
env["ehr.charge.code"].create({"code": "OR-HOUR", "product_id": product.id})
care = env["integration.system"].create({"name": "Care", "code": "CARE", "kind": "ehr"})
visit, hand = env["ehr.encounter"].create([
    {"visit_number": "V900", "visit_assigner": "NORTH", "encounter_class": "inpatient",
     "state": "present", "payer_code": "FUND"},
    {"visit_number": "T-77", "encounter_class": "inpatient", "state": "present",
     "temporary": True, "source": "hand"}])
result = {"care": care.id, "product": product.id, "visit": visit.id, "hand": hand.id}
"""
_INTERFACE = """
system = env["integration.system"].create({
    "name": name, "code": name, "kind": "billing", "tz": "Europe/Brussels"})
policy = env.ref("integration_ehr_bridge.policy_hl7").copy({"name": name})
made = env["integration.interface"].create({
    "name": name, "system_id": system.id, "direction": "outbound", "transport": "mllp",
    "url": url, "mllp_ca": ca, "allowed_networks": "127.0.0.0/8, ::1", "policy_id": policy.id,
    "mapping_id": env.ref("integration_ehr_billing.mapping_charge_" + mapping).id,
    "event_type_ids": [(6, 0, [
        env.ref("integration_ehr_billing.event_type_charge_" + one).id for one in types])],
    "hl7_application": "ODOO", "hl7_facility": "HUB", "latency_class": "realtime",
    "data_class": "clinical"})
made.action_submit()
made.action_approve()
made.action_activate()
result = made.id
"""
_TELL = """
from odoo.addons.integration_core.engine.inbound_run import Received
received = Received(False, False, None, None, None, care)
env["integration.handler.ehr_charge"]._process(received, {
    "visit": {"number": "V900", "assigner": "NORTH"}, "charges": [one]})
"""
_POST = """
env["ehr.charge"].search([("number", "=", "TX-1"), ("kind", "=", "charge")]).move_id.action_post()
"""
_BOOK = """
env.company.ehr_charge_direction = "out"
thing = env["product.product"].browse(product)
for number in (hand, visit):
    env["ehr.charge"]._book(
        env["ehr.encounter"].browse(number), thing, 2, "2026-03-02 09:00:00")
"""
_JOIN = "env['ehr.encounter'].browse(hand).joined_into_id = visit"
CHARGE = {
    "number": "TX-1",
    "kind": "charge",
    "at": "2026-03-02T09:00:00Z",
    "code": "OR-HOUR",
    "quantity": "2",
    "amount": "900",
    "currency": "EUR",
}


@dataclass
class World:
    """A hospital with a charge code, a known visit and one that was admitted by hand."""

    shell: Shell
    ids: dict[str, int]
    tls: ssl.SSLContext
    pem: str

    def line(self, url: str, name: str, mapping: str, *types: str) -> int:
        return self.shell.run(
            _INTERFACE, url=url, ca=self.pem, name=name, mapping=mapping, types=types
        )

    def tell(self, **changes: Any) -> None:
        self.shell.run(_TELL, care=self.ids["care"], one=CHARGE | changes)


@pytest.fixture(scope="module")
def suite(database: Database) -> Iterator[Suite]:
    with running_suite(database, integration=EAGER) as suite:
        yield suite


@pytest.fixture(scope="module")
def world(
    suite: Suite, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    authority = Authority.make()
    folder: Path = tmp_path_factory.mktemp("receiver")
    with database.shell() as shell:
        tls = authority.server_context(folder, "localhost")
        yield World(shell, shell.run(_OPEN), tls, authority.pem)


def read(receiver: MllpReceiver, count: int) -> list[dict[str, list[str]]]:
    """The segments of so many messages, by name, once they have come."""
    wait_until(lambda: len(receiver.received) >= count, 120, what=f"{count} messages")
    assert len(receiver.received) == count
    found = []
    for one in receiver.received:
        lines = [line.split("|") for line in one.text.strip().split("\r")]
        found.append({line[0]: line for line in lines})
    return found


def test_states_of_a_charge_can_be_put_in_order(suite: Suite, world: World) -> None:
    with MllpReceiver(tls=world.tls) as receiver:
        world.line(receiver.url, "STATUS", "status_hl7", "drafted", "changed")
        world.tell()
        read(receiver, 1)
        world.shell.run(_POST)
        read(receiver, 2)
        world.tell(number="CR-1", kind="credit", reverses="TX-1", quantity="1", amount="450")
        told = read(receiver, 3)
    assert [one["MSH"][8] for one in told] == ["DFT^P11^DFT_P11"] * 3
    assert [one["FT1"][8] for one in told] == ["drafted", "invoiced", "invoiced"]
    assert [one["FT1"][11] for one in told] == ["900&EUR", "900&EUR", "450&EUR"]
    assert {(one["FT1"][2], one["FT1"][6], one["FT1"][4]) for one in told} == {
        ("TX-1", "ST", "20260302100000+0100")
    }
    assert {one["PV1"][19] for one in told} == {"V900^^^NORTH"}
    since = [one["EVN"][2] for one in told]
    assert since == sorted(set(since)), "of two of them one is the later one"
    assert [bool(one["FT1"][30:]) for one in told] == [False, True, True]


def test_charges_of_odoo_wait_until_the_visit_is_known(suite: Suite, world: World) -> None:
    with MllpReceiver(tls=world.tls) as receiver:
        world.line(receiver.url, "BILLER", "posted_hl7", "posted")
        ids = {name: world.ids[name] for name in ("product", "visit", "hand")}
        world.shell.run(_BOOK, **ids)
        read(receiver, 1)
        world.shell.run(_JOIN, hand=ids["hand"], visit=ids["visit"])
        told = read(receiver, 2)
    assert {one["MSH"][8] for one in told} == {"DFT^P03^DFT_P03"}
    assert {one["PV1"][19] for one in told} == {"V900^^^NORTH"}
    assert {(one["FT1"][6], one["FT1"][7], one["FT1"][10]) for one in told} == {
        ("CG", "OR-HOUR", "2")
    }
    assert len({one["FT1"][2] for one in told}) == 2, "two charges"
    assert all(one["EVN"][2] > one["FT1"][4] for one in told), "posted after it was used"
