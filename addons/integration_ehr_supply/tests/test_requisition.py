from odoo.fields import Command
from odoo.tests import tagged

from .supply_case import SupplyCase


@tagged("post_install", "-at_install")
class TestRequisition(SupplyCase):
    """An order becomes a transfer, and is answered line by line."""

    def test_accepted(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order(centre="4120", due="20250303"))
        line = one.line_ids
        self.assertEqual((one.state, line.state, line.decision), ("ready", "ready", "accepted"))
        self.assertEqual(line.cost_centre_id, self.centre)
        picking = one.picking_ids
        self.assertEqual(picking.location_dest_id, self.ward_stock)
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(picking._ehr_requisitions(), one)
        self.assertEqual(str(line.needed_by), "2025-03-02 23:00:00")
        (told,) = self.answer()["lines"]
        self.assertEqual(
            (told["outcome"], told["supplied"], told["unit"]), ("accepted", "10", "C62")
        )
        self.assertEqual(told["order"], {"number": "PO1", "assigner": "CARE"})
        self.assertEqual(self.told.res_id, one.id)

    def test_partial_and_back_order(self):
        self.set_stock(self.gloves, 4)
        one = self.ordered(self.order())
        self.assertEqual((one.line_ids.decision, one.line_ids.state), ("partial", "partly_ready"))
        self.assertEqual(one.line_ids.reason, "no_stock")
        segments = self.answered()
        self.assertEqual(segments[0][8], "ORS^O06^ORS_O06")
        self.assertEqual(segments[1][:3], ["MSA", "AA", "X1"])
        self.assertEqual(segments[2][:4], ["ORC", "OK", "PO1^CARE", f"{one.name}-1^ODOO"])
        self.assertEqual(segments[2][5], "IP")
        self.assertEqual(segments[2][16], "no_stock^Not enough stock^L")
        self.assertEqual(segments[3][5:7], ["4", "EA"])
        self.assertEqual(segments[4], ["NTE", "1", "L", "6 EA", "BO^Back ordered^L"])
        other = self.ordered(self.order("PO2"))
        self.assertEqual((other.line_ids.decision, other.state), ("backordered", "waiting"))
        self.assertEqual(self.answered()[2][5], "SC")

    def test_the_route_refuses_what_is_missing(self):
        self.route.shortage = "reject"
        self.set_stock(self.gloves, 4)
        one = self.ordered(self.order())
        self.assertEqual(one.line_ids.decision, "partial")
        self.assertEqual(one.line_ids.rejected_quantity, 6)
        self.assertEqual(sum(one.line_ids.move_ids.mapped("product_uom_qty")), 4)
        self.assertEqual(self.answered()[4][3:5], ["6 EA", "RJ^Refused^L"])
        other = self.ordered(self.order("PO2"))
        self.assertEqual((other.line_ids.decision, other.state), ("rejected", "cancelled"))
        self.assertEqual(self.answered()[2][1], "UA")
        self.assertFalse(other.picking_ids)

    def test_the_route_buys_what_is_missing(self):
        self.route.shortage = "purchase"
        self.offered(self.gloves)
        self.set_stock(self.gloves, 4)
        one = self.ordered(self.order(centre="4120"))
        line = one.line_ids
        self.assertEqual((line.decision, line.reason), ("partial", "bought"))
        purchase = one.purchase_ids
        self.assertEqual((purchase.state, purchase.partner_id), ("draft", self.vendor))
        self.assertFalse(purchase.user_id, "nobody buys it yet")
        self.assertEqual(purchase.order_line.product_qty, 6)
        self.assertEqual(purchase.order_line.analytic_distribution, {str(self.centre.id): 100})
        self.assertEqual(purchase._ehr_requisitions(), one)
        self.assertEqual(line.move_ids.product_uom_qty, 10)

    def test_what_is_not_kept_in_stock_is_bought_for_the_place(self):
        lamp = self.offered(
            self.env["product.product"].create(
                {"name": "Lamp", "default_code": "LMP", "type": "consu"}
            )
        )
        one = self.ordered(
            self.order(item="LMP", quantity="1", rq1="RQ1|20.50|||SUP1|CAT7||Y"),
            kind="OMN^O07",
            visit=self.admitted(),
        )
        line = one.line_ids
        self.assertTrue(line.is_direct)
        self.assertFalse(one.picking_ids)
        self.assertEqual(
            (one.kind, line.state, line.decision), ("non_stock", "waiting", "backordered")
        )
        self.assertEqual(line.supplier_id, self.vendor)
        self.assertEqual(line.expected_price, 20.5)
        self.assertTrue(line.substitutes)
        self.assertEqual(self.answered(kind="OMN^O07")[0][8], "ORN^O08^ORN_O08")
        purchase = one.purchase_ids
        purchase.button_confirm()
        receipt = purchase.picking_ids
        self.assertEqual(receipt.location_dest_id, self.ward_stock)
        self.assertEqual((receipt._ehr_requisitions(), one.picking_ids), (one, receipt))
        self.assertEqual(receipt.encounter_id, one.encounter_id)
        self.assertEqual(receipt.visit_reference, one.encounter_id.reference)
        receipt.move_ids.write({"quantity": 1, "picked": True})
        receipt.button_validate()
        self.env.flush_all()
        self.assertEqual((line.state, one.state), ("delivered", "done"))
        self.assertEqual(receipt.move_line_ids.location_dest_id, self.ward_stock)
        purchase.action_create_invoice()
        bill = purchase.invoice_ids
        self.assertEqual((bill.encounter_id, bill._ehr_requisitions()), (one.encounter_id, one))
        self.assertEqual(lamp.qty_available, 0)

    def test_what_is_bought_for_the_store_goes_there(self):
        self.route.shortage = "purchase"
        self.offered(self.gloves)
        one = self.ordered(self.order(), visit=self.admitted())
        one.purchase_ids.button_confirm()
        receipt = one.purchase_ids.picking_ids
        self.assertEqual(receipt.move_ids.location_dest_id, self.warehouse.lot_stock_id)
        self.assertEqual(receipt.encounter_id, one.encounter_id)
        self.assertIn(receipt, one.picking_ids)

    def test_the_place_of_what_somebody_added_to_the_purchase(self):
        self.offered(
            self.env["product.product"].create(
                {"name": "Lamp", "default_code": "LMP", "type": "consu"}
            )
        )
        one = self.ordered(self.order(item="LMP", quantity="1"))
        purchase = one.purchase_ids
        purchase.order_line = [
            Command.create({"product_id": self.gloves.id, "product_qty": 5, "price_unit": 1})
        ]
        purchase.button_confirm()
        places = {
            move.product_id.default_code: move.location_dest_id
            for move in purchase.picking_ids.move_ids
        }
        self.assertEqual(places, {"LMP": self.ward_stock, "GLV": self.warehouse.lot_stock_id})

    def test_units(self):
        self.set_stock(self.gloves, 18)
        one = self.ordered(self.order(quantity="2", unit="BX"))
        line = one.line_ids
        self.assertEqual((line.quantity, line.unit_id), (2, self.box))
        self.assertEqual(line.product_quantity, 24)
        self.assertEqual(line.reserved_quantity, 18)
        # One and a half boxes are told in pieces.
        (told,) = self.answer()["lines"]
        self.assertEqual(
            [told[name] for name in ("quantity", "supplied", "back_ordered")], ["24", "18", "6"]
        )
        self.assertEqual(told["unit"], "C62")
        self.set_stock(self.gloves, 48)
        self.ordered(self.order("PO2", quantity="2", unit="BX"))
        (told,) = self.answer()["lines"]
        self.assertEqual((told["supplied"], told["unit"]), ("2", "BX"))

    def test_a_repeated_order_of_a_product_is_a_line_of_its_own(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order(set_id="1"), self.order(set_id="2"))
        self.assertEqual(len(one.line_ids), 2)
        self.assertEqual(len(one.picking_ids.move_ids), 2)
        self.assertEqual(one.line_ids.move_ids.mapped("product_uom_qty"), [10, 10])
        twice = self.order("PO9", set_id="KRAUSE")
        self.assertEqual(self.refused(twice, twice), "duplicate_line")
        self.assertNotIn("KRAUSE", self.told.error_message)

    def test_of_several_codes_the_known_one_is_kept(self):
        """What is no code of an item may be any text, also of a patient."""
        self.set_stock(self.gloves, 50)
        for number, codes in enumerate(("HIP OF KRAUSE|GLV|", "GLV|HIP OF KRAUSE|", "X|GLV|Y")):
            group = self.order(f"A{number}")
            group[1] = group[1].replace("|GLV|||", f"|{codes}|")
            one = self.ordered(group)
            self.assertEqual(one.line_ids.item_code, "GLV")

    def test_orders_of_a_group_are_one_requisition(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order("A1", group="G1"), self.order("A2", group="G1"))
        self.assertEqual(one, self.requisition("A2"))
        self.assertEqual(one.group_number, "G1")
        self.assertEqual(len(one.picking_ids), 1)
        single = self.ordered(self.order("A3"), self.order("A4"))
        self.assertNotEqual(single, self.requisition("A4"))

    def test_several_items_of_one_order(self):
        self.set_stock(self.gloves, 50)
        group = [*self.order("PO1"), self.order("PO1", set_id="2", quantity="5")[1]]
        one = self.ordered(group, kind="ORM^O01")
        self.assertEqual(one.line_ids.mapped("quantity"), [10, 5])
        self.assertEqual(self.answered(kind="ORM^O01")[0][8], "ORR^O02^ORR_O02")

    def test_a_general_order_names_its_item_in_obr(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(
            ["ORC|NW|G1^CARE", "TQ1|1|3^EA", "OBR|1|G1^CARE||GLV^Gloves"],
            kind="OMG^O19",
            visit=self.admitted(),
        )
        self.assertEqual((one.line_ids.quantity, one.route_id), (3, self.route))
        self.assertEqual([one[0] for one in self.answered(kind="OMG^O19")], ["MSH", "MSA", "ORC"])

    def admitted(self, number="V1"):
        bed = self.env["ehr.location"].search([("bed", "=", "2")]) or self.env[
            "ehr.location"
        ].create(
            {
                "point_of_care": "4W",
                "room": "401",
                "bed": "2",
                "kind": "bed",
                "parent_id": self.ward.id,
            }
        )
        self.env["ehr.encounter"].create(
            {
                "visit_number": number,
                "visit_assigner": "MAIN",
                "location_id": bed.id,
                "state": "present",
                "account_number": "ACC1",
                "account_assigner": "MAIN",
                "company_id": self.company.id,
            }
        )
        return number

    def test_the_visit_gives_place_and_reference(self):
        self.set_stock(self.gloves, 5)
        one = self.ordered(self.order(to="", blg="BLG|D|CH|ACC1^^^MAIN"), visit=self.admitted())
        self.assertEqual(one.route_id, self.route)
        self.assertEqual(one.encounter_id.visit_number, "V1")
        picking = one.picking_ids
        self.assertEqual(picking.visit_reference, one.encounter_id.reference)
        rest = self.deliver(picking)
        self.assertEqual(rest.encounter_id, one.encounter_id)
        self.assertEqual(
            self.refused(self.order("P2", blg="BLG|D|CH|ACC9^^^MAIN"), visit="V1"),
            "account_differs",
        )
        self.assertEqual(self.refused(self.order("P3"), visit="V9"), "unknown_visit")
        self.assertEqual(
            self.refused(self.order("P4", blg="BLG|D|CH|ACC9^^^MAIN")), "unknown_account"
        )
        one.encounter_id.state = "cancelled"
        self.assertEqual(self.refused(self.order("P5"), visit="V1"), "visit_cancelled")

    def test_lots(self):
        product = self.storable("Implant", default_code="IMP", tracking="lot")
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": product.id})
        self.set_stock(product, 3, lot=lot)
        one = self.ordered(self.order(item="IMP", quantity="2"))
        self.assertEqual(one.picking_ids.move_line_ids.lot_id, lot)
        self.deliver(one.picking_ids)
        self.assertEqual((one.state, one.line_ids.delivered_quantity), ("done", 2))

    def test_an_archived_item_is_rejected_and_the_others_go_on(self):
        self.set_stock(self.gloves, 50)
        self.storable("Old", default_code="OLD").active = False
        one = self.ordered(self.order(), self.order("PO1", item="OLD", set_id="2"))
        self.assertEqual(one.line_ids.mapped("decision"), ["accepted", "rejected"])
        self.assertEqual(one.line_ids[1].reason, "archived_item")
        controls = [one[1] for one in self.answered() if one[0] == "ORC"]
        self.assertEqual(controls, ["OK", "UA"])
        self.assertEqual(one.state, "ready")
