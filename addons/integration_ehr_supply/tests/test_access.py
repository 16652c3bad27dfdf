"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import NOTHING, OPERATIONS, READ, ROLES

# items and stock on hand
EXPORTS = ("ehr.export", "ehr.export.part")
REPORTED = ("ehr.stock.report",)

MATRIX = {
    EXPORTS: {role: NOTHING if role == "user" else READ for role in ROLES},
    REPORTED: {role: NOTHING if role == "user" else READ for role in ROLES},
}
MAY_CALL = {
    "ehr.export": {"action_cancel": OPERATORS},
}


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
}


@tagged("post_install", "-at_install")
class TestSupplyAccess(TransactionCase):
    def test_matrix(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"supply.{role}", group)
            for names, rights in MATRIX.items():
                for name in names:
                    model = self.env[name].with_user(user)
                    for operation, letter in OPERATIONS.items():
                        with self.subTest(model=name, role=role, operation=operation):
                            self.assertEqual(model.has_access(operation), letter in rights[role])

    def test_storekeepers_read_what_was_reported(self):
        user = new_test_user(self.env, "supply.storekeeper", "stock.group_stock_user")
        self.assertTrue(self.env["ehr.stock.report"].with_user(user).has_access("read"))
        self.assertFalse(self.env["ehr.stock.report"].with_user(user).has_access("write"))
        self.assertFalse(self.env["ehr.export"].with_user(user).has_access("read"))

    def test_operators_begin_exports(self):
        interface = _interface(self)
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"supply.ask.{role}", group)
            ask = self.env["integration.export.ask"].with_user(user)
            with self.subTest(role=role):
                if role in OPERATORS:
                    ask.create({"interface_id": interface.id, "kind": "items"})
                    continue
                with self.assertRaises(AccessError):
                    ask.create({"interface_id": interface.id, "kind": "items"})

    def test_exports_of_other_companies_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        export = _export(self, company_id=other.id)
        user = new_test_user(self.env, "supply.observer.other", "integration_core.group_observer")
        mine = export.with_user(user)
        self.assertFalse(mine.search([("id", "=", export.id)]))
        with self.assertRaises(AccessError):
            mine.read(["kind"])
