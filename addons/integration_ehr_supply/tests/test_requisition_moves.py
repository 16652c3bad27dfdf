from odoo.tests import tagged

from .supply_case import SupplyCase

LATER = "20250302090000"


@tagged("post_install", "-at_install")
class TestRequisitionMoves(SupplyCase):
    """Orders that are changed to another place, visit, cost centre or supplier."""

    def setUp(self):
        super().setUp()
        self.set_stock(self.gloves, 50)
        self.other_stock = self.ward_stock.copy({"name": "5W"})
        self.other_centre = self.centre.copy({"name": "Medicine", "code": "5000"})
        self.other_route = self.make_route(
            "5W", self.other_stock, cost_centre_id=self.other_centre.id
        )
        self.route.cost_centre_id = self.centre

    def control(self):
        return [one[1] for one in self.answered() if one[0] == "ORC"]

    def reason(self):
        return self.answer()["lines"][0]["reason"]

    def asked(self):
        return self.env["integration.exception"].search([("kind", "=", "requisition_late")])

    def visit(self, number):
        return self.env["ehr.encounter"].create(
            {
                "visit_number": number,
                "visit_assigner": "MAIN",
                "location_id": self.ward.id,
                "state": "present",
                "company_id": self.company.id,
            }
        )

    def change(self, *args, at=LATER, **more):
        header = {"visit": more.pop("visit", None)}
        self.ordered(self.order(*args, control="XO", **more), at=at, **header)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_another_place_before_picking(self):
        one = self.ordered(self.order())
        before = one.picking_ids
        self.change(to="5W", quantity="12")
        self.assertEqual(self.control(), ["XR"])
        self.assertEqual((before.state, one.route_id), ("cancel", self.other_route))
        picking = one.picking_ids - before
        self.assertEqual((picking.location_dest_id, picking.state), (self.other_stock, "assigned"))
        line = one.line_ids
        self.assertEqual((line.quantity, line.reserved_quantity, line.open_quantity), (12, 12, 12))
        self.assertEqual(line.cost_centre_id, self.other_centre, "that of the other place")
        # The same once more changes nothing.
        self.change(to="5W", quantity="12")
        self.assertEqual(one.picking_ids - before, picking)
        self.deliver(picking)
        self.assertEqual(one.state, "done")

    def test_one_of_two_goes_elsewhere(self):
        group = [*self.order(), self.order(set_id="2", quantity="5")[1]]
        one = self.ordered(group)
        first, second = one.line_ids
        self.change(set_id="2", quantity="5", to="5W")
        self.assertEqual((first.requisition_id, one.line_ids), (one, first))
        other = second.requisition_id
        self.assertEqual((other.route_id, other.group_number), (self.other_route, "PO1"))
        self.assertEqual(second.move_ids.filtered("quantity").location_dest_id, self.other_stock)
        self.assertEqual(first.move_ids.picking_id.state, "assigned")
        self.assertEqual((one.state, other.state), ("ready", "ready"))

    def test_another_place_after_picking_is_refused(self):
        one = self.ordered(self.order())
        one.picking_ids.move_ids.picked = True
        self.change(to="5W")
        self.assertEqual((self.control(), self.reason()), (["UX"], "place_changed"))
        self.assertEqual(one.route_id, self.route)
        self.assertEqual(one.picking_ids.location_dest_id, self.ward_stock)
        self.assertIn("another place", self.asked().name)

    def test_the_patient_moves(self):
        self.route.place_id = self.ward
        other = self.env["ehr.location"].create({"point_of_care": "5W", "kind": "unit"})
        self.other_route.place_id = other
        for place, room, bed in ((self.ward, "401", "2"), (other, "1", "1")):
            place.create(
                {
                    "point_of_care": place.point_of_care,
                    "room": room,
                    "bed": bed,
                    "kind": "bed",
                    "parent_id": place.id,
                }
            )
        self.visit("V1")
        self.ordered(self.order("P1", to=""), visit="V1")
        self.ordered(self.order("P2"), visit="V1")
        for number, route in (("P1", self.other_route), ("P2", self.route)):
            control, kind, raw = self.message(
                self.order(number, control="XO", to=""), at=LATER, visit="V1"
            )
            self.told = self.arrive((control, kind, raw.replace(b"4W^401^2", b"5W^1^1")))
            self.assertEqual(self.told.state, "done", self.told.error_message)
            self.assertEqual(self.requisition(number).route_id, route, "what was named stays")

    def test_another_visit(self):
        first, second = self.visit("V1"), self.visit("V2")
        one = self.ordered(self.order(), visit="V1")
        before = one.picking_ids
        self.change(visit="V2")
        self.assertEqual(self.control(), ["XR"])
        self.assertEqual(one.encounter_id, second)
        live = one.picking_ids.filtered(lambda picking: picking.state != "cancel")
        self.assertEqual((live.encounter_id, before.encounter_id), (second, first))
        self.change(at="20250302091000")
        self.assertEqual(one.encounter_id, second, "without a visit it stays")
        self.deliver(live)
        self.change(visit="V1", at="20250302092000")
        self.assertEqual((self.control(), self.reason()), (["UX"], "visit_changed"))
        self.assertEqual(one.encounter_id, second)

    def test_visits_that_were_joined_are_one(self):
        hand, feed = self.visit("H1"), self.visit("V1")
        one = self.ordered(self.order(), visit="V1")
        hand.joined_into_id = feed
        self.deliver(one.picking_ids)
        self.change(visit="H1")
        self.assertEqual(self.control(), ["XR"])
        self.assertEqual(self.ordered(self.order("P2"), visit="H1").encounter_id, feed)

    def test_another_cost_centre(self):
        one = self.ordered(self.order(centre="4120"))
        self.change(centre="5000")
        self.assertEqual((self.control(), one.line_ids.cost_centre_id), (["XR"], self.other_centre))
        self.deliver(one.picking_ids)
        self.change(centre="4120", at="20250302091000")
        self.assertEqual((self.control(), self.reason()), (["UX"], "cost_centre_changed"))
        self.assertEqual(one.line_ids.cost_centre_id, self.other_centre)

    def bought(self):
        lamp = self.env["product.product"].create(
            {"name": "Lamp", "default_code": "LMP", "type": "consu"}
        )
        return self.ordered(self.order(item="LMP", centre="4120", rq1="RQ1|20|||SUP1")), lamp

    def test_another_supplier(self):
        other = self.env["res.partner"].create({"name": "Other", "ref": "SUP2"})
        one, _lamp = self.bought()
        before = one.purchase_ids
        self.change(item="LMP", rq1="RQ1|25|||SUP2|||Y", centre="5000")
        line = one.line_ids
        self.assertEqual((self.control(), before.state), (["XR"], "cancel"))
        purchase = line.purchase_line_ids
        self.assertEqual(purchase.order_id.partner_id, other)
        self.assertEqual(purchase.analytic_distribution, {str(self.other_centre.id): 100})
        self.assertEqual((line.expected_price, line.substitutes, line.is_direct), (25, True, True))
        purchase.order_id.button_confirm()
        self.change(item="LMP", rq1="RQ1|25|||SUP1", at="20250302091000")
        self.assertEqual((self.control(), self.reason()), (["UX"], "supplier_changed"))
        self.assertEqual(line.supplier_id, other)

    def test_the_quotation_has_the_new_cost_centre(self):
        one, _lamp = self.bought()
        purchase = one.line_ids.purchase_line_ids
        self.change(item="LMP", centre="5000", due="20250309")
        self.assertEqual(one.line_ids.purchase_line_ids, purchase)
        self.assertEqual(purchase.analytic_distribution, {str(self.other_centre.id): 100})
        self.assertEqual(purchase.date_planned, one.line_ids.needed_by)
