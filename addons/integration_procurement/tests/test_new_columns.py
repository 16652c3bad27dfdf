from unittest.mock import DEFAULT, patch

from odoo.orm.registry import Registry
from odoo.tests import tagged
from odoo.tools import SQL

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestNewColumns(ProcurementCase):
    """An update of an installation with many records fills new columns without computing them."""

    def add_column(self, model, name):
        """As an update from a version without the column does it; return what is to be computed."""
        table, field = self.env[model]._table, self.env[model]._fields[name]
        self.env.flush_all()
        self.env.cr.execute(
            SQL("ALTER TABLE %s DROP COLUMN %s", SQL.identifier(table), SQL.identifier(name))
        )
        self.env.invalidate_all(flush=False)
        # What is put off until all models are there, and is there already.
        later = dict.fromkeys(("post_init", "post_constraint", "add_foreign_key"), DEFAULT)
        with patch.multiple(Registry, **later):
            self.env[model]._auto_init()
        return self.env.records_to_compute(field)

    def column(self, records, name):
        self.env.cr.execute(
            SQL(
                "SELECT id, %s FROM %s WHERE id IN %s",
                SQL.identifier(name),
                SQL.identifier(records._table),
                tuple(records.ids),
            )
        )
        return dict(self.env.cr.fetchall())

    def test_suppliers_are_known_as_such(self):
        partners = self.env["res.partner"].create(
            [
                {"name": "Supplier of old", "is_company": True, "supplier_rank": 3},
                {"name": "Customer", "is_company": True},
            ]
        )
        person, freelancer = self.env["res.partner"].create(
            [
                {"name": "Their clerk", "parent_id": partners[0].id, "supplier_rank": 1},
                {"name": "Freelancer", "supplier_rank": 1},
            ]
        )
        told = partners | person | freelancer
        expected = {one.id: one.integration_is_supplier for one in told}
        self.assertEqual(list(expected.values()), [True, False, False, True])
        self.assertFalse(self.add_column("res.partner", "integration_is_supplier"))
        found = self.column(told, "integration_is_supplier")
        self.assertEqual({key: bool(value) for key, value in found.items()}, expected)

    def test_no_budget_was_asked_for_what_is_there(self):
        order = self.order()
        self.assertFalse(self.add_column("purchase.order", "budget_state"))
        self.assertEqual(self.column(order, "budget_state"), {order.id: None})
        self.assertFalse(order.budget_state)
