from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_ehr_supply.tests.usage_case import UsageCase

from .charge_events_case import ChargeEventsCase


@tagged("post_install", "-at_install")
class TestUnchargedUsage(UsageCase):
    """Of what feeds tell as used, nothing is left uncharged silently."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.ehr_charge_direction = "out"
        cls.swab.lst_price = 3
        groups = "account.group_account_manager"
        cls.accountant = new_test_user(cls.env, "use.accountant", groups)
        cls.biller = new_test_user(cls.env, "use.biller", "account.group_account_invoice")

    def listed(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ehr.uncharged"].with_user(user or self.biller).search([])

    def charges(self):
        self.env.invalidate_all()
        return self.env["ehr.charge"].search([("source", "=", "odoo")], order="id")

    def use(self, amount="3", unit="EA"):
        self.admit("71")
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", amount, unit), visit="71"))
        )

    def test_without_a_code(self):
        self.use("24")
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "5", "EA", control="CA"), visit="71"))
        one = self.listed()
        self.assertEqual((one.product_id, one.reason), (self.swab, "code"))
        self.assertEqual((one.name, one.uom_id), ("D1/1", self.swab.uom_id))
        self.assertEqual(one.quantity, 19)
        self.assertEqual(one.visit_reference, self.used("D1").encounter_id.reference)
        with self.assertRaisesRegex(UserError, "Add a charge code"):
            one.action_charge()
        self.env["ehr.charge.code"].create({"code": "SWAB", "product_id": self.swab.id})
        one = self.listed()
        self.assertEqual(one.reason, "late")
        one.action_charge()
        charge, credit = self.charges()
        self.assertEqual((charge.quantity, credit.quantity, charge.net_amount), (24, 5, 57))
        self.assertFalse(self.listed())

    def test_boxes(self):
        self.use("2", "BX")
        one = self.listed()
        self.assertEqual((one.quantity, one.uom_id), (2, self.box))
        self.env["ehr.charge.code"].create({"code": "SWAB", "product_id": self.swab.id})
        self.listed().action_charge()
        self.assertEqual((self.charges().quantity, self.charges().amount), (24, 72))

    def test_what_was_given_back_is_not_listed(self):
        self.use()
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "3", control="CA"), visit="71"))
        self.assertFalse(self.listed())

    def test_what_is_used_on_a_ward_is_nobody_s(self):
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"))))
        self.assertFalse(self.listed())

    def test_left_uncharged_and_taken_up_again(self):
        self.use()
        self.listed().action_leave()
        self.assertEqual(self.listed().reason, "left")
        with self.assertRaises(UserError):
            self.listed().action_charge()
        self.listed().action_take_up()
        self.assertEqual(self.listed().reason, "code")

    def test_products_that_are_never_charged(self):
        self.use()
        with self.assertRaises(AccessError):
            self.listed().action_never()
        self.listed(self.accountant).action_never()
        self.assertEqual(self.listed().reason, "never")
        with self.assertRaises(AccessError):
            self.listed().action_take_up()
        self.listed(self.accountant).action_take_up()
        self.assertEqual(self.listed().reason, "code")

    def test_a_system_that_charges_itself(self):
        self.system.ehr_charges_usage = True
        self.use()
        self.assertEqual(self.listed().reason, "system")

    def test_where_clinical_systems_charge(self):
        self.company.ehr_charge_direction = "in"
        self.use()
        one = self.listed()
        self.assertEqual(one.reason, "sender")
        with self.assertRaises(UserError):
            one.action_charge()
        charge = self.from_feed(self.swab)
        self.assertFalse(self.listed())
        charge.is_credited = True
        self.assertTrue(self.listed(), "taken back, it is charged by nobody")

    def from_feed(self, product, **values):
        """A charge of a clinical system for the visit of these tests."""
        return self.env["ehr.charge"].create(
            {
                "number": f"TX-{product.id}",
                "charged_at": "2025-03-02 08:00:00",
                "charge_code": "ANY",
                "product_id": product.id,
                "quantity": 1,
                "amount": 9,
                "currency_id": self.company.currency_id.id,
                "encounter_id": self.used("D1").encounter_id.id,
                **values,
            }
        )

    def test_charged_as_another_product(self):
        """The service of implanting, say, is what is charged for an implant."""
        self.company.ehr_charge_direction = "in"
        self.use()
        service = self.env["product.product"].create({"name": "Dressing", "type": "service"})
        charge = self.from_feed(service)
        self.assertEqual(self.listed().reason, "sender")
        self.swab.product_tmpl_id.ehr_charged_as_id = service
        self.assertFalse(self.listed())
        charge.is_credited = True
        self.assertEqual(self.listed().reason, "sender")

    def test_a_charge_that_names_the_dispense(self):
        """It is that of what was used, whatever its product is; unless another line has that."""
        self.company.ehr_charge_direction = "in"
        self.admit("71")
        lines = self.rxd("D1", "1", "SWAB", "3"), self.rxd("D1", "2", "VIAL", "1", f18="L1")
        self.assert_done(self.bring(self.rds(*lines, visit="71")))
        self.assertEqual(self.listed().product_id, self.swab | self.vial)
        self.from_feed(self.vial, order_number="D1")
        self.assertEqual(self.listed().product_id, self.swab)
        service = self.env["product.product"].create({"name": "Dressing", "type": "service"})
        charge = self.from_feed(service, order_number="D1")
        self.assertFalse(self.listed())
        charge.order_number = "D2"
        self.assertEqual(self.listed().product_id, self.swab)

    def test_who_sees_it_and_who_decides(self):
        self.use()
        stranger = new_test_user(self.env, "use.stock", "stock.group_stock_user")
        with self.assertRaises(AccessError):
            self.listed(stranger)
        reader = new_test_user(self.env, "use.reader", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            self.listed(reader).action_leave()
        with self.assertRaises(AccessError):
            self.listed().read(["encounter_id"])
        other = self.env["res.company"].create({"name": "Other hospital"})
        foreign = new_test_user(
            self.env,
            "use.foreign",
            "account.group_account_invoice",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.listed(foreign))


@tagged("post_install", "-at_install")
class TestUnchargedTransfers(ChargeEventsCase):
    """Nor of what people take from stock for a visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.ehr_charge_direction = "out"
        cls.screw = cls.service("Screw", 29, type="consu", is_storable=True)

    def listed(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ehr.uncharged"].search([])

    def test_a_transfer_without_a_code(self):
        move = self.use(self.screw, 3)
        self.give_back(move, 1)
        one = self.listed()
        self.assertEqual((one.stock_move_id, one.quantity, one.reason), (move, 2, "code"))
        self.assertEqual(one.name, move.picking_id.name)
        self.code("SCREW", self.screw)
        self.listed().action_charge()
        [charge] = self.env["ehr.charge"].search([("stock_move_id", "=", move.id)])
        self.assertEqual((charge.quantity, charge.credited_quantity), (3, 1))
        self.assertFalse(self.listed())

    def test_what_broke_is_not_listed(self):
        move = self.use(self.screw, 2)
        self.listed().action_leave()
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.screw.id,
                "scrap_qty": 1,
                "picking_id": move.picking_id.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.do_scrap()
        self.assertEqual(self.listed().mapped("reason"), ["left"])
