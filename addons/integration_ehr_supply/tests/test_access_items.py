"""Who may see and begin exports."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ROLES

from .test_access import _export, _interface


@tagged("post_install", "-at_install")
class TestItemsAccess(TransactionCase):
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
