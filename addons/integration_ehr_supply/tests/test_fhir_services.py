from odoo.fields import Command
from odoo.tests import tagged

from .fhir_usage_case import FhirUsageCase


@tagged("post_install", "-at_install")
class TestFhirServices(FhirUsageCase):
    """Orders of services over FHIR take what their kits say, and ask suppliers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("purchase.group_purchase_user")
        cls.tube = cls._item("TUBE")
        cls._put(cls.tube, 50, cls.ward_stock)
        cls.outside = cls.env["res.partner"].create({"name": "Genome Lab", "is_company": True})
        cls.sequencing = cls._item("SEQ", type="service", is_storable=False)
        tube = Command.create({"product_id": cls.tube.id, "quantity": 1})
        outsourced = Command.create(
            {"product_id": cls.sequencing.id, "quantity": 1, "supplier_id": cls.outside.id}
        )
        cls.env["ehr.case.kit"].create(
            [
                {"name": "Blood", "kind": "test", "code": "CRP", "line_ids": [tube]},
                {"name": "Genome", "kind": "test", "code": "GENOME", "line_ids": [outsourced]},
            ]
        )
        cls.env.ref("integration_ehr_supply.value_map_fhir_service").line_ids = [
            Command.create({"source": code, "target": target})
            for code, target in (("1988-5", "CRP"), ("GEN", "GENOME"), ("ECG", "-"), ("X", "NOKIT"))
        ]

    def requests(self, number):
        return self.env["ehr.kit.request"].search([("number", "=", number)], order="line")

    def test_an_order_takes_what_its_kit_says(self):
        visit = self.tell_visit()
        message = self.tell_done(self.version(self.service("S1", "1988-5"), 1, "08:21"))
        one = self.requests("S1")
        self.assertEqual((message.res_model, message.res_id), ("ehr.kit.request", one.id))
        self.assertEqual((one.code, one.encounter_id, one.state), ("CRP", visit, "ordered"))
        self.assertEqual(self.left(self.tube, self.ward_stock), 49)
        self.tell_done(self.version(self.service("S1", "1988-5", status="completed"), 2, "09:00"))
        late = self.tell(self.version(self.service("S1", "GEN"), 1, "08:10"))
        self.assert_put_aside(late, "key_reused")
        self.assertEqual(self.left(self.tube, self.ward_stock), 49)
        self.tell_done(self.version(self.service("S2", "ECG"), 1, "08:21"))
        self.assertFalse(self.requests("S2").kit_id)

    def test_an_outsourced_service_is_asked_of_its_supplier_and_withdrawn(self):
        self.tell_visit()
        self.tell_done(self.version(self.service("S1", "GEN"), 1, "08:21"))
        line = self.requests("S1").purchase_line_ids
        self.assertEqual((line.product_id, line.partner_id), (self.sequencing, self.outside))
        self.tell_done(self.version(self.service("S1", "GEN", status="revoked"), 2, "08:40"))
        self.assertEqual((self.requests("S1").state, line.product_qty), ("cancelled", 0))
        again = self.tell(self.version(self.service("S1", "GEN"), 3, "08:50"))
        self.assert_put_aside(again, "taken_back")

    def test_ordered_several_times_it_is_as_many_tests(self):
        self.tell_visit()
        thrice = self.service("S1", "1988-5", quantityQuantity={"value": 3})
        self.tell_done(self.version(thrice, 1, "08:21"))
        self.assertEqual(self.requests("S1").mapped("line"), ["1", "2", "3"])
        self.assertEqual(self.left(self.tube, self.ward_stock), 47)
        other = self.tell(self.version(self.service("S1", "1988-5"), 2, "08:30"))
        self.assert_put_aside(other, "request_differs")
        gone = self.service("S1", "1988-5", status="entered-in-error", code=None)
        self.tell_done(self.version(gone, 3, "08:40"))
        self.assertEqual(set(self.requests("S1").mapped("state")), {"cancelled"})
        self.assertEqual(self.left(self.tube, self.ward_stock), 50)

    def test_what_is_no_order_says_so(self):
        self.tell_visit()
        cases = {
            "no_order": {"intent": "plan"},
            "not_yet": {"status": "draft"},
        }
        for number, (code, changes) in enumerate(cases.items()):
            one = self.version(self.service(f"S{number}", "1988-5", **changes), 1, "08:21")
            self.assert_put_aside(self.tell(one), code, "filtered")
        never = self.version(self.service("S5", "1988-5", doNotPerform=True), 1, "08:21")
        self.tell_done(never)
        self.assertEqual(self.left(self.tube, self.ward_stock), 50)
        self.assertFalse(self.requests("S0") | self.requests("S5"))

    def test_what_cannot_be_handled_says_why(self):
        self.tell_visit()
        cases = {
            "missing_value": {"code": {"coding": [{"code": "MRI"}]}},
            "unknown_kit": {"code": {"coding": [{"code": "X"}]}},
            "missing_required": {"code": {"text": "blood"}},
            "quantity_not_exact": {"quantityRange": {"low": {"value": 1}}},
            "number_is_record_number": {"identifier": [{"value": "47V1"}]},
        }
        for number, (code, changes) in enumerate(cases.items()):
            with self.subTest(code=code):
                one = self.version(self.service(f"S{number}", "1988-5", **changes), 1, "08:21")
                self.assert_put_aside(self.tell(one), code)
        self.assertEqual(self.left(self.tube, self.ward_stock), 50)
