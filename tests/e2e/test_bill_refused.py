"""Bills that stop matching are not validated, whatever other processes do at the same moment."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.acting import acting
from tests.harness import Database, RemoteError, Shell, wait_until

# A supplier with an order of ten that has been received; no chart of accounts is installed.
STAGE = """
accounts = {
    kind: env["account.account"].create({
        "code": f"9{number}", "name": kind, "account_type": kind,
        "reconcile": kind == "liability_payable",
    })
    for number, kind in enumerate(("liability_payable", "expense"))
}
env["account.journal"].create({
    "name": "Bills", "code": "TBILL", "type": "purchase",
    "default_account_id": accounts["expense"].id,
})
partner = env["res.partner"].create({"name": "Supplier", "is_company": True})
partner.property_account_payable_id = accounts["liability_payable"]
product = env["product.product"].create({
    "name": "Gloves", "type": "consu", "purchase_method": "receive",
    "property_account_expense_id": accounts["expense"].id, "supplier_taxes_id": False,
})
result = [partner.id, product.id]
"""
ORDER = """
order = env["purchase.order"].create({
    "partner_id": partner_id,
    "order_line": [(0, 0, {
        "product_id": product_id, "product_qty": 10, "price_unit": 12, "tax_ids": False,
    })],
})
order.button_confirm()
order.picking_ids.move_ids.write({"quantity": 10, "picked": True})
order.picking_ids._action_done()
result = order.order_line.id
"""
# As the handler of invoices does it.
BILL = """
line = env["purchase.order.line"].browse(line_id)
bill = env["account.move"].create({
    "move_type": "in_invoice", "partner_id": line.partner_id.id, "ref": number,
    "invoice_date": "2026-11-20", "integration_digest": number,
    "supplier_amount_untaxed": 120, "supplier_amount_total": 120,
    "invoice_line_ids": [(0, 0, {
        **line._prepare_account_move_line(), "quantity": 10, "supplier_amount": 120,
    })],
})
bill._integration_match()
env.flush_all()
result = bill.id
"""
PRICE = "env['purchase.order.line'].browse(line_id).price_unit = price"
POST = "env['account.move'].browse(bill_id).action_post()"
# Both have their snapshot before one of them goes on.
TOGETHER = 'env.cr.execute("SELECT pg_advisory_xact_lock_shared(1)")\n'
WAITING = """
    SELECT count(*) FROM pg_locks
     WHERE locktype = 'advisory' AND NOT granted AND objid = 1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Accounting:
    """A supplier whose goods have been received, and two accountants at work."""

    def __init__(self, database: Database, shells: list[Shell]) -> None:
        self.database = database
        self.shells = shells
        self.partner_id, self.product_id = shells[0].run(STAGE)
        self._numbers = itertools.count(1)

    def order(self) -> int:
        """Order ten and receive them; return the id of the order's line."""
        return self.shells[0].run(ORDER, partner_id=self.partner_id, product_id=self.product_id)

    def number(self) -> str:
        return f"R-{next(self._numbers)}"

    def bill(self, line_id: int) -> int:
        """Take over an invoice of the ten; return the id of the bill."""
        return self.shells[0].run(BILL, line_id=line_id, number=self.number())

    def at_once(self, code: str, *arguments: dict) -> list:
        """Do something in several transactions that do not see each other.

        :return: the result of each, or the text of its error
        """
        connection = self.database.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            for shell, values in zip(self.shells, arguments, strict=True):
                shell.send(TOGETHER + code, **values)
            wait_until(lambda: self.database.scalar(WAITING) == len(arguments), what="both to wait")
        connection.close()
        return [_outcome(shell) for shell in self.shells]

    def state(self, bill_id: int) -> str:
        return self.database.scalar("SELECT state FROM account_move WHERE id = %s", [bill_id])

    def undecided(self, bill_id: int) -> list[str]:
        rows = self.database.sql(
            "SELECT kind FROM integration_exception WHERE res_model = 'account.move'"
            " AND res_id = %s AND state = 'open' ORDER BY kind",
            [bill_id],
        )
        return [row["kind"] for row in rows]


def _outcome(shell: Shell) -> object:
    try:
        return shell.receive()
    except RemoteError as error:
        return str(error)


@pytest.fixture(scope="module")
def accounting(database: Database) -> Iterator[Accounting]:
    with database.shell() as one, database.shell() as two:
        yield Accounting(database, [one, two])


def test_who_is_refused_finds_what_to_decide(accounting: Accounting) -> None:
    """The error takes its own transaction back, and the exception stays nonetheless."""
    line = accounting.order()
    bill = accounting.bill(line)
    assert accounting.undecided(bill) == []
    accounting.shells[1].run(PRICE, line_id=line, price=11)
    with pytest.raises(RemoteError, match="another price"):
        accounting.shells[0].run(POST, bill_id=bill)
    assert (accounting.state(bill), accounting.undecided(bill)) == ("draft", ["invoice_price"])


def test_two_accountants_at_once_are_both_refused(accounting: Accounting) -> None:
    line = accounting.order()
    bill = accounting.bill(line)
    accounting.shells[1].run(PRICE, line_id=line, price=11)
    outcomes = accounting.at_once(POST, {"bill_id": bill}, {"bill_id": bill})
    assert all("another price" in str(outcome) for outcome in outcomes), json.dumps(outcomes)
    assert (accounting.state(bill), accounting.undecided(bill)) == ("draft", ["invoice_price"])


def test_two_invoices_of_the_same_goods_at_once(accounting: Accounting) -> None:
    """Neither knew of the other when it was matched; both know when they are validated."""
    line = accounting.order()
    bills = accounting.at_once(
        BILL,
        *({"line_id": line, "number": accounting.number()} for _each in range(2)),
    )
    outcomes = accounting.at_once(POST, *({"bill_id": bill} for bill in bills))
    assert all("than was" in str(outcome) for outcome in outcomes), json.dumps(outcomes)
    for bill in bills:
        assert accounting.state(bill) == "draft"
        assert accounting.undecided(bill) == ["invoice_quantity"]


def test_exception_is_there_although_the_bill_is_locked(
    accounting: Accounting, tmp_path: Path
) -> None:
    """Somebody edits the bill meanwhile: whoever is refused does not wait for him."""
    line = accounting.order()
    bill = accounting.bill(line)
    accounting.shells[1].run(PRICE, line_id=line, price=11)
    edit = "env['account.move'].browse(bill_id).narration = 'Call them'"
    with acting(accounting.shells[1], edit, tmp_path, bill_id=bill):
        with pytest.raises(RemoteError, match="another price"):
            accounting.shells[0].run(POST, bill_id=bill)
        assert accounting.undecided(bill) == ["invoice_price"]
    assert accounting.state(bill) == "draft"


def test_corrected_and_validated_after_all(accounting: Accounting) -> None:
    line = accounting.order()
    bill = accounting.bill(line)
    accounting.shells[1].run(PRICE, line_id=line, price=11)
    with pytest.raises(RemoteError, match="another price"):
        accounting.shells[0].run(POST, bill_id=bill)
    accounting.shells[1].run(PRICE, line_id=line, price=12)
    accounting.shells[0].run(POST, bill_id=bill)
    assert (accounting.state(bill), accounting.undecided(bill)) == ("posted", [])
