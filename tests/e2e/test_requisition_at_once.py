"""The feed orders what a storekeeper is entering by hand, at the same moment."""

from collections.abc import Iterator

import pytest

from tests.harness import Database, Shell

#: Items that are handed out without counting: no stock that both would reserve keeps them apart.
_STAGE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
ward = env["stock.location"].create({
    "name": name, "location_id": warehouse.view_location_id.id})
route = env["ehr.supply.route"].create({
    "name": name, "code": name, "source_location_id": warehouse.lot_stock_id.id,
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id,
    "not_stocked": "supply"})
product = env["product.product"].create({"name": name, "default_code": name, "type": "consu"})
system = env["integration.system"].create({"name": name, "code": name, "kind": "ehr"})
env.cr.commit()
result = {"system": system.id, "product": product.id, "route": route.id, "name": name}
"""
# Two transactions that have both begun before the first is committed. What is entered by hand is
# committed in between, as the web client saves it before it presses the button.
_AT_ONCE = """
import threading
from types import SimpleNamespace
import psycopg2
from odoo import api, SUPERUSER_ID
from odoo.exceptions import ConcurrencyError, UserError

def at(cursor):
    return api.Environment(cursor, SUPERUSER_ID, {"allowed_company_ids": env.company.ids})

def feed(cursor):
    received = SimpleNamespace(system_id=stage["system"], uuid="O1", id=None)
    there = at(cursor)
    there["integration.handler.ehr_requisition"]._process(received, {
        "kind": "stock", "sent_at": "2026-03-02T08:00:00Z", "orders": [{
            "action": "new", "order": {"number": "O1"}, "items": [stage["name"]],
            "quantity": "10", "unit": "C62", "deliver_to": stage["name"]}]})
    there.flush_all()

def hand(cursor):
    there = at(cursor)
    there["ehr.requisition"].search([("route_id", "=", stage["route"]), ("by_hand", "=", True)]
        ).action_supply()
    there.flush_all()

def outcome(cursor, act):
    try:
        act(cursor)
        cursor.commit()
        return "done"
    except psycopg2.OperationalError as error:
        cursor.rollback()
        return error.pgcode
    except (ConcurrencyError, UserError) as error:
        cursor.rollback()
        return type(error).__name__

first, second = (feed, hand) if feed_first else (hand, feed)
found = []
with env.registry.cursor() as one, env.registry.cursor() as two:
    (one if feed_first else two).execute("SELECT count(*) FROM ehr_requisition")
    env["ehr.requisition"].create({
        "route_id": stage["route"], "by_hand": True, "hand_reason": "Feed down since 7:40",
        "ordered_at": "2026-03-02 08:00:00",
        "line_ids": [(0, 0, {"product_id": stage["product"], "quantity": 10})]})
    env.cr.commit()
    two.execute("SELECT count(*) FROM ehr_requisition")
    first(one)
    other = threading.Thread(target=lambda: found.append(outcome(two, second)))
    other.start()
    other.join(2)
    found.append(other.is_alive())
    one.commit()
    other.join(30)
    # Begun again: by the engine, or by the server.
    found.append(outcome(two, second))
env.cr.rollback()
env.invalidate_all()
moves = env["stock.move"].search([("product_id", "=", stage["product"])])
lines = env["ehr.requisition.line"].search([("product_id", "=", stage["product"])])
result = {
    "waited": found[0], "failed": found[1], "again": found[2],
    "supplied": sum(moves.mapped("product_uom_qty")),
    "states": {"hand" if one.requisition_id.by_hand else "feed": one.state for one in lines}}
"""


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


def test_the_order_comes_while_supply_is_pressed(shell: Shell) -> None:
    stage = shell.run(_STAGE, name="FEEDFIRST")
    assert shell.run(_AT_ONCE, stage=stage, feed_first=True) == {
        "waited": True,
        "failed": "ConcurrencyError",
        "again": "UserError",
        "supplied": 10,
        "states": {"feed": "ready", "hand": "draft"},
    }


def test_supply_is_pressed_while_the_order_comes(shell: Shell) -> None:
    stage = shell.run(_STAGE, name="HANDFIRST")
    assert shell.run(_AT_ONCE, stage=stage, feed_first=False) == {
        "waited": True,
        "failed": "40001",
        "again": "done",
        "supplied": 10,
        "states": {"feed": "held", "hand": "ready"},
    }
