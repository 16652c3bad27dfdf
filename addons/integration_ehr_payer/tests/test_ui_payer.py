from odoo.tests import HttpCase, new_test_user, tagged

from ..models import ehr_coverage
from .payer_case import PayerCase


@tagged("post_install", "-at_install")
class TestPayerUi(PayerCase, HttpCase):
    def test_eligibility_shown_and_a_claim_denied_and_worked(self):
        """A biller sees why an invoice waits, claims it, and works on the line that is denied."""
        self.payer.eligibility_required = True
        self.cover()
        self.visit.payer_code = "AOK"
        move = self.invoice()
        new_test_user(
            self.env,
            "payer.tour",
            "account.group_account_invoice,integration_ehr_payer.group_eligibility_override,"
            "integration_ehr_bridge.group_census_manager",
            tz="UTC",
        )
        self.start_tour("/odoo", "integration_ehr_payer_held", login="payer.tour")
        self.assertEqual(move.ehr_claim_state, "submitted")
        self.assertEqual(self.visit.eligibility_state, "overridden")
        claim = move.ehr_claim_ids
        self.decided(claim, (1, "954"), (2, "0", {"code": "96", "text": "Not covered"}))
        self.start_tour("/odoo", "integration_ehr_payer_denied", login="payer.tour")
        self.assertEqual(claim.denial_ids.state, "written_off")
        self.assertEqual(claim.denial_ids.act_reason, "Costs more than it brings")

    def test_a_member_number_goes_from_the_screen_by_itself(self):
        self.cover()
        self.patch(ehr_coverage, "SHOWN_SECONDS", 2)
        new_test_user(
            self.env,
            "payer.desk",
            "account.group_account_invoice,integration_core.group_clinical_viewer",
            tz="UTC",
        )
        self.start_tour("/odoo", "integration_ehr_payer_member", login="payer.desk")
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "ehr.coverage"), ("act", "=", "reveal")]
        )
        self.assertEqual(entry.reason, "The payer asks whose claim it is")
