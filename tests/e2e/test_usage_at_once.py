"""Two workers at one stock at the same moment: taking, giving back, counting."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Database, Shell

_STAGE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
plan = env["account.analytic.plan"].create({"name": f"At once {name}"})
centre = env["account.analytic.account"].create({"name": "Ward", "plan_id": plan.id})
stock = env["stock.location"].create({
    "name": f"Ward {name}", "barcode": name, "location_id": warehouse.view_location_id.id})
env["ehr.location"].create({
    "point_of_care": name, "kind": "unit", "stock_location_id": stock.id,
    "analytic_account_id": centre.id, "usage_shortage": shortage})
env.company.write({"integration_adjustment_value": 1000, "integration_adjustment_percent": 100})
product = env["product.product"].create({
    "name": name, "default_code": name, "type": "consu", "is_storable": True})
if quantity:
    env["stock.quant"]._update_available_quantity(product, stock, quantity)
system = env["integration.system"].create({"name": name, "code": name, "kind": "ehr"})
env.cr.commit()
result = {"system": system.id, "product": product.id, "stock": stock.id, "name": name}
"""
# Two transactions of which the second has begun before the first is committed, as two drains do.
_AT_ONCE = """
import threading
from types import SimpleNamespace
import psycopg2
from odoo.exceptions import UserError
from odoo import api, SUPERUSER_ID
from odoo.addons.integration_core.tools import errors

def tell(cursor, action, number, quantity):
    context = {"allowed_company_ids": env.company.ids}
    there = api.Environment(cursor, SUPERUSER_ID, context)
    received = SimpleNamespace(system_id=stage["system"], uuid=number, id=None)
    if action == "move":
        # A storekeeper takes something back to the store.
        place = there["stock.location"].browse(stage["stock"])
        move = there["stock.move"].create({
            "product_id": stage["product"], "product_uom_qty": float(quantity),
            "location_id": place.id, "location_dest_id": place.warehouse_id.lot_stock_id.id})
        move._action_confirm()
        move._action_assign()
        move.picked = True
        move._action_done()
        there.flush_all()
        return
    if action == "reject":
        # A storekeeper says that a kit did come back, and the place used its own.
        there["integration.exception"].browse(stage["asked"]).action_reject()
        there.flush_all()
        return
    if action == "count":
        there["integration.handler.ehr_stock_count"]._process(received, {
            "report": number, "item": stage["name"], "location": stage["name"],
            "quantity": quantity, "unit": "C62", "reported_at": "2026-03-02T09:00:00Z"})
        there.flush_all()
        return
    line = {"action": action, "source": "dispense", "number": number, "line": "1",
            "item": stage["name"], "quantity": quantity, "unit": "C62",
            "consumed_at": "2026-03-02T08:00:00Z",
            "location": {"point_of_care": stage["name"]}}
    if action == "return":
        line["returns"] = {"number": "D1", "line": "1"}
    there["integration.handler.ehr_consumption"]._process(received, {"lines": [line]})
    there.flush_all()

def outcome(cursor, told):
    try:
        tell(cursor, *told)
        cursor.commit()
        return "done"
    except psycopg2.OperationalError as error:
        cursor.rollback()
        return error.pgcode
    except errors.IntegrationError as error:
        cursor.rollback()
        return error.code
    except UserError:
        cursor.rollback()
        return "refused"

found = []
with env.registry.cursor() as one, env.registry.cursor() as two:
    two.execute("SELECT count(*) FROM stock_quant")
    tell(one, *first)
    other = threading.Thread(target=lambda: found.append(outcome(two, second)))
    other.start()
    other.join(2)
    found.append(other.is_alive())
    one.commit()
    other.join(30)
    # Begun again by the engine, as it does after such a failure.
    found.append(outcome(two, second))
env.cr.rollback()
env.cr.execute(
    "SELECT sum(quantity) FROM stock_quant WHERE product_id = %s AND location_id = %s",
    [stage["product"], stage["stock"]])
left = float(env.cr.fetchone()[0] or 0)
asked = env["integration.exception"].search_count([
    ("kind", "=", "usage_counted"), ("system_id", "=", stage["system"])])
result = {"waited": found[0], "failed": found[1], "again": found[2], "left": left, "asked": asked}
"""
# D1 was taken from the store, as was told after M0 had brought its kit back; people are asked.
_WENT_BACK = """
from odoo.addons.integration_ehr_supply.engine import usage_late
used = env["ehr.consumption"].search(
    [("system_id", "=", stage["system"]), ("number", "=", "D1")])
back = env["stock.move"].search([
    ("product_id", "=", stage["product"]), ("location_id", "=", stage["stock"]),
    ("location_dest_id.usage", "=", "internal")])
picking = env["stock.picking"].create({
    "picking_type_id": back.location_dest_id.warehouse_id.int_type_id.id,
    "location_id": back.location_id.id, "location_dest_id": back.location_dest_id.id})
back.picking_id = picking
asked = env["integration.exception"]._raise_for(
    None, picking, usage_late.KIND, "Asked", area="stock", key=f"{used.id}/{back.id}",
    proposal={"consumption": used.id, "back": back.id, "place": back.location_dest_id.id,
              "quantity": used.quantity})
env.cr.commit()
result = asked.id
"""
SERIALIZATION_FAILURE = "40001"


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


def at_once(shell: Shell, stage: dict[str, Any], first: tuple, second: tuple) -> dict[str, Any]:
    return shell.run(_AT_ONCE, stage=stage, first=list(first), second=list(second))


def staged(shell: Shell, name: str, quantity: int = 5, shortage: str | None = None) -> dict:
    return shell.run(_STAGE, name=name, quantity=quantity, shortage=shortage)


def test_two_never_take_more_than_there_is(shell: Shell) -> None:
    stage = staged(shell, "ATONCE")
    found = at_once(shell, stage, ("use", "D1", "4"), ("use", "D2", "4"))
    assert found == {
        "waited": True,
        "failed": SERIALIZATION_FAILURE,
        "again": "beyond_stock",
        "left": 1,
        "asked": 0,
    }


def test_two_returns_never_give_back_more_than_was_taken(shell: Shell) -> None:
    stage = staged(shell, "ATONCEBACK")
    shell.run(_AT_ONCE, stage=stage, first=["use", "D1", "3"], second=["use", "D9", "1"])
    found = at_once(shell, stage, ("return", "R1", "2"), ("return", "R2", "2"))
    assert (found["failed"], found["again"]) == (SERIALIZATION_FAILURE, "returned_more")


def test_who_counts_sees_what_is_being_taken(shell: Shell) -> None:
    """Of five, two are being taken; the count of three knows of them already."""
    stage = staged(shell, "COUNTSECOND")
    found = at_once(shell, stage, ("use", "D1", "2"), ("count", "F1", "3"))
    assert found == {
        "waited": True,
        "failed": SERIALIZATION_FAILURE,
        "again": "done",
        "left": 3,
        "asked": 0,
    }


@pytest.mark.parametrize("counted", ["3", "5"])
def test_who_takes_sees_what_is_being_counted(shell: Shell, counted: str) -> None:
    """Whether the count corrects the stock or writes nothing on it: whoever tells usage of before
    it is asked whether the count had that."""
    stage = staged(shell, f"COUNTFIRST{counted}")
    found = at_once(shell, stage, ("count", "F1", counted), ("use", "D1", "2"))
    assert found == {
        "waited": True,
        "failed": SERIALIZATION_FAILURE,
        "again": "done",
        "left": int(counted) - 2,
        "asked": 1,
    }


def test_a_stock_that_odoo_knows_nothing_of(shell: Shell) -> None:
    """There is no row of stock yet that either could lock."""
    stage = staged(shell, "COUNTNEW", 0, "negative")
    found = at_once(shell, stage, ("count", "F1", "0"), ("use", "D1", "2"))
    assert (found["failed"], found["again"], found["asked"]) == (SERIALIZATION_FAILURE, "done", 1)


def test_a_return_and_a_count(shell: Shell) -> None:
    stage = staged(shell, "COUNTBACK")
    shell.run(_AT_ONCE, stage=stage, first=["use", "D1", "3"], second=["use", "D9", "1"])
    found = at_once(shell, stage, ("return", "R1", "2"), ("count", "F1", "3"))
    assert (found["failed"], found["again"], found["left"]) == (SERIALIZATION_FAILURE, "done", 3)


def test_who_counts_sees_what_people_move(shell: Shell) -> None:
    stage = staged(shell, "COUNTMOVED")
    found = at_once(shell, stage, ("move", "M1", "2"), ("count", "F1", "3"))
    assert (found["failed"], found["again"], found["left"]) == (SERIALIZATION_FAILURE, "done", 3)


def test_what_stands_in_for_a_kit_is_taken_by_nobody_else(shell: Shell) -> None:
    """Of five, four are being taken: there are not four that can have been used instead."""
    stage = staged(shell, "WENTBACK", 10)
    shell.run(_AT_ONCE, stage=stage, first=["move", "M0", "1"], second=["use", "D1", "4"])
    stage["asked"] = shell.run(_WENT_BACK, stage=stage)
    found = at_once(shell, stage, ("use", "D2", "4"), ("reject", "X1", "0"))
    assert found == {
        "waited": True,
        "failed": SERIALIZATION_FAILURE,
        "again": "refused",
        "left": 1,
        "asked": 0,
    }
