import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..models import ehr_waits_for
from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestChargeRefusals(ChargeCase):
    """What cannot be billed waits with a reason that a person can act on."""

    def test_unknown_code(self):
        message = self.refused_charge("unknown_charge_code", self.one("TX-1", "NEW"))
        self.assertIn("FT1-7", message.error_message)
        self.code("NEW", self.dressing)
        self.env["ehr.charge.code"].action_reprocess_waiting()
        self.drain(self.inbound)
        self.assertEqual(self.charge("TX-1").product_id, self.dressing)

    def test_what_still_waits_does_not_stand_in_the_way_of_others(self):
        for number in range(3):
            self.refused_charge("unknown_charge_code", self.one(f"TX-{number}", "OLD"))
        self.refused_charge("unknown_charge_code", self.one("TX-9", "NEW"))
        self.code("NEW", self.dressing)
        with patch.object(ehr_waits_for, "MOST", 2):
            self.env["ehr.charge.code"].action_reprocess_waiting()
        self.drain(self.inbound)
        self.assertEqual(self.charge("TX-9").product_id, self.dressing)

    def test_only_operators_reprocess(self):
        user = new_test_user(self.env, "bill.codes", "account.group_account_manager")
        with self.assertRaises(AccessError):
            self.env["ehr.charge.code"].with_user(user).action_reprocess_waiting()

    def test_one_bad_charge_keeps_the_others_of_its_message(self):
        self.refused_charge(
            "unknown_charge_code", self.one("TX-1"), self.one("TX-2", "NEW"), self.one("TX-3")
        )
        self.assertFalse(self.invoices())

    def test_one_number_twice_in_a_message(self):
        self.refused_charge("charge_differs", self.one("TX-1"), self.one("TX-1", quantity="3"))
        self.assertFalse(self.invoices())
        self.post(self.one("TX-2"), self.one("TX-2"))
        self.assertEqual(self.invoices().amount_untaxed, 900, "said twice, charged once")

    def test_unknown_location(self):
        self.company.ehr_create_locations = False
        place = {"facility": "MAIN", "point_of_care": "9W"}
        self.refused_charge("unknown_location", self.one("TX-1", location=place))
        self.assertFalse(self.invoices())

    def test_a_bad_message_among_many_does_not_harm_them(self):
        messages = self.post_all(
            self.told(self.one("TX-1")),
            self.told(self.one("TX-2", "NEW")),
            self.told(self.one("TX-3")),
        )
        self.assertEqual(messages.mapped("state"), ["done", "quarantined", "done"])
        self.assertEqual(self.invoices().amount_untaxed, 1800)

    def test_unknown_payer(self):
        self.refused_charge("unknown_payer", self.one("TX-1"), payer="WHO")
        payer = self.env["ehr.payer"].create({"code": "WHO", "name": "Who"})
        self.refused_charge("payer_without_contact", self.one("TX-1"), payer="WHO")
        payer.partner_id = self.fund
        payer.action_reprocess_waiting()
        self.drain(self.inbound)
        self.assertEqual(self.charge("TX-1").state, "drafted")

    def test_no_debtor_for_patients(self):
        self.company.ehr_patient_debtor_id = False
        self.refused_charge("no_patient_debtor", self.one("TX-1"), payer=None)

    def test_unknown_visit(self):
        self.refused_charge("unknown_visit", self.one("TX-1"), visit={"number": "V404"})

    def test_cancelled_visit(self):
        self.visit.state = "cancelled"
        self.refused_charge("visit_cancelled", self.one("TX-1"))

    def test_another_patient(self):
        self.refused_charge("visit_of_other_patient", self.one("TX-1"), patient={"number": "P9"})

    def test_merged_patient(self):
        kept = self.env["ehr.patient"]._resolve([("", "P9")])["", "P9"]
        self.env["ehr.merge"]._merge(kept, self.visit.patient_id, fields.Datetime.now())
        charge = self.post(self.one("TX-1"))
        self.assertEqual(charge.encounter_id.patient_id, kept)
        self.post(self.one("TX-2"), patient={"number": "P9"})

    def test_joined_visit(self):
        kept = self.encounter("V9")
        self.visit.joined_into_id = kept
        self.assertEqual(self.post(self.one("TX-1")).encounter_id, kept)

    def test_signs_and_amounts(self):
        self.refused_charge("charge_negative", self.one("TX-1", quantity="-1"))
        self.refused_charge("charge_negative", self.one("TX-1", quantity="0"))
        self.refused_charge("charge_negative", self.one("TX-1", amount="-1"))
        self.refused_charge("no_amount", self.one("TX-1", amount=None))
        self.refused_charge("amounts_differ", self.one("TX-1", unit_amount="400"))
        self.refused_charge("amount_not_kept", self.one("TX-1", amount="900.001"))
        self.refused_charge("unknown_currency", self.one("TX-1", currency="XTS"))
        self.post(self.one("TX-1", "DRESSING", "3", "100", unit_amount="33.333"))

    def test_no_quantity_no_currency(self):
        charge = self.one("TX-1")
        for name in ("quantity", "currency"):
            found = {key: value for key, value in charge.items() if key != name}
            self.refused_charge("contract_violation", found)

    def test_charges_that_are_billed_elsewhere(self):
        self.company.ehr_charge_direction = "out"
        message = self.deliver(self.told(self.one("TX-1")))
        self.assertEqual(message.error_code, "charges_billed_elsewhere")
        self.assertFalse(self.charge("TX-1"))

    # -- late ------------------------------------------------------------------------------

    def leave(self, days):
        self.visit.write(
            {"state": "discharged", "discharged_at": fields.Datetime.now() - timedelta(days=days)}
        )

    def test_after_the_discharge(self):
        self.leave(1)
        charge = self.post(self.one("TX-1"))
        self.assertEqual((charge.state, charge.is_late), ("drafted", False))
        self.leave(4)
        charge = self.post(self.one("TX-2"))
        self.assertEqual((charge.state, charge.is_late), ("drafted", True))

    def test_what_waited_in_odoo_is_not_late_for_that(self):
        self.leave(1)
        message = self.refused_charge("unknown_charge_code", self.one("TX-1", "NEW"))
        days = timedelta(days=5)
        self.visit.discharged_at -= days
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = created_at - %s WHERE id = %s",
            [days, message.id],
        )
        self.code("NEW", self.theatre)
        self.env.invalidate_all()
        message.action_retry()
        self.drain(self.inbound)
        charge = self.charge("TX-1")
        self.assertEqual((charge.state, charge.is_late), ("drafted", False))
        self.assertEqual(charge.received_at.date(), message.created_at.date())

    def test_late_charges_may_wait_for_a_decision(self):
        self.company.ehr_late_rule = "decide"
        self.leave(4)
        charge = self.post(self.one("TX-1"))
        self.assertEqual((charge.state, charge.move_id.ids), ("waiting", []))
        [exception] = self.exceptions(charge)
        self.assertEqual(exception.kind, "charge_late")
        accountant = new_test_user(self.env, "bill.late", "account.group_account_invoice")
        exception.with_user(accountant).action_accept()
        charge = self.charge("TX-1")
        self.assertEqual((charge.state, charge.move_id.amount_untaxed), ("drafted", 900))
        self.assertEqual(charge.move_id.encounter_id, self.visit)
        other = self.post(self.one("TX-2"))
        self.exceptions(other).with_user(accountant).action_reject()
        self.assertEqual(self.charge("TX-2").state, "refused")
        self.assertEqual(self.charge("TX-1").move_id.amount_untaxed, 900)

    def test_a_credit_settles_what_waits(self):
        self.company.ehr_late_rule = "decide"
        self.leave(4)
        charge = self.post(self.one("TX-1"))
        self.post(self.credit("CR-1"))
        self.assertFalse(self.exceptions(charge))
        self.assertEqual(self.charge("TX-1").state, "credited")

    # -- nothing of the content ------------------------------------------------------------

    def test_reasons_carry_nothing_of_the_message(self):
        message = self.refused_charge(
            "unknown_charge_code", self.one("CANARY-1", "CANARY-2"), payer="AOK"
        )
        self.assertNotIn("CANARY", json.dumps([message.error_message, message.error_code]))
