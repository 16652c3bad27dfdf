"""Two workers take the same goods, or give back the same dispense, at the same moment."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Database, Shell

_STAGE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
plan = env["account.analytic.plan"].create({"name": f"At once {name}"})
centre = env["account.analytic.account"].create({"name": "Ward", "plan_id": plan.id})
stock = env["stock.location"].create({
    "name": f"Ward {name}", "location_id": warehouse.view_location_id.id})
env["ehr.location"].create({
    "point_of_care": name, "kind": "unit", "stock_location_id": stock.id,
    "analytic_account_id": centre.id})
product = env["product.product"].create({
    "name": name, "default_code": name, "type": "consu", "is_storable": True})
env["stock.quant"]._update_available_quantity(product, stock, 5)
system = env["integration.system"].create({"name": name, "code": name, "kind": "ehr"})
env.cr.commit()
result = {"system": system.id, "product": product.id, "stock": stock.id, "name": name}
"""
# Two transactions of which the second has begun before the first is committed, as two drains do.
_AT_ONCE = """
import threading
from types import SimpleNamespace
import psycopg2
from odoo import api, SUPERUSER_ID
from odoo.addons.integration_core.tools import errors

def tell(cursor, action, number, quantity):
    context = {"allowed_company_ids": env.company.ids}
    there = api.Environment(cursor, SUPERUSER_ID, context)
    line = {"action": action, "source": "dispense", "number": number, "line": "1",
            "item": stage["name"], "quantity": quantity, "unit": "C62",
            "consumed_at": "2026-03-02T08:00:00Z",
            "location": {"point_of_care": stage["name"]}}
    if action == "return":
        line["returns"] = {"number": "D1", "line": "1"}
    received = SimpleNamespace(system_id=stage["system"], uuid=number, id=None)
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
result = {"waited": found[0], "failed": found[1], "again": found[2],
          "left": float(env.cr.fetchone()[0])}
"""
SERIALIZATION_FAILURE = "40001"


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


def at_once(shell: Shell, stage: dict[str, Any], first: tuple, second: tuple) -> dict[str, Any]:
    return shell.run(_AT_ONCE, stage=stage, first=list(first), second=list(second))


def test_two_never_take_more_than_there_is(shell: Shell) -> None:
    stage = shell.run(_STAGE, name="ATONCE")
    found = at_once(shell, stage, ("use", "D1", "4"), ("use", "D2", "4"))
    assert found == {
        "waited": True,
        "failed": SERIALIZATION_FAILURE,
        "again": "beyond_stock",
        "left": 1,
    }


def test_two_returns_never_give_back_more_than_was_taken(shell: Shell) -> None:
    stage = shell.run(_STAGE, name="ATONCEBACK")
    shell.run(_AT_ONCE, stage=stage, first=["use", "D1", "3"], second=["use", "D9", "1"])
    found = at_once(shell, stage, ("return", "R1", "2"), ("return", "R2", "2"))
    assert (found["failed"], found["again"]) == (SERIALIZATION_FAILURE, "returned_more")
