import json

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import payloads

from .charge_case import ChargeCase

TYPES = ("charge_drafted", "charge_changed", "charge_posted")


@tagged("post_install", "-at_install")
class TestChargeEvents(ChargeCase):
    """What others are told of charges, and what Odoo posts itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.types = cls.env["integration.event.type"].union(
            *(cls.env.ref(f"integration_ehr_billing.event_type_{name}") for name in TYPES)
        )
        other = cls.env["integration.system"].create({"name": "Desk", "code": "DESK"})
        cls.reconfigure(
            cls.outbound,
            system_id=other.id,
            data_class="clinical",
            event_type_ids=[(6, 0, cls.types.ids)],
        )

    def heard(self):
        """Type codes and contents of the events since the last call."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT type_code, uuid, data, body, encoding FROM integration_event "
            "WHERE dispatched_at IS NULL ORDER BY id"
        )
        ring = self.env["integration.credential"]._key_ring()
        found = [
            (
                code.removeprefix("ehr.charge."),
                json.loads(payloads.open_event(data, body and bytes(body), encoding, uuid, ring)),
            )
            for code, uuid, data, body, encoding in self.env.cr.fetchall()
        ]
        self.dispatch()
        # What follows belongs to another transaction.
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()
        for code, data in found:
            event_type = self.types.filtered(lambda one, code=code: one.code.endswith(code))
            validator = event_type.contract_id.current_version_id._validator()
            self.assertEqual(validator.violations(data), [], code)
        return found

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

    def book(self, **values):
        group = "integration_ehr_bridge.group_census_keeper"
        self.keeper = getattr(self, "keeper", None) or new_test_user(self.env, "bill.books", group)
        keeper = self.keeper
        code = self.env["ehr.charge.code"].search([("code", "=", "OR-HOUR")])
        entry = self.env["integration.charge.entry"].with_user(keeper)
        return entry.create(
            {
                "encounter_id": self.visit.id,
                "code_id": code.id,
                "quantity": 2,
                "charged_at": fields.Datetime.now(),
                **values,
            }
        )

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

    def transfer(self, product, quantity, source, target, **values):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "encounter_id": self.visit.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                            "quantity": quantity,
                            "picked": True,
                            **values,
                        },
                    )
                ],
            }
        )
        picking._action_done()
        return picking.move_ids

    def use(self, product, quantity):
        self.stock = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", self.company.id)], limit=1)
            .lot_stock_id
        )
        self.used = product.property_stock_production
        return self.transfer(product, quantity, self.stock, self.used)

    def give_back(self, move, quantity):
        return self.transfer(
            move.product_id, quantity, self.used, self.stock, origin_returned_move_id=move.id
        )
