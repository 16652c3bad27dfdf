"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES, Rights

from .supply_case import SupplyCase

# requisitions: the business of storekeepers, buyers, and readers of the census
REQUISITIONS = ("ehr.requisition", "ehr.requisition.line")
ANSWERS = ("ehr.requisition.answer",)
ROUTES = ("ehr.supply.route",)
# usage and case kits: told by feeds, read by storekeepers, buyers and readers of the census
TOLD = ("ehr.consumption", "ehr.kit.request")
KITS = ("ehr.case.kit", "ehr.case.kit.line")
DEMAND = ("ehr.kit.demand",)
DUE = ("ehr.kit.due", "ehr.stock.turn")
# items and stock on hand
EXPORTS = ("ehr.export", "ehr.export.part")
REPORTED = ("ehr.stock.report",)
# what those who order over FHIR are told
PROBLEMS = ("ehr.supply.problem",)
MATRIX = {
    EXPORTS: {role: NOTHING if role == "user" else READ for role in ROLES},
    REPORTED: {role: NOTHING if role == "user" else READ for role in ROLES},
    TOLD: dict.fromkeys(ROLES, NOTHING),
    KITS: dict.fromkeys(ROLES, NOTHING),
    DEMAND: dict.fromkeys(ROLES, NOTHING),
    DUE: dict.fromkeys(ROLES, NOTHING),
    REQUISITIONS: dict.fromkeys(ROLES, NOTHING),
    ANSWERS: dict.fromkeys(ROLES, NOTHING),
    ROUTES: dict.fromkeys(ROLES, NOTHING),
    PROBLEMS: dict.fromkeys(ROLES, NOTHING),
}
# Those who may enter requisitions by hand.
MAY_CALL = {
    "ehr.export": {"action_cancel": OPERATORS},
    "ehr.requisition": {"action_cancel": set(), "action_supply": set()},
    "stock.warehouse.orderpoint": {"action_take_ehr_suggestion": set()},
}


def _requisition(case):
    warehouse = case.env["stock.warehouse"].search([], limit=1)
    route = case.env["ehr.supply.route"].create(
        {
            "name": "Ward",
            "code": "ACCESS",
            "source_location_id": warehouse.lot_stock_id.id,
            "destination_location_id": warehouse.lot_stock_id.id,
            "picking_type_id": warehouse.int_type_id.id,
            "company_id": warehouse.company_id.id,
        }
    )
    return case.env["ehr.requisition"].create(
        {"route_id": route.id, "company_id": warehouse.company_id.id}
    )


def _orderpoint(case):
    warehouse = case.env["stock.warehouse"].search([], limit=1)
    product = case.env["product.product"].create({"name": "Access", "is_storable": True})
    return case.env["stock.warehouse.orderpoint"].create(
        {"product_id": product.id, "location_id": warehouse.lot_stock_id.id}
    )


def _interface(case, **values):
    system = case.env["integration.system"].create(
        {"name": "Item master", "code": "EXPORT", "kind": "other", **values}
    )
    policy = case.env["integration.policy"].create({"name": "Exports"})
    return case.env["integration.interface"].create(
        {"name": "Items", "system_id": system.id, "policy_id": policy.id}
    )


def _export(case, **values):
    interface = _interface(case, **values)
    return case.env["ehr.export"].create({"interface_id": interface.id, "kind": "items"})


SAMPLES = {
    "ehr.export": _export,
    "ehr.requisition": _requisition,
    "stock.warehouse.orderpoint": _orderpoint,
}
PEOPLE = {
    "stock.group_stock_user": {REQUISITIONS: ALL, ROUTES: READ, ANSWERS: NOTHING},
    "stock.group_stock_manager": {REQUISITIONS: ALL, ROUTES: ALL, ANSWERS: NOTHING},
    "purchase.group_purchase_user": {REQUISITIONS: READ, ROUTES: READ, ANSWERS: NOTHING},
    "integration_ehr_bridge.group_census_user": {
        REQUISITIONS: READ,
        ROUTES: READ,
        ANSWERS: NOTHING,
    },
    "base.group_user,integration_ehr_bridge.group_feed": {
        REQUISITIONS: "rwc",
        ROUTES: READ,
        ANSWERS: NOTHING,
    },
}


READER = "base.group_user,integration_ehr_bridge.group_fhir_reader"
PEOPLE[READER] = {REQUISITIONS: READ, ROUTES: READ, ANSWERS: NOTHING, ("stock.move",): READ}
PEOPLE_OF_USAGE = {
    READER: {TOLD[:1]: READ, TOLD[1:]: NOTHING, KITS: NOTHING, DEMAND: NOTHING, DUE: NOTHING},
    "stock.group_stock_user": {TOLD: READ, KITS: READ, DEMAND: READ, DUE: NOTHING, PROBLEMS: READ},
    "stock.group_stock_manager": {TOLD: READ, KITS: ALL, DEMAND: READ, DUE: NOTHING},
    "purchase.group_purchase_user": {TOLD: READ, KITS: NOTHING, DEMAND: READ, DUE: NOTHING},
    "integration_ehr_bridge.group_census_user": {
        TOLD: READ,
        KITS: READ,
        DEMAND: NOTHING,
        PROBLEMS: READ,
    },
    "base.group_user,integration_ehr_bridge.group_feed": {
        TOLD: "rwc",
        KITS: READ,
        DEMAND: NOTHING,
        DUE: NOTHING,
        PROBLEMS: NOTHING,
    },
}


@tagged("post_install", "-at_install")
class TestSupplyAccess(Rights, SupplyCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"supply.{role}", group)
            for names, rights in MATRIX.items():
                self.check_rights(names, user, rights[role])

    def test_people(self):
        people = [*PEOPLE.items(), *PEOPLE_OF_USAGE.items()]
        for number, (groups, rights) in enumerate(people):
            user = new_test_user(self.env, f"supply.people.{number}", groups)
            for names, allowed in rights.items():
                self.check_rights(names, user, allowed)

    def test_storekeepers_see_no_visit_and_census_readers_do(self):
        visit = self.env["ehr.encounter"].create(
            {"visit_number": "V1", "visit_assigner": "MAIN", "company_id": self.company.id}
        )
        self.set_stock(self.gloves, 20)
        one = self.ordered(self.order(), visit="V1")
        keeper = new_test_user(self.env, "supply.keeper", "stock.group_stock_user")
        reader = new_test_user(
            self.env,
            "supply.reader",
            "stock.group_stock_user,integration_ehr_bridge.group_census_user",
        )
        for record in (one, one.picking_ids):
            mine = record.with_user(keeper)
            self.assertEqual(mine.visit_reference, visit.reference)
            self.assertNotIn("encounter_id", mine.fields_get())
            with self.assertRaises(AccessError):
                mine.read(["encounter_id"])
            self.assertEqual(record.with_user(reader).encounter_id, visit)
            found = mine.search([("visit_reference", "=", visit.reference)])
            self.assertEqual(found, mine)
            with self.assertRaises(AccessError):
                mine.search([("encounter_id.visit_number", "=", "V1")])

    def test_documents_open_for_those_who_may_not_read_requisitions(self):
        accountant = new_test_user(self.env, "supply.books", "account.group_account_invoice")
        entry = self.env["account.move"].create({"move_type": "entry"})
        told = entry.with_user(accountant).read(["ehr_requisition_count", "visit_reference"])
        self.assertEqual(told[0]["ehr_requisition_count"], 0)

    def test_what_was_decided_is_closed(self):
        self.set_stock(self.gloves, 20)
        one = self.ordered(self.order())
        keeper = new_test_user(self.env, "supply.writer", "stock.group_stock_user")
        mine = one.with_user(keeper)
        for record, values in (
            (mine, {"needed_by": "2026-01-01"}),
            (mine.line_ids, {"quantity": 99}),
            (mine.line_ids, {"decision": "accepted"}),
        ):
            with self.assertRaises(UserError):
                record.write(values)
        with self.assertRaises(UserError):
            mine.unlink()
        with self.assertRaises(UserError):
            mine.line_ids.unlink()
        with self.assertRaises(UserError):
            self.env["ehr.requisition.line"].with_user(keeper).create(
                {"requisition_id": one.id, "product_id": self.gloves.id}
            )

    def test_what_was_decided_by_hand_is_closed(self):
        self.set_stock(self.gloves, 20)
        keeper = new_test_user(self.env, "supply.closer", "stock.group_stock_user")
        orders = self.env["ehr.requisition"].with_user(keeper)
        line = {"product_id": self.gloves.id}
        one = orders.create(
            {"route_id": self.route.id, "hand_reason": "down", "line_ids": [Command.create(line)]}
        )
        one.action_supply()
        self.assertEqual((one.by_hand, one.state), (True, "ready"))
        with self.assertRaises(UserError):
            one.line_ids.create({**line, "requisition_id": one.id})
        with self.assertRaises(UserError):
            one.line_ids.quantity = 5

    def test_companies_are_apart(self):
        other = self.env["res.company"].create({"name": "Apart"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        route = self.env["ehr.supply.route"].create(
            {
                "name": "Theirs",
                "code": "T",
                "company_id": other.id,
                "source_location_id": warehouse.lot_stock_id.id,
                "destination_location_id": warehouse.lot_stock_id.id,
                "picking_type_id": warehouse.int_type_id.id,
            }
        )
        theirs = self.env["ehr.requisition"].create({"route_id": route.id, "company_id": other.id})
        line = self.env["ehr.requisition.line"].create(
            {"requisition_id": theirs.id, "product_id": self.gloves.id}
        )
        keeper = new_test_user(self.env, "supply.apart", "stock.group_stock_manager")
        for record in (route, theirs, line):
            mine = record.with_user(keeper)
            self.assertFalse(mine.search([("id", "=", record.id)]))
            with self.assertRaises(AccessError):
                mine.read(["company_id"])
