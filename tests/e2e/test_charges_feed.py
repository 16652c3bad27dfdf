"""Charges over the real listener become draft invoices of two hospitals, and are credited."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from setup.odoo_server import free_port
from tests.e2e.conftest import Suite
from tests.e2e.mllp_peer import Ack, Peer
from tests.harness import Shell, wait_until

#: A company with books, a payer, two codes, and a feed that brings visits and charges.
_OPEN = """
company = env.company if number == 1 else env["res.company"].create({"name": "Other hospital"})
env.user.company_ids |= company
env = env(context=dict(env.context, allowed_company_ids=company.ids))
company = env["res.company"].browse(company.id)
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
for code in ("EUR", "JPY", "KWD"):
    currency = env.ref(f"base.{code}")
    currency.active = True
company.write({"ehr_create_locations": True, "ehr_create_accounts": True})
fund = env["res.partner"].create({"name": f"Fund {number}", "is_company": True})
env["ehr.payer"].create(
    {"code": "FUND", "name": "Fund", "partner_id": fund.id, "company_id": company.id})
for code, price in (("OR-HOUR", 450), ("DRESSING", 12.5)):
    product = env["product.product"].create(
        {"name": f"Service {code}", "type": "service", "lst_price": price, "taxes_id": False})
    env["ehr.charge.code"].create(
        {"code": code, "product_id": product.id, "company_id": company.id})
routing = env["integration.routing"].search([("code", "=", "both")])
if not routing:
    routing = env["integration.routing"].create({"name": "Visits and charges", "code": "both"})
    routing._take_rules(env.ref("integration_ehr_billing.routing_hl7_v2_charges"))
    routing._take_rules(env.ref("integration_ehr_bridge.routing_hl7_v2_standard"))
    routing.action_submit()
    routing.action_approve()
system = env["integration.system"].create({
    "name": f"Hospital {number}", "code": f"EHR{number}", "kind": "ehr", "environment": "test",
    "tz": "Europe/Brussels", "company_id": company.id})
groups = ("account.group_account_invoice", "integration_ehr_bridge.group_feed")
user = env["res.users"].create({
    "name": f"Feed {number}", "login": f"interface.charges{number}",
    "company_id": company.id, "company_ids": [(6, 0, company.ids)],
    "group_ids": [(4, env.ref(group).id) for group in groups]})
made = env["integration.interface"].create({
    "name": f"Feed {number}", "system_id": system.id, "direction": "inbound", "transport": "mllp",
    "body_codec": "hl7", "data_class": "clinical", "mllp_port": port, "mllp_tls": "none",
    "routing_id": routing.id, "user_id": user.id, "latency_class": "realtime"})
made.action_submit()
made.action_approve()
made.action_activate()
result = {"interface": made.id, "company": company.id}
"""
_POST = "env['account.move'].browse(move).action_post()"
PERSON = "CANARYNAME"


@dataclass(frozen=True)
class Feed:
    suite: Suite
    shell: Shell
    id: int
    company: int
    port: int

    def tell(self, *messages: bytes) -> list[Ack]:
        """Send messages, and wait until each was handled or put aside."""
        with Peer(self.port) as peer:
            answers = peer.ask_all(messages)
        busy = {"received", "queued", "processing", "retry"}
        wait_until(lambda: not busy & set(self.states()), 120, what="an idle feed")
        return answers

    def states(self) -> list[str]:
        rows = self.sql(
            "SELECT state FROM integration_message WHERE interface_id = %s ORDER BY id", self.id
        )
        return [row["state"] for row in rows]

    def sql(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        return self.suite.database.sql(query, parameters)

    def charges(self) -> dict[str, dict[str, Any]]:
        rows = self.sql(
            "SELECT c.number, c.state, c.move_id, c.amount, m.move_type, m.amount_untaxed, "
            "u.name AS currency, m.ref, e.reference FROM ehr_charge c "
            "LEFT JOIN account_move m ON m.id = c.move_id "
            "LEFT JOIN res_currency u ON u.id = c.currency_id "
            "JOIN ehr_encounter e ON e.id = c.encounter_id WHERE c.company_id = %s",
            self.company,
        )
        return {row.pop("number"): row for row in rows}


@pytest.fixture(scope="module")
def feeds(suite: Suite) -> Iterator[list[Feed]]:
    with suite.database.shell() as shell, suite.database.listener() as listener:
        made = []
        for number in (1, 2):
            port = free_port()
            found = shell.run(_OPEN, number=number, port=port)
            listener.wait_open(port)
            made.append(Feed(suite, shell, found["interface"], found["company"], port))
        yield made
        errors = listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


def message(kind: str, control: str, *segments: str) -> bytes:
    header = f"MSH|^~\\&|CARE|NORTH|ODOO|HUB|20250302080000||{kind}|{control}|T|2.5.1"
    person = f"PID|1||4711900^^^NORTH^MR||{PERSON}^Jana||19700102|F|||||||||||ACC-1^^^NORTH^AN"
    visit = f"PV1|1|I|N4^N41^A^NORTH{'|' * 16}V900^^^NORTH^VN"
    payer = "IN1|1|P1|FUND|A fund"
    lines = [header, f"EVN|{kind[4:7]}|20250302080000", person, visit, *segments, payer]
    return ("\r".join(lines) + "\r").encode()


def ft1(number: str, kind: str, code: str, quantity: str, amount: str, reverses: str = "") -> str:
    return (
        f"FT1|1|{number}||20250302090000||{kind}|{code}^{PERSON} text||"
        f"|{quantity}|{amount}{'|' * 20}{reverses}"
    )


def dft(control: str, *segments: str) -> bytes:
    return message("DFT^P03^DFT_P03", control, *segments)


def test_charges_of_two_hospitals(feeds: list[Feed]) -> None:
    """The same numbers of two hospitals are two charges, in the books of each."""
    for feed in feeds:
        answers = feed.tell(
            message("ADT^A01^ADT_A01", "A1"),
            dft("D1", ft1("TX-1", "CG", "OR-HOUR", "2", "900.00&EUR")),
            dft("D2", ft1("TX-2", "CG", "DRESSING", "3", "100.001&KWD")),
            dft("D3", ft1("TX-3", "CG", "DRESSING", "3", "1000&JPY")),
            dft("D4", ft1("TX-1", "CG", "OR-HOUR", "2", "900.00&EUR")),
        )
        assert {answer.code for answer in answers} == {"AA"}
        assert set(feed.states()) == {"done"}
    for feed in feeds:
        found = feed.charges()
        assert sorted(found) == ["TX-1", "TX-2", "TX-3"]
        assert {one["state"] for one in found.values()} == {"drafted"}
        assert [float(found[f"TX-{n}"]["amount_untaxed"]) for n in (1, 2, 3)] == [
            900,
            100.001,
            1000,
        ]
        assert all(one["ref"] == one["reference"] for one in found.values())


def test_a_credit_after_posting(feeds: list[Feed]) -> None:
    [feed, other] = feeds
    feed.shell.run(_POST, move=feed.charges()["TX-1"]["move_id"])
    feed.tell(dft("C1", ft1("CR-1", "CD", "OR-HOUR", "-1", "-450.00&EUR", "TX-1")))
    found = feed.charges()
    assert (found["TX-1"]["state"], found["CR-1"]["state"]) == ("invoiced", "drafted")
    assert found["CR-1"]["move_type"] == "out_refund"
    assert float(found["CR-1"]["amount_untaxed"]) == 450
    assert other.charges()["TX-1"]["state"] == "drafted"


def test_what_cannot_be_billed_waits(feeds: list[Feed]) -> None:
    [feed, _other] = feeds
    feed.tell(
        dft("Q1", ft1("TX-7", "CG", "UNKNOWN", "1", "1&EUR")),
        dft("Q2", ft1("TX-8", "PY", "OR-HOUR", "1", "1&EUR")),
        dft("Q3", ft1("CR-9", "CD", "OR-HOUR", "1", "1&EUR", "TX-404")),
        dft("Q4", ft1("TX-1", "CG", "OR-HOUR", "3", "900.00&EUR")),
    )
    rows = feed.sql(
        "SELECT error_code FROM integration_message WHERE interface_id = %s "
        "AND state = 'quarantined' ORDER BY id",
        feed.id,
    )
    assert [row["error_code"] for row in rows] == [
        "unknown_charge_code",
        "missing_value",
        "credit_without_charge",
        "charge_differs",
    ]


def test_nothing_of_the_patient_is_in_clear(feeds: list[Feed]) -> None:
    feed = feeds[0]
    tables = feed.sql(
        "SELECT table_name AS name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name LIKE ANY("
        "ARRAY['account%%', 'ehr%%', 'integration%%', 'mail%%', 'queue%%', 'ir_attachment', "
        "'ir_logging', 'res_partner'])"
    )
    for table in (row["name"] for row in tables):
        [row] = feed.sql(
            f"""SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY(%s)""",
            [f"%{PERSON}%", "%4711900%", "%19700102%"],
        )
        assert row["count"] == 0, table
    [row] = feed.sql("SELECT count(*) FROM account_move t WHERE t::text LIKE ANY(%s)", ["%V900%"])
    assert row["count"] == 0
