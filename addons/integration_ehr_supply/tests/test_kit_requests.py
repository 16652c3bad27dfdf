import json
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from ..engine.usage_book import UsageBook
from .usage_case import UsageCase


@tagged("post_install", "-at_install")
class TestKitRequests(UsageCase):
    """Laboratory and radiology orders take what their kits say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("purchase.group_purchase_user")
        cls.lab_stock = cls._store("Laboratory", "LAB")
        cls.lab = cls._place("LAB", cls.lab_stock, cls.other_centre, kind="other")
        cls.reagent = cls._item("CRP", tracking="lot")
        cls.tube = cls._item("TUBE")
        cls.first = cls._lot(cls.reagent, "R1", 1, cls.lab_stock)
        cls.second = cls._lot(cls.reagent, "R2", 5, cls.lab_stock)
        cls._put(cls.tube, 50, cls.lab_stock)
        cls.outside = cls.env["res.partner"].create({"name": "Genome Lab", "is_company": True})
        cls.sequencing = cls._item("SEQ", type="service", is_storable=False)
        cls.kits = cls._kits()
        value_map = cls.env.ref("integration_ehr_supply.value_map_hl7_test")
        value_map.line_ids = [
            Command.create({"source": code, "target": target})
            for code, target in (("1988-5", "CRP"), ("GEN", "GENOME"), ("ECG", "-"), ("X", "NOKIT"))
        ]

    @classmethod
    def _kits(cls):
        return cls.env["ehr.case.kit"].create(
            [
                {
                    "name": "CRP",
                    "kind": "test",
                    "code": "CRP",
                    "place_id": cls.lab.id,
                    "line_ids": [
                        Command.create({"product_id": cls.reagent.id, "quantity": 2}),
                        Command.create({"product_id": cls.tube.id, "quantity": 1}),
                    ],
                },
                {
                    "name": "Genome",
                    "kind": "test",
                    "code": "GENOME",
                    "place_id": cls.lab.id,
                    "line_ids": [
                        Command.create({"product_id": cls.tube.id, "quantity": 1}),
                        Command.create(
                            {
                                "product_id": cls.sequencing.id,
                                "quantity": 1,
                                "supplier_id": cls.outside.id,
                            }
                        ),
                    ],
                },
            ]
        )

    def order(self, number, *codes, control="NW", kind="OML^O21", visit=""):
        segments = []
        for position, code in enumerate(codes, 1):
            segments += [
                f"ORC|{control}|O{number}^CARE|{number}^LAB||||||20250302080000",
                f"OBR|{position}|O{number}^CARE|{number}^LAB|{code}^Text||||||||pain in the hip",
            ]
        person = "PID|1||4799^^^MAIN^MR||Canary^Carol||19700102|F"
        pv1 = f"PV1|1|I|3W^301^1^MAIN{'|' * 16}{visit + '^^^MAIN' if visit else ''}"
        return self.message(kind, person, pv1, *segments)

    def request(self, number):
        return self.env["ehr.kit.request"].search([("number", "=", number)])

    def test_a_test_takes_its_items_where_it_is_done(self):
        self.admit("71")
        self.assert_done(self.bring(self.order("T1", "1988-5", visit="71")))
        one = self.request("T1")
        self.assertEqual((one.kit_id, one.code), (self.kits[0], "CRP"))
        self.assertEqual(one.encounter_id.visit_number, "71")
        taken = one.consumption_ids.sorted("line")
        self.assertEqual(
            [(use.product_id, use.lot_id, use.quantity) for use in taken],
            [
                (self.reagent, self.first, 1),
                (self.reagent, self.second, 1),
                (self.tube, self.tube.env["stock.lot"], 1),
            ],
        )
        self.assertEqual(set(taken.mapped("source")), {"test"})
        self.assertEqual(taken.analytic_account_id, self.other_centre)
        self.assertEqual(self.left(self.tube, self.lab_stock), 49)

    def test_the_same_again_takes_nothing_and_cancelled_gives_all_back(self):
        self.bring(self.order("T1", "1988-5"))
        self.assert_done(self.bring(self.order("T1", "1988-5")))
        self.assertEqual(self.left(self.tube, self.lab_stock), 49)
        self.assert_done(self.bring(self.order("T1", "1988-5", control="CA")))
        self.assertEqual(self.left(self.tube, self.lab_stock), 50)
        self.assertEqual(self.left(self.reagent, self.lab_stock, self.first), 1)
        self.assertEqual(self.request("T1").state, "cancelled")
        self.assert_done(self.bring(self.order("T1", "1988-5", control="CA")))
        self.assertEqual(self.left(self.tube, self.lab_stock), 50)
        self.assert_quarantined(self.bring(self.order("T1", "1988-5")), "request_cancelled")

    def test_expired_lots_are_not_taken(self):
        if "expiration_date" not in self.first._fields:
            self.skipTest("without the app for expiry dates no lot expires")
        self.reagent.use_expiration_date = True
        self.first.expiration_date = "2025-03-01 06:00:00"
        self.second.expiration_date = "2026-03-01 06:00:00"
        self.assert_done(self.bring(self.order("T1", "1988-5")))
        taken = self.request("T1").consumption_ids.filtered("lot_id")
        self.assertEqual((taken.lot_id, taken.quantity), (self.second, 2))
        self.second.expiration_date = "2025-03-01 06:00:00"
        self.assert_quarantined(self.bring(self.order("T2", "1988-5")), "lot_expired")

    def test_products_without_codes_are_not_read(self):
        self._item("NOCODE", default_code=False)
        with patch.object(UsageBook, "_read_products", autospec=True, return_value={}) as read:
            self.assert_done(self.bring(self.order("T1", "1988-5")))
            self.assert_done(self.bring(self.order("T1", "1988-5", control="CA")))
        self.assertEqual([set(call.args[1]) for call in read.call_args_list], [set(), set()])

    def test_a_test_of_which_all_came_back_already(self):
        self.bring(self.order("T1", "ECG", "1988-5"))
        one = self.request("T1").filtered("kit_id")
        tube = one.consumption_ids.filtered(lambda use: use.product_id == self.tube)
        back = self.rds(self.rxd(tube.number, tube.line, "TUBE", "1", control="CA"))
        self.assert_done(self.bring(back))
        self.assert_done(self.bring(self.order("T1", "ECG", "1988-5", control="CA")))
        self.assertEqual(self.left(self.tube, self.lab_stock), 50)
        self.assertEqual(len(tube.return_ids), 1)

    def test_what_nobody_can_decide(self):
        self.assert_quarantined(self.bring(self.order("T1", "UNHEARD")), "missing_value")
        self.assert_quarantined(self.bring(self.order("T1", "X")), "unknown_kit")
        self.assert_quarantined(
            self.bring(self.order("T1", "1988-5", control="CA")), "unknown_request"
        )
        self.assert_quarantined(self.bring(self.order("T1", "X", control="CA")), "unknown_request")
        self.bring(self.order("T1", "1988-5"))
        self.assert_quarantined(self.bring(self.order("T1", "ECG")), "request_differs")
        self.assert_quarantined(
            self.bring(self.order("T2", "1988-5", "1988-5", "1988-5")), "beyond_stock"
        )
        self.assertFalse(self.request("T2"), "all of an order, or nothing")

    def test_a_radiology_order(self):
        """OMG^O19, where a connection has the routing of radiology orders."""
        type(self).feed, mine = (
            self._feed("Radiology", "integration_ehr_supply.routing_hl7_v2_radiology", 12578),
            self.feed,
        )
        try:
            self.assert_done(self.bring(self.order("T1", "1988-5", kind="OMG^O19")))
        finally:
            type(self).feed = mine
        self.assertEqual(self.request("T1").kit_id, self.kits[0])
        self.assertEqual(self.left(self.tube, self.lab_stock), 49)

    def test_more_than_there_is_follows_the_rule(self):
        """Of what has no lots. Of lots nobody can say which one would be below zero."""
        one = self.kits[0].line_ids.filtered(lambda line: line.product_id == self.tube)
        one.quantity = 60
        self.assert_quarantined(self.bring(self.order("T1", "1988-5")), "beyond_stock")
        self.lab.usage_shortage = "negative"
        self.assert_done(self.bring(self.order("T2", "1988-5")))
        tube = self.request("T2").consumption_ids.filtered(lambda use: use.product_id == self.tube)
        self.assertEqual((tube.shortage, tube.shortage_quantity), ("negative", 10))
        self.lab.usage_shortage = "emergency"
        one.quantity = 1
        self._put(self.reagent, -4, self.lab_stock, self.second)
        self.assert_quarantined(self.bring(self.order("T3", "1988-5")), "beyond_stock")

    def test_what_a_message_of_tests_touches(self):
        self.admit("71")
        self.bring(self.order("T1", "1988-5", "GEN", visit="71"))
        one = self.request("T1").filtered(lambda test: test.code == "GENOME")
        touched = self.env["integration.handler.ehr_kit_request"]._along_with(one)
        found = {record._name for records in touched for record in records}
        self.assertEqual(
            found,
            {"ehr.kit.request", "ehr.consumption", "stock.move", "stock.picking",
             "purchase.order.line", "purchase.order"},
        )  # fmt: skip

    def test_a_test_that_takes_nothing(self):
        self.assert_done(self.bring(self.order("T1", "ECG")))
        self.assertFalse(self.request("T1").consumption_ids)
        self.assertFalse(self.request("T1").kit_id)

    def test_outsourced_work_is_asked_for_and_told_back(self):
        system = self.env["integration.system"].create({"name": "LIS", "code": "LIS"})
        self.env.ref("integration_ehr_supply.event_type_outsourced_changed")
        self._interface(
            "Told back",
            direction="outbound",
            system_id=system.id,
            data_class="clinical",
            event_type_ids=[
                (6, 0, self.env.ref("integration_ehr_supply.event_type_outsourced_changed").ids)
            ],
        )
        self.assert_done(self.bring(self.order("T1", "GEN"), self.order("T2", "GEN")))
        one, two = self.request("T1"), self.request("T2")
        orders = (one | two).purchase_line_ids.order_id
        self.assertEqual((len(orders), orders.partner_id), (1, self.outside))
        self.assertEqual((orders.state, one.outsourced_state), ("draft", "requested"))
        self.assert_done(self.bring(self.order("T2", "GEN", control="CA")))
        self.assertEqual(two.outsourced_state, "cancelled")
        orders.button_confirm()
        self.env.cr.flush()
        self.assertEqual(one.outsourced_state, "ordered")
        self.assert_quarantined(
            self.bring(self.order("T1", "GEN", control="CA")), "outsourced_ordered"
        )
        one.purchase_line_ids.qty_received_manual = 1
        one.purchase_line_ids.qty_received = 1
        self.env.flush_all()
        self.env.cr.flush()
        self.assertEqual(one.outsourced_state, "done")
        events = self.env["integration.event"].search(
            [("res_model", "=", "ehr.kit.request"), ("res_id", "=", one.id)], order="id"
        )
        self.assertTrue(events)
        self.assertFalse(any(event.problem for event in events))

    def test_the_snapshot_keeps_its_contract(self):
        from odoo.addons.integration_core.tools import contracts

        self.bring(self.order("T1", "GEN"))
        (snapshot,) = self.request("T1")._integration_snapshots("ehr.outsourced").values()
        version = self.env.ref("integration_ehr_supply.contract_ehr_outsourced_1_0_0")
        schema = contracts.compile_schema(json.loads(version.schema))
        self.assertEqual(schema.violations(snapshot.data), [])
        self.assertEqual((snapshot.data["status"], snapshot.data["test"]), ("requested", "GENOME"))
        self.assertNotIn("hip", json.dumps(snapshot.data))
