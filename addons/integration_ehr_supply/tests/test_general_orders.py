from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.integration_core.engine import readiness

from .usage_case import UsageCase

ORDER = "OMG^O19"


@tagged("post_install", "-at_install")
class TestGeneralOrders(UsageCase):
    """A general order is of supplies or a test, by what it asks for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._put(cls.swab, 100, cls.warehouse.lot_stock_id)
        cls._route(cls.ward, cls.ward_stock)
        line = {"product_id": cls.swab.id, "quantity": 3}
        cls.env["ehr.case.kit"].create(
            {
                "name": "ECG",
                "kind": "test",
                "code": "ECG",
                "place_id": cls.ward.id,
                "line_ids": [Command.create(line)],
            }
        )
        value_map = cls.env.ref("integration_ehr_supply.value_map_hl7_test")
        value_map.line_ids = [Command.create({"source": "11524-6", "target": "ECG"})]
        cls.take_rules("hl7_v2_general_orders", "hl7_v2_supply", "hl7_v2_usage")

    SUPPLIES = ("ORC|NW|O1^CARE", "OBR|1|O1^CARE||SUPPLIES", "RQD|1|SWAB|||10|EA|||")
    TEST = ("ORC|NW|O2^CARE|T2^ECG", "OBR|1|O2^CARE|T2^ECG|11524-6^ECG")

    def order(self, *orders):
        segments = [segment for one in orders for segment in one]
        return self.message(ORDER, "PV1|1|I|3W^301^1^MAIN", *segments)

    def requisitions(self):
        return self.env["ehr.requisition"].search([("group_number", "=", "O1")])

    def tests(self):
        return self.env["ehr.kit.request"].search([("number", "=", "T2")])

    def test_supplies_and_a_test_in_one_message(self):
        message = self.bring(self.order(self.SUPPLIES, self.TEST))
        self.assert_done(message)
        self.assertEqual(self.requisitions().line_ids.quantity, 10)
        self.assertEqual(self.tests().consumption_ids.quantity, 3)
        self.assertEqual(
            (message.res_model, message.res_id), ("ehr.requisition", *self.requisitions().ids)
        )
        answer = self.env["ehr.requisition.answer"].search([("message_uuid", "=", message.uuid)])
        self.assertEqual(len(answer.answer["lines"]), 1)

    def test_a_number_of_the_patient_is_no_visit(self):
        """Without a word, the order would be of no visit."""
        for order in (self.SUPPLIES, self.TEST):
            told = self.bring(
                self.message(
                    ORDER,
                    "PID|1||4799^^^MAIN^MR||Canary^Carol||19700102|F",
                    f"PV1|1|I|3W^301^1^MAIN{'|' * 16}4799^^^MAIN",
                    *order,
                )
            )
            self.assert_quarantined(told, "visit_is_record_number")
            self.assertNotIn("4799", told.error_message)
        self.assertFalse(self.requisitions())
        self.assertFalse(self.tests())

    def test_one_of_them(self):
        self.assert_done(self.bring(self.order(self.TEST)))
        self.assertTrue(self.tests())
        self.assertFalse(self.requisitions())
        self.assert_done(self.bring(self.order(self.SUPPLIES)))
        self.assertTrue(self.requisitions())

    def test_all_of_a_message_or_nothing(self):
        unknown = tuple(one.replace("SWAB", "NOBODY") for one in self.SUPPLIES)
        self.assert_quarantined(self.bring(self.order(self.TEST, unknown)), "unknown_item")
        self.assertFalse(self.tests())
        unheard = tuple(one.replace("11524-6", "MATTRESS") for one in self.TEST)
        self.assert_quarantined(self.bring(self.order(self.SUPPLIES, unheard)), "missing_value")
        self.assertFalse(self.requisitions())

    def test_a_short_cancellation(self):
        self.assert_quarantined(self.bring(self.order(("ORC|CA|O1^CARE",))), "unknown_order")
        self.bring(self.order(self.SUPPLIES))
        self.assert_done(self.bring(self.order(("ORC|CA|O1^CARE",))))
        self.assertEqual(self.requisitions().line_ids.state, "cancelled")

    def claims(self):
        (found,) = (
            one for one in readiness.run(self.feed) if "decides by the content" in one.advice
        )
        return " ".join(found.details.values()) if found.records else ""

    def test_no_rule_claims_what_it_serves(self):
        self.assertFalse(self.claims())
        self.take_rules("hl7_v2_radiology", "hl7_v2_supply", "hl7_v2_usage")
        self.assertIn("OMG^O19", self.claims())
