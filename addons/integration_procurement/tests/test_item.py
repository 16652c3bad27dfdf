from unittest.mock import patch

from odoo.tests import tagged

from .common import ProcurementCase


class ItemCase(ProcurementCase):
    """Items as a master data system keeps them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("product.group_product_manager")
        cls.reconfigure(cls.inbound, handler="integration.handler.item")
        cls.links = cls.env["integration.record.link"]
        cls.number = 0

    def item(self, number="I-1", **values):
        return {"number": number, "name": "Gauze", "unit": "C62", "type": "stocked", **values}

    def bring(self, *items):
        """Deliver items and handle them together; return their messages."""
        before = self.messages(self.inbound)
        for one in items:
            type(self).number += 1
            self.receive(f"item-{self.number}", one)
        self.drain(self.inbound)
        return self.messages(self.inbound) - before

    def known(self, number="I-1"):
        self.env.invalidate_all()
        return self.links._find_record(self.system.id, "product.product", number)

    def bring_well(self, *items):
        messages = self.bring(*items)
        for one in messages:
            self.assertEqual(one.state, "done", one.error_message)
        return messages

    def refuse(self, code, *items):
        messages = self.bring(*items)
        self.assertEqual(messages[-1].error_code, code, messages[-1].error_message)
        self.assertEqual(messages[-1].state, "quarantined")
        return messages[-1]


@tagged("post_install", "-at_install")
class TestItem(ItemCase):
    def test_new_item(self):
        message = self.bring_well(
            self.item(gtin="04006381333931", reference="GZ-1", tracking="lot")
        )
        product = self.known()
        self.assertEqual((message.res_model, message.res_id), ("product.product", product.id))
        self.assertEqual(
            (product.name, product.barcode, product.default_code),
            ("Gauze", "04006381333931", "GZ-1"),
        )
        self.assertEqual((product.is_storable, product.tracking), (True, "lot"))
        self.assertEqual(product.uom_id, self.env.ref("uom.product_uom_unit"))

    def test_what_is_left_out_stays_and_null_empties(self):
        self.bring_well(self.item(gtin="04006381333931", reference="GZ-1"))
        product = self.known()
        self.bring_well(self.item(name="Gauze 10 cm", gtin=None))
        self.assertEqual(self.known(), product)
        self.assertEqual(
            (product.name, product.barcode, product.default_code), ("Gauze 10 cm", False, "GZ-1")
        )

    def test_new_and_known_items_at_once(self):
        self.bring_well(self.item("I-1"), self.item("I-2"))
        old = self.known("I-2")
        messages = self.bring_well(
            self.item("I-3", name="Three"), self.item("I-2", name="Two"), self.item("I-4")
        )
        self.assertEqual(self.known("I-2"), old)
        self.assertEqual((old.name, self.known("I-3").name), ("Two", "Three"))
        self.assertEqual([one.res_id for one in messages], [
            self.known("I-3").id, old.id, self.known("I-4").id,
        ])  # fmt: skip

    def test_twice_in_a_batch_the_later_one_wins(self):
        self.bring_well(
            self.item(name="First", reference="R-1"),
            self.item("I-2"),
            self.item(name="Last"),
        )
        product = self.known()
        self.assertEqual((product.name, product.default_code), ("Last", "R-1"))
        found = self.env["product.product"].search_count([("default_code", "=", "R-1")])
        self.assertEqual(found, 1)

    def test_two_numbers_of_one_item_the_later_message_wins(self):
        self.bring_well(self.item("I-1"))
        self.links._link(self.system.id, self.known("I-1"), "I-2", alias=True)
        self.bring_well(
            self.item("I-1", name="First"), self.item("I-2", name="Second"), self.item("I-1")
        )
        self.assertEqual(self.known("I-2").name, "Gauze")

    def test_barcode_that_moves_on_in_a_batch(self):
        self.bring_well(self.item("I-1", gtin="04006381333931"))
        self.bring_well(self.item("I-1", gtin=None), self.item("I-2", gtin="04006381333931"))
        self.assertEqual(self.known("I-2").barcode, "04006381333931")

    def test_batch_and_single_messages_do_the_same(self):
        items = [
            self.item("I-1", gtin="04006381333931"),
            self.item("I-2", type="service", unit="HUR"),
            self.item("I-1", name="Other", gtin=None),
            self.item("I-3", active=False),
        ]
        self.bring_well(*items)
        fields = ["name", "barcode", "type", "is_storable", "uom_id", "active", "tracking"]
        together = [self.known(one["number"]).read(fields) for one in items]
        self.links.search([("system_id", "=", self.system.id)]).unlink()
        self.env["product.product"].with_context(active_test=False).search(
            [("barcode", "=", "04006381333931")]
        ).unlink()
        handler = type(self.env["integration.handler.item"])
        with patch.object(handler, "_batch_size", 1):
            self.bring_well(*items)
        single = [self.known(one["number"]).read(fields) for one in items]
        for rows in (*together, *single):
            rows[0].pop("id")
        self.assertEqual(together, single)

    def test_bad_ones_do_not_spoil_the_others(self):
        messages = self.bring(
            self.item("I-1"), self.item("I-2", unit="XXX"), self.item("I-3"), {"number": "I-4"}
        )
        self.assertEqual(messages.mapped("state"), ["done", "quarantined", "done", "quarantined"])
        self.assertEqual(messages[1].error_code, "unknown_unit")
        self.assertTrue(self.known("I-1") and self.known("I-3"))
        self.assertFalse(self.known("I-2"))

    def test_nothing_is_written_that_is_the_same(self):
        item = self.item(gtin="04006381333931", reference="GZ-1", tracking="lot")
        self.bring_well(item)
        written = []
        product = type(self.env["product.product"])
        write = product.write
        with patch.object(
            product, "write", lambda records, vals: written.append(vals) or write(records, vals)
        ):
            self.bring_well(item)
        self.assertEqual(written, [])

    def test_archived_and_back(self):
        self.bring_well(self.item())
        self.bring_well(self.item(active=False))
        product = self.known()
        self.assertEqual((product.active, product.product_tmpl_id.active), (False, False))
        self.bring_well(self.item(name="Still known"))
        self.assertEqual((self.known(), product.name), (product, "Still known"))
        self.bring_well(self.item(active=True))
        self.assertEqual((product.active, product.product_tmpl_id.active), (True, True))

    def test_category_by_identifier(self):
        category = self.env["product.category"].create({"name": "Dressings"})
        self.refuse("unknown_category", self.item(category="Dressings"))
        self.links._link(self.system.id, category, "C-7")
        self.bring_well(self.item(category="C-7"))
        self.assertEqual(self.known().categ_id, category)

    def test_unit_that_two_have(self):
        self.env["uom.uom"].create({"name": "Piece", "integration_code": "C62"})
        self.refuse("unknown_unit", self.item())

    def test_tracking_needs_stock(self):
        self.refuse("contract_violation", self.item(type="consumable", tracking="lot"))

    # -- suppliers -----------------------------------------------------------------------

    def test_suppliers(self):
        self.refuse("unknown_supplier", self.item(suppliers=[{"supplier": "S-1", "code": "A"}]))
        self.links._link(self.system.id, self.supplier, "S-1")
        self.refuse("price_missing", self.item(suppliers=[{"supplier": "S-1", "code": "A"}]))
        self.assertFalse(self.known(), "all of it or nothing")
        currency = self.env.company.currency_id.name
        said = {"supplier": "S-1", "code": "A", "price": "0.0525", "currency": currency}
        self.bring_well(self.item(suppliers=[said]))
        seller = self.known().seller_ids
        self.assertEqual((seller.partner_id, seller.product_code), (self.supplier, "A"))
        self.assertAlmostEqual(seller.price, 0.0525, 4)
        self.bring_well(self.item(suppliers=[{"supplier": "S-1", "code": "B"}]))
        self.assertEqual((self.known().seller_ids, seller.product_code), (seller, "B"))
        self.assertAlmostEqual(seller.price, 0.0525, 4)

    # -- duplicates ----------------------------------------------------------------------

    def test_barcode_of_an_item_known_by_another_number(self):
        self.bring_well(self.item(gtin="04006381333931"))
        self.refuse("possible_duplicate", self.item("I-2", gtin="4006381333931"))
        self.assertFalse(self.known("I-2"))

    def test_barcode_of_two_new_items(self):
        first, second = self.bring(
            self.item("I-1", gtin="04006381333931"), self.item("I-2", gtin="04006381333931")
        )
        self.assertEqual((first.state, second.error_code), ("done", "possible_duplicate"))

    def test_product_that_nobody_sent_is_recognised(self):
        product = self.env["product.product"].create(
            {"name": "By hand", "barcode": "4006381333931", "active": False}
        )
        self.bring_well(self.item(gtin="04006381333931"))
        self.assertEqual(self.known(), product)

    def test_marks_of_two_products(self):
        self.env["product.product"].create(
            [{"name": "One", "barcode": "4006381333931"}, {"name": "Two", "default_code": "GZ-1"}]
        )
        message = self.refuse(
            "possible_duplicate", self.item(gtin="4006381333931", reference="GZ-1")
        )
        found = self.env["integration.duplicate"].search([("message_id", "=", message.id)])
        self.assertEqual(set(found.candidate_ids.mapped("record_name")), {"One", "[GZ-1] Two"})

    def test_reference_alone_with_another_barcode(self):
        self.env["product.product"].create(
            {"name": "One", "barcode": "4006381333931", "default_code": "GZ-1"}
        )
        self.refuse("possible_duplicate", self.item(gtin="96385074", reference="GZ-1"))

    def test_product_of_another_company_is_no_twin(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env["product.product"].create(
            {"name": "Theirs", "default_code": "GZ-1", "company_id": company.id}
        )
        self.bring_well(self.item(reference="GZ-1"))
        self.assertEqual(self.known().company_id, self.env["res.company"])

    def test_name_is_no_identifier(self):
        product = self.env["product.product"].create({"name": "Gauze"})
        self.bring_well(self.item())
        self.assertNotEqual(self.known(), product)

    def test_owner_of_the_data_decides(self):
        self.bring_well(self.item())
        hub = self.env["integration.system"].create({"name": "Hub", "code": "H", "kind": "other"})
        self.env["integration.ownership"].create(
            {
                "system_id": hub.id,
                "model_name": "product.template",
                "scope": "fields",
                "field_ids": [(0, 0, {"name": "name"})],
                "steward_id": self.env.uid,
                "state": "approved",
                "on_conflict": "park",
            }
        )
        self.env.registry.clear_cache()
        messages = self.bring(self.item(name="Ours"), self.item("I-2"))
        self.assertEqual(messages.mapped("error_code"), ["owned_elsewhere", False])
        self.assertEqual(self.known().name, "Gauze")
