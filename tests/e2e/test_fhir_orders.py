"""An order comes over FHIR, is handed out, and its delivery stands at a public FHIR server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class

from tests.e2e.conftest import EAGER, Suite, running_suite
from tests.e2e.fhir_peers import TESTER, Ehr, clinical_system
from tests.harness import Client, Database, wait_until

LOGIN, SECRET = "ehr", "secret of the EHR"
_STAGE = """
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
stock = warehouse.lot_stock_id
product = env["product.product"].create(
    {"name": "Gloves", "default_code": "GLV", "type": "consu", "is_storable": True})
env["stock.quant"]._update_available_quantity(product, stock, 20)
ward = env["stock.location"].create(
    {"name": "4W", "usage": "internal", "location_id": warehouse.view_location_id.id})
env["ehr.supply.route"].create({
    "name": "Ward 4W", "code": "4W", "source_location_id": stock.id, "shortage": "reject",
    "destination_location_id": ward.id, "picking_type_id": warehouse.int_type_id.id})
groups = ("integration_ehr_bridge.group_feed", "stock.group_stock_user")
user = env["res.users"].create({"name": "Orders", "login": "orders", "group_ids": [
    (4, env.ref(group).id) for group in groups]})
system = env["integration.system"].create({
    "name": "Hospital", "code": "EHR", "kind": "ehr", "environment": "test", "tz": "UTC"})
def credential(name, kind, **values):
    return env["integration.credential"].create(
        {"name": name, "kind": kind, "version_ids": [(0, 0, values)]}).id
policy = env["integration.policy"].create({
    "name": "By key", "ordering": "key", "max_attempts": 20, "retry_mode": "schedule",
    "retry_schedule": ", ".join(["0s"] + ["1s"] * 19)})
def active(**values):
    made = env["integration.interface"].create({
        "system_id": system.id, "transport": "fhir", "data_class": "clinical",
        "policy_id": policy.id, "latency_class": "realtime", **values})
    made.action_submit()
    made.action_approve()
    made.action_activate()
    return made
orders = active(
    name="Orders", direction="inbound", body_codec="fhir", user_id=user.id,
    credential_id=credential("EHR", "basic", login=login, secret=secret),
    routing_id=env.ref("integration_ehr_supply.routing_fhir_r4_orders").id)
def telling(name, mapping, events, kind, interaction):
    types = env["integration.event.type"].union(
        *(env.ref(f"integration_ehr_supply.event_type_{one}") for one in events))
    return active(
        name=name, direction="outbound", url=url, allowed_networks="127.0.0.0/8, ::1",
        fhir_ca=ca, credential_id=credential(name, "bearer", secret=token),
        mapping_id=env.ref(f"integration_ehr_supply.mapping_{mapping}").id,
        event_type_ids=[(6, 0, types.ids)], fhir_types=kind, fhir_interaction=interaction,
        echo_allowed=True)
told = telling(
    "Deliveries", "requisition_fhir", ["requisition_changed"], "SupplyDelivery", "transaction")
telling(
    "Tasks", "supply_problem_fhir",
    ["supply_problem_raised", "supply_problem_solved", "supply_problem_withdrawn"], "Task",
    "conditional_update")
result = {"orders": orders.id, "url": orders.fhir_url, "told": told.id}
"""
_SENT = """
from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.tools import payload_codec
ring = keys.ring(env.cr)
env.cr.execute(
    "SELECT m.uuid, p.body, p.encoding FROM integration_message m JOIN integration_payload p "
    "ON p.message_id = m.id AND p.kind = 'sent' ORDER BY m.id")
result = [payload_codec.decode(bytes(body), encoding, uuid, "sent", ring).decode()
          for uuid, body, encoding in env.cr.fetchall()]
"""


@dataclass(frozen=True)
class World:
    """A store, an EHR that orders of it, and where the EHR is told what becomes of it."""

    suite: Suite
    ehr: Ehr
    keeper: Client
    url: str
    orders: int

    def put(self, resource: dict[str, Any]) -> int:
        """The EHR tells of an order; the status of the answer."""
        place = f"/{resource['resourceType']}/{resource['id']}"
        answer = requests.put(
            self.url + place, json=resource, auth=(LOGIN, SECRET), timeout=60,
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        return answer.status_code

    def order(self, number: str, **changes: Any) -> dict[str, Any]:
        return {
            "resourceType": "SupplyRequest", "id": number, "status": "active",
            "meta": {"versionId": "1", "lastUpdated": "2025-03-02T08:01:00Z"},
            "identifier": [{"value": f"S-{number}"}],
            "itemCodeableConcept": {"coding": [{"code": "GLV"}]},
            "quantity": {"value": 8, "system": "http://unitsofmeasure.org", "code": "{each}"},
            "deliverTo": {"identifier": {"value": "4W"}}, **changes,
        }  # fmt: skip

    def line(self, number: str, *states: str) -> dict[str, Any]:
        """What the storekeeper sees of an order, once it is in one of these states."""
        names = ["state", "requisition_id"]

        def look() -> dict[str, Any] | None:
            rows = self.keeper.call(
                "ehr.requisition.line", "search_read", [["order_number", "=", number]], names
            )
            return next((row for row in rows if row["state"] in states), None)

        return wait_until(look, timeout=60, what=f"{number} is {states}")

    def hand_out(self, line: dict[str, Any]) -> None:
        order = line["requisition_id"][0]
        (row,) = self.keeper.call("ehr.requisition", "read", [order], ["picking_ids"])
        self.keeper.call("stock.picking", "button_validate", row["picking_ids"])

    def delivery(self, number: str, status: str) -> dict[str, Any]:
        """The delivery for an order at the public server, once it has this status."""

        def look() -> dict[str, Any] | None:
            found = [
                one
                for one in self.ehr.resources("SupplyDelivery?_sort=_id")
                if one["basedOn"] == [{"reference": f"SupplyRequest/{number}"}]
            ]
            assert len(found) <= 1, "one delivery for each order"
            return next((one for one in found if one["status"] == status), None)

        failed = "SELECT error_code, error_message FROM integration_message WHERE state = 'dead'"
        return wait_until(look, timeout=60, what=f"{status}: {self.suite.database.sql(failed)}")

    def task(self, number: str, status: str) -> dict[str, Any]:
        """The task about an order at the public server, once it has this status."""

        self.suite.office.run_scheduled("integration_ehr_supply.ir_cron_supply_problems")

        def look() -> dict[str, Any] | None:
            found = [
                one
                for one in self.ehr.resources("Task?_sort=_id")
                if one["focus"] == {"reference": f"SupplyRequest/{number}"}
            ]
            assert len(found) <= 1, "one task for each problem"
            return next((one for one in found if one["status"] == status), None)

        return wait_until(look, timeout=60, what=f"a task that is {status}")


@pytest.fixture(scope="module")
def world(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        running_suite(database, integration=EAGER) as suite,
        clinical_system(tmp_path_factory.mktemp("ehr")) as ehr,
    ):
        with database.shell() as shell:
            made = shell.run(
                _STAGE, login=LOGIN, secret=SECRET, token=TESTER, url=ehr.url,
                ca=ehr.trust.authority.pem,
            )  # fmt: skip
        for number in ("a1", "a2", "a3"):
            # The EHR has its own orders: a delivery is based on what is there.
            code, body, _headers = ehr.ask(
                "PUT", f"SupplyRequest/{number}",
                {"resourceType": "SupplyRequest", "id": number, "status": "active",
                 "itemCodeableConcept": {"text": "gloves"}, "quantity": {"value": 8}},
            )  # fmt: skip
            assert code in (200, 201), body
        suite.office.user("store", "stock.group_stock_user")
        keeper = suite.server.login("store", "store")
        path = made["url"].partition("/integration/")[2]
        url = f"{suite.server.url}/integration/{path}"
        yield World(suite, ehr, keeper, url, made["orders"])


def test_an_order_is_handed_out_and_its_delivery_told(world: World) -> None:
    assert world.put(world.order("a1", priority="stat")) == 202
    line = world.line("S-a1", "ready")
    world.hand_out(line)
    world.line("S-a1", "delivered")
    told = world.delivery("a1", "completed")
    assert told["suppliedItem"]["quantity"]["value"] == 8
    assert told["suppliedItem"]["quantity"]["code"] == "{each}"
    assert told["destination"]["identifier"]["value"] == "4W"
    assert told["occurrenceDateTime"]


def test_a_cancelled_order_is_abandoned_and_stays_so(world: World) -> None:
    one = world.order("a2")
    assert world.put(one) == 202
    world.line("S-a2", "ready")
    later = {"versionId": "2", "lastUpdated": "2025-03-02T08:05:00Z"}
    assert world.put({**one, "status": "cancelled", "meta": later}) == 202
    world.line("S-a2", "cancelled")
    world.delivery("a2", "abandoned")
    assert world.put(one) == 200, "the same version again"
    line = world.line("S-a2", "cancelled")
    assert line["state"] == "cancelled"


def test_an_order_that_is_refused_is_a_task_until_it_is_cancelled(world: World) -> None:
    many = {"value": 5000, "system": "http://unitsofmeasure.org", "code": "{each}"}
    one = world.order("a3", quantity=many)
    assert world.put(one) == 202
    world.line("S-a3", "ready", "rejected")
    task = world.task("a3", "requested")
    assert task["businessStatus"]["coding"][0]["code"] == "refused"
    assert task["statusReason"]["coding"][0]["code"] == "no_stock"
    later = {"versionId": "2", "lastUpdated": "2025-03-02T08:05:00Z"}
    assert world.put({**one, "status": "cancelled", "meta": later}) == 202
    assert world.task("a3", "cancelled")["id"] == task["id"]


def test_what_is_sent_is_of_the_standard(world: World) -> None:
    """An independent reader accepts each body that the tests before have sent."""
    bodies = [json.loads(body) for body in world.suite.database.run(_SENT)]
    assert bodies
    for body in bodies:
        get_fhir_model_class(body["resourceType"]).model_validate(body)
        for entry in body.get("entry", ()):
            one = entry["resource"]
            get_fhir_model_class(one["resourceType"]).model_validate(one)
