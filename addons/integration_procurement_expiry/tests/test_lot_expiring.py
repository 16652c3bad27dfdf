import json
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import tagged

from odoo.addons.integration_core.tools import contracts
from odoo.addons.integration_procurement.tests.stock_case import StockCase


@tagged("post_install", "-at_install")
class TestLotExpiring(StockCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expiring = cls.env.ref("integration_procurement_expiry.event_type_lot_expiring")
        cls.types["lot_expiring"] = cls.expiring
        for interface in (cls.feed, cls.outbound):
            cls.reconfigure(interface, event_type_ids=[(4, cls.expiring.id)])
        cls.heparin = cls.storable("Heparin", tracking="lot", use_expiration_date=True)

    def lot(self, days, quantity=5, name="L1", location=None, **values):
        lot = self.env["stock.lot"].create(
            {
                "name": name,
                "product_id": self.heparin.id,
                "expiration_date": fields.Datetime.now() + timedelta(days=days),
                **values,
            }
        )
        if quantity:
            self.put(lot, quantity, location or self.stock)
        return lot

    def put(self, lot, quantity, location):
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id, location, quantity, lot_id=lot
        )

    def check(self):
        """Look at the condition, in a cursor that may commit."""
        self.next_transaction()
        self.env.cr.execute("UPDATE integration_event_type SET checked_at = NULL")
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["integration.event.type"]._cron_conditions()
        self.env.invalidate_all()

    def prime(self):
        """The first look only remembers."""
        self.check()
        self.assertFalse(self.events("lot_expiring"))

    def test_within_thirty_days_and_in_stock(self):
        self.prime()
        soon, expired = self.lot(29), self.lot(-1, name="L2")
        self.lot(31, name="L3")
        self.lot(1, name="Used up", quantity=0)
        self.check()
        self.check()
        self.assertEqual(self.events("lot_expiring").mapped("res_id"), (soon | expired).ids)
        told = self.told("lot_expiring")[0]
        self.assertEqual((told["lot"], told["quantity"], told["unit"]), ("L1", "5", "C62"))
        [place] = told["locations"]
        self.assertEqual((place["path"], place["quantity"]), (self.stock.complete_name, "5"))

    def test_told_when_stock_of_it_comes(self):
        lot = self.lot(3, quantity=0)
        self.prime()
        self.put(lot, 2, self.stock)
        self.check()
        self.assertEqual(self.events("lot_expiring").mapped("res_id"), lot.ids)

    def test_stock_elsewhere_is_not_ours(self):
        self.prime()
        self.lot(3, location=self.env.ref("stock.stock_location_customers"))
        self.check()
        self.assertFalse(self.events("lot_expiring"))

    def test_a_copy_uses_another_number_of_days(self):
        copy = self.expiring.copy(
            {"condition": self.expiring.condition.replace("+30d", "+90d"), "fire_existing": True}
        )
        self.types["copy"] = copy
        self.reconfigure(self.feed, event_type_ids=[(4, copy.id)])
        lot = self.lot(60)
        self.check()
        self.assertEqual(self.events("copy").mapped("res_id"), lot.ids)
        self.assertFalse(self.events("lot_expiring"))

    def test_the_day_is_the_day_of_the_warehouse(self):
        lot = self.lot(3)
        lot.expiration_date = "2026-11-29 23:00:00"  # noon on the 30th over there
        self.warehouse.partner_id.tz = "Pacific/Auckland"
        data = lot._integration_snapshots("procurement.lot_expiring")[lot.id].data
        self.assertEqual(data["expiry_date"], "2026-11-30")
        self.assertEqual(data["expires_at"], "2026-11-29T23:00:00Z")
        self.warehouse.partner_id.tz = False
        self.env.company.partner_id.tz = "America/New_York"
        data = lot._integration_snapshots("procurement.lot_expiring")[lot.id].data
        self.assertEqual(data["expiry_date"], "2026-11-29")

    def test_not_for_systems_of_contacts(self):
        self.prime()
        self.lot(3)
        self.check()
        self.assertEqual(self.recipients("lot_expiring"), self.feed)

    def test_companies_do_not_read_each_others_stock(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        theirs = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.prime()
        only_theirs = self.lot(3, location=theirs.lot_stock_id)
        shared = self.lot(4, name="L2")
        self.put(shared, 7, theirs.lot_stock_id)
        self.check()
        events = self.events("lot_expiring")
        of_theirs = events.filtered(lambda event: event.res_id == only_theirs.id)
        of_both = events.filtered(lambda event: event.res_id == shared.id)
        self.assertEqual((of_theirs.company_id, of_both.company_id), (company, company.browse()))
        data = json.loads(of_both.data)
        self.assertEqual((data["quantity"], data["locations"]), (None, None))
        schema = json.loads(self.expiring.contract_id.version_ids.schema)
        self.assertEqual(contracts.compile_schema(schema).violations(data), [])
        self.assertFalse(self.recipients("lot_expiring", only_theirs))

    def test_in_stock_is_searched_as_it_is_shown(self):
        held, gone = self.lot(3), self.lot(3, name="L2", quantity=0)
        mine = [("id", "in", (held | gone).ids)]
        for value, found in ((True, held), (False, gone)):
            with self.subTest(value=value):
                search = [("integration_in_stock", "=", value), *mine]
                self.assertEqual(held.search(search), found)
                self.assertEqual((held | gone).filtered_domain(search[:1]), found)

    def test_receipts_name_the_last_day_of_their_lots(self):
        self.heparin.expiration_time = 10
        order = self.ordered((self.heparin, 5))
        move = order.picking_ids.move_ids
        self.take_lots(move, {"L1": 5})
        move.move_line_ids.expiration_date = "2028-03-31 12:00:00"
        self.validate(order.picking_ids)
        [line] = self.told("goods_receipt_validated")[0]["lines"]
        self.assertEqual(line["lots"][0]["expiry_date"], "2028-03-31")
