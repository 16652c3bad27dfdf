"""Two people work on one invoice at the same moment: it is claimed once, or not at all."""

from typing import Any

import pytest

from tests.harness import Database

_STAGE = """
env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
fund = env["res.partner"].create({"name": "Fund", "is_company": True})
payer = env["ehr.payer"].create({
    "code": "AOK", "name": "Fund", "partner_id": fund.id, "takes_claims": True,
    "claim_member": False})
product = env["product.product"].create({
    "name": "Hour", "type": "service", "lst_price": 450, "taxes_id": False})
env["ehr.charge.code"].create({"code": "OR-HOUR", "product_id": product.id})
system = env["integration.system"].create({"name": "Payer", "code": "PAYER", "kind": "payer"})
interface = env["integration.interface"].create({
    "name": "Claims", "system_id": system.id, "direction": "outbound", "transport": "webhook",
    "url": "http://127.0.0.1:1/", "data_class": "clinical", "user_id": env.user.id,
    "event_type_ids": [(6, 0, env.ref("integration_ehr_payer.event_type_claim_submitted").ids)]})
env.flush_all()
# It is never to send anything.
env.cr.execute("UPDATE integration_interface SET state = 'active', activated_at = now() "
               "WHERE id = %s", [interface.id])
visit = env["ehr.encounter"].create({
    "visit_number": "V1", "encounter_class": "inpatient", "state": "present",
    "payer_code": "AOK"})
from odoo.addons.integration_core.engine.inbound_run import Received
def invoice(number):
    env["integration.handler.ehr_charge"]._process(
        Received(False, False, None, None, None, system.id),
        {"visit": {"number": "V1"}, "payer": "AOK", "charges": [{
            "number": number, "kind": "charge", "at": "2026-03-02T09:00:00Z", "code": "OR-HOUR",
            "quantity": "2", "amount": "900", "currency": env.company.currency_id.name}]})
    move = env["account.move"].search([("encounter_id", "=", visit.id), ("state", "=", "draft")])
    move.action_post()
    return move.id
result = [invoice("A"), invoice("B")]
"""
_AT_ONCE = """
import threading
import psycopg2
from odoo import api, SUPERUSER_ID

def there(cursor):
    return api.Environment(cursor, SUPERUSER_ID, {})["account.move"].browse(move)

def act(found, name):
    getattr(found, name)()
    found.env.flush_all()

def outcome(found):
    try:
        act(found, others)
        found.env.cr.commit()
        return "done"
    except psycopg2.Error as error:
        found.env.cr.rollback()
        return type(error).__name__

said = []
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = there(one), there(two)
    assert first.state == second.state == "posted"
    act(first, "action_submit_claim")
    other = threading.Thread(target=lambda: said.append(outcome(second)))
    other.start()
    other.join(2)
    waited = other.is_alive()
    one.commit()
    other.join(30)
env.cr.rollback()
found = env["account.move"].browse(move)
result = {"waited": waited, "said": said, "state": found.state, "claims": len(found.ehr_claim_ids)}
"""


@pytest.fixture(scope="module")
def found(database: Database) -> dict[str, Any]:
    with database.shell() as shell:
        moves = shell.run(_STAGE)
        return {
            act: shell.run(_AT_ONCE, move=move, others=act)
            for act, move in zip(("action_submit_claim", "button_draft"), moves, strict=True)
        }


@pytest.mark.parametrize("act", ["action_submit_claim", "button_draft"])
def test_who_is_second_begins_anew(found: dict[str, Any], act: str) -> None:
    """The server repeats such a request, which then sees what the first one has done."""
    assert found[act]["waited"]
    assert found[act]["said"] == ["SerializationFailure"]


@pytest.mark.parametrize("act", ["action_submit_claim", "button_draft"])
def test_a_claimed_invoice_is_posted_and_claimed_once(found: dict[str, Any], act: str) -> None:
    assert (found[act]["state"], found[act]["claims"]) == ("posted", 1)
