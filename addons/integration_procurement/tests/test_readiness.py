from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestReadiness(ProcurementCase):
    """Records that would block messages are named before an interface goes live."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env,
            "operator.readiness",
            "integration_core.group_operator,purchase.group_purchase_user",
        )
        cls.crate = cls.env["uom.uom"].create({"name": "Crate"})
        offers = [(0, 0, {"partner_id": cls.supplier.id})]
        products = cls.env["product.product"]
        cls.twins = products.create(
            [
                {"name": name, "default_code": "TWIN", "type": "consu", "seller_ids": offers}
                for name in ("One", "Other")
            ]
        )
        cls.nameless = products.create(
            {"name": "Nameless", "type": "consu", "uom_id": cls.crate.id, "seller_ids": offers}
        )
        cls.foreign = products.create({"name": "Of nobody", "type": "consu"})

    def check(self, interface):
        action = interface.with_user(self.operator).action_check_readiness()
        return self.env["integration.readiness"].browse(action["res_id"]).with_user(self.operator)

    def found(self, report):
        return {(line.res_model, line.res_id): line.detail for line in report.result_ids.line_ids}

    def test_what_blocks_orders_of_a_supplier(self):
        report = self.check(self.outbound)
        found = self.found(report)
        self.assertEqual(
            set(found),
            {
                ("uom.uom", self.crate.id),
                ("product.product", self.nameless.id),
                *(("product.product", twin.id) for twin in self.twins),
            },
        )
        self.assertEqual(found["product.product", self.twins[0].id], "TWIN")
        self.assertEqual(report.blocking_count, 4)
        self.assertEqual(self.outbound.readiness_blocking_count, 4)
        line = report.result_ids.line_ids.filtered(lambda one: one.res_model == "uom.uom")
        self.assertEqual(line.action_open_document()["res_id"], self.crate.id)

    def test_currencies_that_messages_cannot_name(self):
        idle = self.env.ref("base.KWD")
        coupons = self.env["res.currency"].create({"name": "C1", "symbol": "c"})
        others = self.env["res.currency"].create({"name": "C2", "symbol": "d"})
        nobody = self.env["res.partner"].create({"name": "Sells nothing here"})
        for partner, currency in (
            (self.supplier, coupons),
            (self.supplier, self.env.company.currency_id),
            (nobody, others),
        ):
            self.env["product.supplierinfo"].create(
                {
                    "partner_id": partner.id,
                    "product_tmpl_id": self.product.product_tmpl_id.id,
                    "currency_id": currency.id,
                }
            )
        self.supplier.property_purchase_currency_id = idle
        idle.active = False
        found = self.found(self.check(self.outbound))
        named = {res_id for model, res_id in found if model == "res.currency"}
        self.assertEqual(named, {idle.id, coupons.id})
        idle.active = True
        coupons.name = "CPN"
        found = self.found(self.check(self.outbound))
        self.assertFalse([one for one in found if one[0] == "res.currency"])

    def test_mended_records_are_found_no_more(self):
        self.check(self.outbound)
        self.crate.integration_code = "CR"
        self.nameless.barcode = "4006381333931"
        self.twins[1].active = False
        report = self.check(self.outbound)
        self.assertFalse(report.result_ids.line_ids)
        self.assertEqual(
            self.env["integration.readiness"].search_count(
                [("interface_id", "=", self.outbound.id)]
            ),
            1,
        )

    def test_duplicate_suppliers(self):
        self.reconfigure(self.inbound, handler="integration.handler.supplier")
        partners = self.env["res.partner"].create(
            [
                {"name": name, "is_company": True, "supplier_rank": 1, "ref": "S-1"}
                for name in ("MedSupply", "Med Supply")
            ]
        )
        found = self.found(self.check(self.inbound))
        self.assertTrue({("res.partner", one.id) for one in partners} <= set(found))

    def test_names_are_for_those_who_may_read_the_records(self):
        self.reconfigure(self.inbound, handler="integration.handler.material_consumption")
        stock = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)])[:1]
        place = self.env["stock.location"].create(
            {"name": "Shelf", "usage": "internal", "location_id": stock.lot_stock_id.id}
        )
        place.barcode = False
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "stock.location"),
                ("group_id", "!=", self.env.ref("purchase.group_purchase_user").id),
            ]
        ).perm_read = False
        report = self.check(self.inbound)
        blind = new_test_user(self.env, "blind.readiness", "integration_core.group_observer")
        for user, shown in ((self.operator, True), (blind, False)):
            names = report.with_user(user).result_ids.line_ids.mapped("document_name")
            self.assertEqual(place.display_name in names, shown)
        with self.assertRaises(AccessError):
            self.outbound.with_user(blind).action_check_readiness()

    def test_of_another_company(self):
        report = self.check(self.outbound)
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.operator.company_ids |= company
        elsewhere = report.with_context(allowed_company_ids=company.ids)
        self.assertFalse(elsewhere.search([("id", "=", report.id)]))
