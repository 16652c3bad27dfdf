"""Two people press *Charge now* for the same use at the same moment: it is charged once."""

from typing import Any

import pytest

from tests.harness import Database

_STAGE = """
env.company.ehr_charge_direction = "out"
product = env["product.product"].create({
    "name": "Screw", "type": "consu", "is_storable": True, "lst_price": 29})
visit = env["ehr.encounter"].create({
    "visit_number": "V1", "encounter_class": "inpatient", "state": "present"})
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
source, target = warehouse.lot_stock_id, product.property_stock_production
env["stock.quant"]._update_available_quantity(product, source, 5)
picking = env["stock.picking"].create({
    "picking_type_id": warehouse.int_type_id.id, "encounter_id": visit.id,
    "location_id": source.id, "location_dest_id": target.id})
move = env["stock.move"].create({
    "picking_id": picking.id, "product_id": product.id, "product_uom_qty": 3,
    "location_id": source.id, "location_dest_id": target.id})
picking.action_confirm()
picking.action_assign()
move.picked = True
picking._action_done()
# It was used before anybody said what it is charged as.
env["ehr.charge.code"].create({"code": "SCREW", "product_id": product.id})
env.cr.commit()
result = move.id
"""
_AT_ONCE = """
import threading
import psycopg2
from odoo import api, SUPERUSER_ID

def listed(cursor):
    there = api.Environment(cursor, SUPERUSER_ID, {"allowed_company_ids": env.company.ids})
    return there["ehr.uncharged"].search([("stock_move_id", "=", move)])

def press(found):
    found.action_charge()
    found.env.flush_all()

def outcome(found):
    try:
        press(found)
        found.env.cr.commit()
        return "charged"
    except psycopg2.IntegrityError as error:
        found.env.cr.rollback()
        return found.env["ehr.charge"]._sql_error_to_message(error)

said = []
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = listed(one), listed(two)
    assert first.reason == second.reason == "late"
    press(first)
    other = threading.Thread(target=lambda: said.append(outcome(second)))
    other.start()
    other.join(2)
    waited = other.is_alive()
    one.commit()
    other.join(30)
env.cr.rollback()
result = {
    "waited": waited,
    "said": said,
    "charges": env["ehr.charge"].search_count([("stock_move_id", "=", move)]),
    "listed": env["ehr.uncharged"].search_count([("stock_move_id", "=", move)]),
}
"""


@pytest.fixture(scope="module")
def found(database: Database) -> dict[str, Any]:
    with database.shell() as shell:
        return shell.run(_AT_ONCE, move=shell.run(_STAGE))


def test_a_stock_move_is_charged_once(found: dict[str, Any]) -> None:
    assert (found["charges"], found["listed"]) == (1, 0)


def test_who_is_second_is_told(found: dict[str, Any]) -> None:
    assert found["waited"], "the second one waits until the first one is through"
    assert found["said"] == ["This stock move has been charged already."]
