"""What a hospital does with goods, over the real listener and sender, in two companies at once.

Both have the same numbers of visits, orders, dispenses and charges, the same items, lots and serial
numbers. Their money has no decimals, and three.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite
from tests.e2e.mllp_peer import Ack
from tests.e2e.mllp_receiver import MllpReceiver
from tests.e2e.two_hospitals import House, two_hospitals
from tests.harness import Client

SERVER = {"integration": EAGER}
PLACE = "3W^301^1^NORTH"


@pytest.fixture(scope="module")
def houses(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    with two_hospitals(suite, tmp_path_factory.mktemp("billing")) as houses:
        for house in houses:
            live_through(house)
        yield houses


# -- messages ----------------------------------------------------------------------------------


def message(kind: str, control: str, *segments: str) -> bytes:
    head = f"MSH|^~\\&|CARE|NORTH|ODOO|HUB|20250302080000||{kind}|{control}|P|2.5.1"
    person = "PID|1||4711900^^^NORTH^MR||CANARYNAME^Jana||19700102|F"
    visit = f"PV1|1|I|{PLACE}{'|' * 16}V900^^^NORTH^VN"
    event = [f"EVN|{kind[4:7]}|20250302080000"] if kind[:3] in ("ADT", "DFT") else []
    return ("\r".join([head, *event, person, visit, *segments]) + "\r").encode()


def order(control: str, number: str, boxes: int, to: str) -> bytes:
    return message(
        "OMS^O05^OMS_O05", control, f"ORC|NW|{number}^CARE", f"RQD|1|VIAL|||{boxes}|BX|||{to}"
    )


def dispense(pieces: int) -> bytes:
    rxd = f"RXD|1|VIAL^Text|20250302083000|{pieces}|EA{'|' * 13}L1"
    return message("RDS^O13^RDS_O13", "R1", "ORC|RE|RX1^CARE|D1^PHARM", rxd)


def implant() -> bytes:
    values = [("ITEM", "STEM", ""), ("SERIAL", "SN1", ""), ("QUANTITY", "1", "EA")]
    rows = [
        f"OBX|{n}|ST|{code}^Text|1|{value}|{unit}|||||F|||20250302090000"
        for n, (code, value, unit) in enumerate(values, 1)
    ]
    obr = "OBR|1||I1^THEATRE|IMPLANT^Implants|||20250302090000"
    return message("ORU^R01^ORU_R01", "I1", obr, *rows)


def charge(amount: str) -> bytes:
    ft1 = f"FT1|1|TX-1||20250302090000||CG|MED^Text|||3|{amount}{'|' * 12}D1"
    return message("DFT^P03^DFT_P03", "C1", ft1, "IN1|1|P1|FUND|A fund")


def controls(answer: Ack) -> list[tuple[str, str]]:
    return [(one[1], one[5]) for one in answer.segments if one[0] == "ORC"]


# -- the day -----------------------------------------------------------------------------------


def live_through(house: House) -> None:
    """An order in boxes that is bought in part, its receipt and bill; usage in pieces; a charge."""
    house.tell(message("ADT^A01^ADT_A01", "A1"))
    [answer] = house.tell(order("O1", "PO1", 4, "3W"))
    assert answer.field("MSH", 9) == "ORS^O06^ORS_O06", answer.raw
    assert controls(answer) == [("OK", "IP")]
    # Two boxes are there; the other two are bought.
    assert [one[5:7] for one in answer.segments if one[0] == "RQD"] == [["2", "BX"]]
    price = {"JPY": 1249, "KWD": 1.375}[house.money]
    assert house.work() == {
        "unit": "Box of 12",
        "quantity": 2,
        "received": 24,
        "price": price,
        "money": house.money,
        "bill": pytest.approx(2 * price, abs=1e-9),
        "state": "done",
    }
    assert house.on_hand() == {"L1": 24, "L2": 24, "SN1": 1}
    # One after the other: what is handled together has one journal entry.
    house.tell(implant())
    house.tell(dispense(house.dispensed))
    if house.money == "JPY":
        house.tell(charge("1000&JPY"))


# -- what is so then ---------------------------------------------------------------------------


def test_the_same_numbers_are_two_of_each(houses: tuple[House, House]) -> None:
    for house in houses:
        assert house.on_hand() == {"L1": 24 - house.dispensed, "L2": 24}
    for table in ("ehr_encounter", "ehr_requisition", "ehr_consumption", "purchase_order"):
        rows = houses[0].suite.database.sql(
            f"SELECT company_id, count(*) AS n FROM {table} WHERE company_id = ANY(%s)"
            " GROUP BY company_id",
            [[house.company for house in houses]],
        )
        counts = {row["company_id"]: row["n"] for row in rows}
        assert (len(counts), len(set(counts.values()))) == (2, 1), table


def test_money_has_the_decimals_of_its_company(houses: tuple[House, House]) -> None:
    """Five vials at 104 yen, seven at 0.115 dinars; a charge of a thousand yen for three."""
    for house, value in zip(houses, (520, 0.805), strict=True):
        rows = house.suite.database.sql(
            "SELECT l.debit::float, l.company_id FROM ehr_consumption c "
            "JOIN stock_move m ON m.id = c.move_id "
            "JOIN account_move_line l ON l.move_id = m.account_move_id AND l.debit > 0 "
            "AND l.product_id = c.product_id "
            "WHERE c.company_id = %s AND c.number = 'D1'",
            [house.company],
        )
        assert rows == [{"debit": pytest.approx(value, abs=1e-9), "company_id": house.company}]
    [billed] = charges(houses[0])
    assert (billed["state"], billed["amount"], billed["lines"]) == ("drafted", 1000, 1000)
    [posted] = charges(houses[1])
    assert (posted["state"], posted["amount"]) == ("posted", pytest.approx(0.875, abs=1e-9))


def charges(house: House) -> list[dict[str, Any]]:
    return house.suite.database.sql(
        "SELECT c.state, c.amount::float, m.amount_untaxed::float AS lines FROM ehr_charge c "
        "LEFT JOIN account_move m ON m.id = c.move_id WHERE c.company_id = %s",
        [house.company],
    )


def segments(receiver: MllpReceiver, name: str) -> list[list[str]]:
    lines = [line for one in receiver.received for line in one.text.split("\r")]
    return [line.split("|") for line in lines if line.startswith(f"{name}|")]


def test_each_is_told_its_own_over_the_wire(houses: tuple[House, House]) -> None:
    for house in houses:

        def last(house: House = house) -> dict[tuple[str, str], str]:
            rows = segments(house.stock, "IIM")
            return {(one[3], one[6].split("^")[0]): one[12] for one in rows}

        left = str(24 - house.dispensed)
        house.suite.wait_watched(
            lambda last=last, left=left: last().get(("L1", "3W")) == left, what="the stock"
        )
        assert {one[1] for one in segments(house.stock, "IIM")} <= set(map(str, house.items))
        house.suite.wait_watched(
            lambda last=last: last().get(("SN1", "3W")) == "0", what="the implant"
        )
        house.suite.wait_watched(lambda house=house: house.billing.received, what="the charge")
        [told] = segments(house.billing, "FT1")
        amount, money = told[11].split("&")[:2] if "&" in told[11] else (told[11], "")
        expected = ("1000", "JPY") if house.money == "JPY" else ("0.875", "KWD")
        assert (amount.partition("^")[0], money.partition("^")[0]) == expected
        assert "CANARYNAME" not in "".join(one.text for one in house.billing.received)


def test_people_of_one_see_nothing_of_the_other(houses: tuple[House, House]) -> None:
    for mine, other in (houses, houses[::-1]):
        client = mine.client()
        for model in ("ehr.requisition", "ehr.consumption", "ehr.charge", "ehr.encounter",
                      "stock.picking", "purchase.order", "account.move", "stock.lot",
                      "integration.message"):  # fmt: skip
            found = client.call(model, "search_read", [], ["company_id"])
            assert found, model
            companies = {one["company_id"] and one["company_id"][0] for one in found}
            assert other.company not in companies, model


# -- from the message to the journal entry, and back -------------------------------------------


class Walk:
    """Follows buttons as a person does: only those that his form shows."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._forms: dict[str, str] = {}

    def press(self, model: str, record: int, button: str) -> tuple[str, list[int]]:
        """What a button of a form opens: model and ids."""
        if model not in self._forms:
            views = self.client.call(model, "get_views", [[False, "form"]])
            self._forms[model] = views["views"]["form"]["arch"]
        assert f'name="{button}"' in self._forms[model], f"{model} shows no {button}"
        action = self.client.call(model, button, [record])
        if action.get("res_id"):
            return action["res_model"], [action["res_id"]]
        return action["res_model"], self.client.call(
            action["res_model"], "search", action["domain"]
        )

    def one(self, model: str, record: int, button: str, expected: str) -> int:
        found, ids = self.press(model, record, button)
        assert (found, len(ids)) == (expected, 1), button
        return ids[0]

    def message(self, kind: str, place: int = 0, direction: str = "inbound") -> int:
        """A message of a kind, by its place among them in the order of arrival."""
        domain = [["message_type", "=like", f"{kind}%"], ["direction", "=", direction]]
        return self.client.call("integration.message", "search", domain, order="id")[place]

    def read(self, model: str, record: int, name: str) -> Any:
        return self.client.call(model, "read", [record], [name])[0][name]


@pytest.fixture(params=[0, 1], ids=["JPY", "KWD"])
def walk(request: pytest.FixtureRequest, houses: tuple[House, House]) -> Walk:
    walk = Walk(houses[request.param].client())
    walk.house = houses[request.param]
    return walk


def test_a_requisition_is_traced(walk: Walk) -> None:
    message = walk.message("OMS")
    order = walk.one("integration.message", message, "action_open_document", "ehr.requisition")
    model, pickings = walk.press("ehr.requisition", order, "action_open_transfers")
    assert (model, len(pickings)) == ("stock.picking", 3), "two transfers and a receipt"
    for picking in pickings:
        back = walk.one(model, picking, "action_open_ehr_requisitions", "ehr.requisition")
        assert back == order
    bought = walk.one("ehr.requisition", order, "action_open_purchases", "purchase.order")
    bill = walk.one("ehr.requisition", order, "action_open_entries", "account.move")
    assert walk.read("account.move", bill, "move_type") == "in_invoice"
    for model, record in (("purchase.order", bought), ("account.move", bill)):
        back = walk.one(model, record, "action_open_ehr_requisitions", "ehr.requisition")
        assert back == order
    _model, messages = walk.press("ehr.requisition", order, "action_open_integration_messages")
    assert message in messages


def test_a_requisition_of_what_is_used_up_at_once_is_traced(walk: Walk) -> None:
    """The goods leave the books with the transfer, which has a journal entry of its own."""
    walk.house.shell.run(
        "place = env['stock.warehouse'].search([('company_id', '=', company)]).lot_stock_id\n"
        "env['stock.quant'].with_company(company)._update_available_quantity("
        "env['product.product'].browse(item), place, 12, lot_id=env['stock.lot'].search("
        "[('name', '=', 'L2'), ('product_id', '=', item)]))",
        company=walk.house.company,
        item=walk.house.items[0],
    )
    walk.house.tell(order("O2", "PO2", 1, "OR"))
    assert walk.house.hand_out("PO2") == ["done"]
    message = walk.message("OMS", -1)
    order_id = walk.one("integration.message", message, "action_open_document", "ehr.requisition")
    entry = walk.one("ehr.requisition", order_id, "action_open_entries", "account.move")
    back = walk.one("account.move", entry, "action_open_ehr_requisitions", "ehr.requisition")
    assert back == order_id


def test_a_consumption_is_traced(walk: Walk) -> None:
    message = walk.message("RDS")
    used = walk.one("integration.message", message, "action_open_document", "ehr.consumption")
    move = walk.one("ehr.consumption", used, "action_open_move", "stock.move")
    entry = walk.one("ehr.consumption", used, "action_open_entry", "account.move")
    for model, record in (("stock.move", move), ("account.move", entry)):
        back = walk.one(model, record, "action_open_ehr_consumptions", "ehr.consumption")
        assert back == used
    assert walk.one(
        "ehr.consumption", used, "action_open_message", "integration.message"
    ) == message  # fmt: skip
    # What left because of it has its correlation id.
    _model, correlated = walk.press("integration.message", message, "action_open_correlated")
    kinds = {walk.read("integration.message", one, "direction") for one in correlated}
    assert kinds == {"inbound", "outbound"}


def test_a_charge_is_traced(walk: Walk) -> None:
    [house] = {walk.house.money}
    if house == "JPY":
        message = walk.message("DFT")
    else:  # Odoo posts it, for what was dispensed
        message = walk.message("ehr.charge", direction="outbound")
    charged = walk.one("integration.message", message, "action_open_document", "ehr.charge")
    used = walk.one("ehr.charge", charged, "action_open_usage", "ehr.consumption")
    assert walk.one("ehr.consumption", used, "action_open_charges", "ehr.charge") == charged
    move = walk.one("ehr.consumption", used, "action_open_move", "stock.move")
    picking = walk.read("stock.move", move, "picking_id")[0]
    assert walk.one("stock.picking", picking, "action_open_ehr_charges", "ehr.charge") == charged
    entry = walk.one("ehr.charge", charged, "action_open_stock_entries", "account.move")
    assert walk.one("ehr.consumption", used, "action_open_entry", "account.move") == entry
    assert walk.one("account.move", entry, "action_open_ehr_charges", "ehr.charge") == charged
    _model, messages = walk.press("ehr.charge", charged, "action_open_integration_messages")
    assert message in messages
    if house == "JPY":
        invoice = walk.one("ehr.charge", charged, "action_open_invoice", "account.move")
        assert walk.one("account.move", invoice, "action_open_ehr_charges", "ehr.charge") == charged
