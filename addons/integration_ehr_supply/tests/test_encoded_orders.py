from odoo.tests import tagged

from odoo.addons.integration_core.engine import readiness

from .usage_case import UsageCase


class PharmacyCase(UsageCase):
    """A pharmacy that fills from the central store, and a ward where patients get it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._put(cls.vial, 50, cls.warehouse.lot_stock_id, cls.lot)
        cls._route(cls.ward, cls.ward_stock)

    def rde(self, number="RX1", amount="6", *, control="NW", item="VIAL", unit="EA", at="0800"):
        control_id, kind, raw = self.message(
            "RDE^O11",
            "PID|1||4799^^^MAIN^MR||Canary^Carol||19700102|F",
            "PV1|1|I|3W^301^1^MAIN",
            f"ORC|{control}|O1^CARE|{number}^PHARM",
            f"RXE|1^Q8H|{item}^Text|2|2|g||take it with water|||{amount}|{unit}",
        )
        return control_id, kind, raw.replace(b"20250302080000", f"20250302{at}00".encode())

    def requisition(self, number="RX1"):
        lines = self.env["ehr.requisition.line"].search([("order_number", "=", number)])
        return lines.requisition_id


@tagged("post_install", "-at_install")
class TestEncodedOrders(PharmacyCase):
    """RDE is ordered of the store, and uses nothing up; the dispense does, once."""

    def setUp(self):
        super().setUp()
        self.take_rules("hl7_v2_pharmacy_orders", "hl7_v2_usage")

    def test_what_is_going_to_be_dispensed_is_ordered_and_used_up_by_the_dispense(self):
        self.assert_done(self.bring(self.rde()))
        order = self.requisition()
        self.assertEqual((order.kind, order.group_number), ("order", "O1"))
        line = order.line_ids
        self.assertEqual((line.product_id, line.quantity, line.state), (self.vial, 6, "ready"))
        self.assertFalse(self.env["ehr.consumption"].search([]))
        transfer = order.picking_ids
        self.assertEqual(transfer.location_dest_id, self.ward_stock)
        transfer.move_ids.picked = True
        transfer.button_validate()
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 26)
        self.assert_done(self.bring(self.rds(self.rxd("RX1", "1", "VIAL", "6", f18="L1"))))
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 20)
        self.assertEqual(order.line_ids.state, "delivered")

    def test_a_number_of_the_patient_is_no_visit(self):
        control, kind, raw = self.rde()
        place = b"PV1|1|I|3W^301^1^MAIN"
        self.assertIn(place, raw)
        raw = raw.replace(place, place + b"|" * 16 + b"4799^^^MAIN")
        told = self.bring((control, kind, raw))
        self.assert_quarantined(told, "visit_is_record_number")
        self.assertNotIn("4799", told.error_message)
        self.assertFalse(self.requisition())

    def test_changed_and_taken_back(self):
        self.bring(self.rde())
        self.assert_done(self.bring(self.rde(amount="8", control="XX", at="0900")))
        self.assertEqual(self.requisition().line_ids.quantity, 8)
        self.assert_done(self.bring(self.rde(control="OC", at="1000")))
        self.assertEqual(self.requisition().line_ids.state, "cancelled")

    def test_the_same_again_and_otherwise(self):
        self.assert_done(self.bring(self.rde(), self.rde()))
        self.assertEqual(len(self.requisition().line_ids), 1)
        self.assert_quarantined(self.bring(self.rde(amount="9")), "order_reused")

    def test_no_amount_stands_in_for_another(self):
        self.assert_quarantined(self.bring(self.rde(amount="")), "missing_required")
        self.assert_quarantined(self.bring(self.rde(unit="SPOON")), "missing_value")
        self.assert_quarantined(self.bring(self.rde(item="NONE")), "unknown_item")
        self.assert_quarantined(self.bring(self.rde(control="RF")), "missing_value")
        self.assertFalse(self.requisition())


@tagged("post_install", "-at_install")
class TestEncodedOrdersOtherwise(PharmacyCase):
    """Pharmacies mean different things by RDE: nobody's is guessed."""

    def finding(self):
        found = [
            one for one in readiness.run(self.feed) if "hl7_v2_encoded_orders_kept" in one.advice
        ]
        self.assertEqual(len(found), 1, "it is looked at once, whatever contracts travel")
        (detail,) = found[0].details.values()
        return bool(found[0].records), found[0].severity, detail

    def test_without_a_decision_they_wait(self):
        self.take_rules("hl7_v2_usage")
        self.assert_quarantined(self.bring(self.rde()), "no_handler")
        found, severity, detail = self.finding()
        self.assertTrue(found)
        self.assertEqual(severity, "advice")
        self.assertIn("waits for a person", detail)

    def test_kept_only(self):
        self.take_rules("hl7_v2_encoded_orders_kept", "hl7_v2_usage")
        self.assertFalse(self.finding()[0], "nothing has come yet")
        message = self.bring(self.rde(amount="", unit=""))
        self.assertEqual(message.state, "filtered")
        found, _severity, detail = self.finding()
        self.assertTrue(found)
        self.assertIn("not taken from stock", detail)
        self.bring(self.rds(self.rxd("RX1", "1", "SWAB")))
        self.assertFalse(self.finding()[0])

    def test_after_an_update_they_are_still_kept(self):
        """In 19.0.1.0.0 the shipped routing kept RDE, and an approved one does not change."""
        shipped = self.env.ref("integration_ehr_supply.routing_hl7_v2_usage")
        self.env.cr.execute(
            "INSERT INTO integration_routing_line (routing_id, sequence, message_type, action) "
            "VALUES (%s, 20, 'RDE^O11', 'filter')",
            [shipped.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.take_rules("hl7_v2_usage")
        self.assertFalse(self.finding()[0], "nothing has come yet")
        self.assertEqual(self.bring(self.rde()).state, "filtered")
        found, _severity, detail = self.finding()
        self.assertTrue(found)
        self.assertIn("is only kept", detail)
        self.assertIn("Remove this rule", detail)
        new = self.env["integration.routing"].browse(shipped.action_new_version()["res_id"])
        pharmacy = self.env.ref("integration_ehr_supply.routing_hl7_v2_pharmacy_orders")
        self.assertEqual(new._take_rules(pharmacy), ["RDE^O11"], "the one that keeps them stays")
        new.line_ids.filtered(lambda line: line.message_type == "RDE^O11").unlink()
        self.assertEqual(new._take_rules(pharmacy), [])
        self.assertEqual(
            new._rules().find("RDE^O11").handler, "integration.handler.ehr_encoded_order"
        )

    def test_taken_twice(self):
        self.take_rules("hl7_v2_encoded_orders", "hl7_v2_usage")
        self.assertFalse(self.finding()[0])
        self.bring(self.rds(self.rxd("RX1", "1", "SWAB")))
        found, severity, detail = self.finding()
        self.assertTrue(found)
        self.assertEqual(severity, "blocks")
        self.assertIn("taken twice", detail)
