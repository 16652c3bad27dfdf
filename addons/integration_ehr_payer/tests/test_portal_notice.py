from odoo.tests import tagged

from .payer_case import PayerCase


@tagged("post_install", "-at_install")
class TestPortalNotice(PayerCase):
    """What the patient portal is told: numbers and statuses."""

    def test_an_invoice_that_the_patient_pays(self):
        move = self.post(self.one("TX-1"), payer=None).move_id
        self.assertEqual(move.partner_id, self.debtor)
        self.assertFalse(self.heard())
        move.action_post()
        [(code, data)] = self.heard()
        self.assertEqual(code, "portal.invoice_posted")
        self.assertEqual((data["number"], data["status"]), (move.name, "open"))
        self.assertEqual(data["visit"], {"number": "V1"})
        self.assertEqual(set(data), {"topic", "number", "status", "start", "visit"})
        self.pay(move, amount=100)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("portal.invoice_changed", "partial"))
        self.pay(move)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("portal.invoice_changed", "paid"))

    def test_invoices_of_payers_are_not_told(self):
        self.invoice().action_post()
        self.assertFalse(self.heard())

    def test_an_appointment(self):
        appointment = self.env["ehr.appointment"].create(
            {
                "filler_number": "AP-1",
                "status": "booked",
                "start_at": "2026-03-05 09:00:00",
                "end_at": "2026-03-05 09:30:00",
                "type_code": "ONCOLOGY",
                "encounter_id": self.visit.id,
            }
        )
        [(code, data)] = self.heard()
        self.assertEqual(code, "portal.appointment_booked")
        self.assertEqual((data["number"], data["start"]), ("AP-1", "2026-03-05T09:00:00Z"))
        self.assertNotIn("ONCOLOGY", str(data))
        appointment.type_code = "CARDIOLOGY"
        self.assertFalse(self.heard(), "what the portal is not told is no change")
        appointment.start_at = "2026-03-05 10:00:00"
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("portal.appointment_changed", "booked"))
        appointment.status = "cancelled"
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("portal.appointment_cancelled", "cancelled"))
