from odoo.tests import tagged

from odoo.addons.integration_ehr_supply.tests.usage_case import UsageCase


@tagged("post_install", "-at_install")
class TestChargeConsumption(UsageCase):
    """What feeds tell of usage is charged to the visit, where another system invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.ehr_charge_direction = "out"
        cls.swab.lst_price = 3
        cls.env["ehr.charge.code"].create({"code": "SWAB", "product_id": cls.swab.id})

    def charges(self):
        self.env.invalidate_all()
        return self.env["ehr.charge"].search([("source", "=", "odoo")], order="id")

    def test_two_visits_in_one_batch(self):
        self.admit("71")
        self.admit("72")
        self.assert_done(
            self.bring(
                self.rds(self.rxd("D1", "1", "SWAB", "2"), visit="71"),
                self.rds(self.rxd("D2", "1", "SWAB", "1", "BX"), visit="72"),
                self.rds(self.rxd("D3", "1", "SWAB", "1")),
                self.rds(self.rxd("D4", "1", "VIAL", "1", f18="L1"), visit="71"),
            )
        )
        self.assertEqual(
            [(one.encounter_id.visit_number, one.quantity, one.amount) for one in self.charges()],
            [("71", 2, 6), ("72", 12, 36)],
            "nothing without a visit, nothing without a charge code",
        )
        first = self.charges()[0]
        used = self.used("D1")
        self.assertEqual((first.consumption_id, first.charged_at), (used, used.used_at))
        self.assertEqual((first.state, first.analytic_account_id), ("posted", self.cost_centre))
        self.assertEqual(first.location_id.unit_id, self.ward)

    def test_told_again_it_is_charged_once(self):
        self.admit("71")
        for _time in range(2):
            self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71")))
        self.assertEqual(len(self.charges()), 1)

    def test_what_comes_back_is_credited(self):
        self.admit("71")
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "3"), visit="71"))
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "2", control="CA"), visit="71"))
        )
        charge, credit = self.charges()
        self.assertEqual((credit.kind, credit.reverses_id), ("credit", charge))
        self.assertEqual((credit.quantity, credit.amount), (2, 6))
        self.assertEqual(credit.consumption_id, self.used("D1", "return"))
        self.assertEqual((charge.net_amount, charge.is_credited), (3, False))

    def test_a_system_that_charges_itself(self):
        self.system.ehr_charges_usage = True
        self.admit("71")
        self.assert_done(
            self.bring(
                self.rds(self.rxd("D1", "1", "SWAB"), visit="71"),
                self.rds(self.rxd("D1", "1", "SWAB", control="CA"), visit="71"),
            )
        )
        self.assertFalse(self.charges())

    def test_not_where_clinical_systems_post_charges(self):
        self.env.company.ehr_charge_direction = "in"
        self.admit("71")
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71")))
        self.assertFalse(self.charges())
