from odoo.tests import HttpCase, new_test_user, tagged

from .supply_case import SupplyCase


@tagged("post_install", "-at_install")
class TestSupplyUi(SupplyCase, HttpCase):
    def setUp(self):
        super().setUp()
        new_test_user(self.env, "supply.tour", "stock.group_stock_user", tz="UTC")

    def test_a_requisition_that_is_there_in_part(self):
        self.set_stock(self.gloves, 4)
        one = self.ordered(self.order())
        answer = self.answered()
        self.assertEqual(answer[0][8], "ORS^O06^ORS_O06")
        self.assertEqual([part[5:7] for part in answer if part[0] == "RQD"], [["4", "EA"]])
        self.assertEqual(answer[-1][3:], ["6 EA", "BO^Back ordered^L"])
        self.start_tour(
            "/odoo/requisitions", "integration_ehr_supply_requisition", login="supply.tour"
        )
        self.assertEqual(one.line_ids.state, "partly_delivered")
        self.assertEqual(one.line_ids.delivered_quantity, 4)

    def test_entered_by_hand(self):
        self.set_stock(self.gloves, 4)
        self.start_tour("/odoo/requisitions", "integration_ehr_supply_by_hand", login="supply.tour")
        one = self.env["ehr.requisition"].search([("by_hand", "=", True)])
        self.assertEqual((one.state, one.line_ids.reserved_quantity), ("ready", 2))
