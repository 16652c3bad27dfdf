from odoo.exceptions import UserError
from odoo.tests import tagged

from .charge_events_case import ChargeEventsCase


@tagged("post_install", "-at_install")
class TestChargeEvents(ChargeEventsCase):
    """What others are told of charges, and what Odoo posts itself."""

    def test_what_becomes_of_a_charge(self):
        invoice = self.post(self.one("TX-1")).move_id
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"], data["number"]), ("drafted", "drafted", "TX-1"))
        self.assertEqual((data["visit"], data["amount"]), ({"number": "V1"}, "900"))
        invoice.action_post()
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("changed", "invoiced"))
        self.assertEqual(data["invoice"], invoice.name)
        self.pay(invoice)
        self.assertEqual([one["status"] for _code, one in self.heard()], ["paid"])
        self.post(self.credit("CR-1", quantity="1", amount="450"))
        [(code, data)] = self.heard()
        self.assertEqual((data["status"], data["credited"], data["net"]), ("paid", "450", "450"))
        self.post(self.credit("CR-2", quantity="1", amount="450"))
        [(code, data)] = self.heard()
        self.assertEqual((data["status"], data["credited"]), ("credited", "900"))

    def test_refused(self):
        invoice = self.post(self.one("TX-1")).move_id
        self.heard()
        invoice.button_cancel()
        [(_code, data)] = self.heard()
        self.assertEqual((data["status"], data["net"]), ("refused", "0"))

    def test_of_many_messages_each_has_its_event(self):
        with self.assertNoLogs("odoo.addons.integration_core.engine.inbound_batch", "WARNING"):
            self.post_all(*(self.told(self.one(f"TX-{n}"), self.one(f"TY-{n}")) for n in range(4)))
        self.assertEqual(len(self.heard()), 8)
        self.env.cr.execute("SELECT count(DISTINCT causation_id) FROM integration_event")
        self.assertEqual(self.env.cr.fetchone(), (4,))

    # -- the other direction ---------------------------------------------------------------

    def test_a_service_is_posted(self):
        self.company.ehr_charge_direction = "out"
        self.book().action_book()
        charge = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.assertEqual((charge.state, charge.amount), ("posted", 900))
        self.assertFalse(charge.move_line_id)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["code"], data["quantity"]), ("posted", "OR-HOUR", "2"))
        self.assertEqual(data["visit"], {"number": "V1"})

    def test_what_was_posted_does_not_come_back_as_another_charge(self):
        self.company.ehr_charge_direction = "out"
        self.book().action_book()
        charge = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.company.ehr_charge_direction = "in"
        self.refused_charge("charge_posted_here", self.one(charge.number))

    def test_the_code_that_was_chosen_is_posted(self):
        self.company.ehr_charge_direction = "out"
        night = self.code("OR-NIGHT", self.theatre)
        self.book(code_id=night.id).action_book()
        charge = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.assertEqual(charge.charge_code, "OR-NIGHT")
        other = self.env["res.company"].create({"name": "Other hospital"})
        foreign = self.code("OR-NIGHT", self.theatre, company_id=other.id)
        with self.assertRaisesRegex(UserError, "compan"):
            self.book(code_id=foreign.id)

    def test_not_where_charges_come_in(self):
        with self.assertRaisesRegex(Exception, "come from clinical systems"):
            self.book().action_book()

    def test_what_is_used_up_is_posted_and_what_comes_back_credited(self):
        self.company.ehr_charge_direction = "out"
        screw = self.service("Screw", 29, type="consu", is_storable=True)
        self.code("SCREW", screw)
        self.code("A-SCREW", screw, system_id=self.system.id)
        move = self.use(screw, 2)
        [charge] = self.env["ehr.charge"].search([("stock_move_id", "=", move.id)])
        self.assertEqual((charge.charge_code, charge.quantity, charge.amount), ("SCREW", 2, 58))
        self.assertEqual(charge.encounter_id, self.visit)
        [(code, _data)] = self.heard()
        self.assertEqual(code, "posted")
        charge.received_at = "2026-01-01 00:00:00"
        back = self.give_back(move, 1)
        [credit] = charge.credit_ids
        self.assertEqual(credit.stock_move_id, back)
        self.assertGreater(credit.received_at, charge.received_at)
        self.assertEqual((credit.quantity, credit.amount), (1, 29))
        self.assertFalse(charge.is_credited)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["kind"]), ("posted", "credit"))
        self.assertEqual(data["reverses"], charge.number)
        self.give_back(move, 1)
        self.assertTrue(charge.is_credited)
        self.give_back(move, 1)
        self.assertEqual(sum(charge.credit_ids.mapped("quantity")), 2)
        self.assertEqual(len(charge.credit_ids), 2, "nothing that was charged")

    def test_what_broke_is_nobody_s_use(self):
        self.company.ehr_charge_direction = "out"
        screw = self.service("Screw", 29, type="consu", is_storable=True)
        self.code("SCREW", screw)
        move = self.use(screw, 2)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": screw.id,
                "scrap_qty": 1,
                "picking_id": move.picking_id.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.do_scrap()
        self.assertEqual(scrap.move_ids.picking_id, move.picking_id)
        [charge] = self.env["ehr.charge"].search([("source", "=", "odoo")])
        self.assertEqual((charge.stock_move_id, charge.quantity), (move, 2))

    def test_where_charges_come_in_nothing_is_posted(self):
        screw = self.service("Screw", 29, type="consu", is_storable=True)
        self.code("SCREW", screw)
        self.use(screw, 2)
        self.assertFalse(self.env["ehr.charge"].search([("source", "=", "odoo")]))
