from odoo.tests import tagged

from odoo.addons.integration_ehr_bridge.tests.feed_case import FeedCase


@tagged("post_install", "-at_install")
class TestHl7Charges(FeedCase):
    """HL7 v2 of accounts becomes records through the routing that comes with the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        routing = cls.env.ref("integration_ehr_billing.routing_hl7_v2_charges")
        cls.env.cr.execute(
            "UPDATE integration_interface SET routing_id = %s WHERE id = %s",
            [routing.id, cls.feed.id],
        )
        cls.feed.invalidate_recordset()
        cls.feed._configuration_changed()

    def bar(self, trigger, *segments):
        person = f"PID|1||471^^^MAIN^MR||Canary^Carol||19700102{'|' * 11}ACC-1^^^MAIN^AN"
        return self.message(f"BAR^{trigger}", f"EVN|{trigger}|20250302080000", person, *segments)

    def test_an_account(self):
        told = self.arrive(
            self.bar("P01", "DG1|1||M17.1^Canary", "IN1|1|P1|AOK|Fund"),
            self.bar("P12", "PR1|1||27447^Canary", "DG1|1||M17.1^Canary"),
        )
        self.assertEqual(set(told.mapped("state")), {"done"}, told.mapped("error_message"))
        account = self.env["ehr.account"].search([("number", "=", "ACC-1")])
        self.assertEqual((account.status, account.payer_code), ("open", "AOK"))
        self.assertEqual(account.procedure_codes, "27447")
        self.assertEqual(told[0].res_id, account.id)
        told = self.arrive(self.bar("P06"))
        self.assertEqual((told.state, account.status), ("done", "closed"))

    def test_a_charge_of_a_visit_that_is_not_known(self):
        told = self.arrive(
            self.message(
                "DFT^P03",
                "EVN|P03|20250302080000",
                "PID|1||471^^^MAIN^MR",
                f"PV1|1|I|{'|' * 16}9^^^MAIN",
                "FT1|1|TX-1||20250302080000||CG|X^Canary|||1|1.00&EUR",
            )
        )
        self.assertEqual((told.state, told.error_code), ("quarantined", "unknown_visit"))
        self.assertNotIn("TX-1", told.error_message)
