from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .payer_case import MEMBER, PayerCase


@tagged("post_install", "-at_install")
class TestAuthorization(PayerCase):
    """What payers authorise before it is done."""

    def ask(self, order="O-1", **values):
        keeper = self.env["res.users"].search([("login", "=", "payer.keeps")]) or new_test_user(
            self.env, "payer.keeps", "integration_ehr_bridge.group_census_keeper"
        )
        code = self.env["ehr.charge.code"].search([("code", "=", "OR-HOUR")])
        entry = self.env["integration.authorization.entry"].with_user(keeper)
        entry = entry.create(
            {"encounter_id": self.visit.id, "code_id": code.id, "order_number": order, **values}
        )
        entry.action_ask_payer()
        self.env.invalidate_all()
        return self.env["ehr.authorization"].search([], order="id desc", limit=1)

    def answered_with(self, request, state="done", **members):
        document = {
            "use": "preauthorization",
            "request": {"number": request.number},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            **members,
        }
        return self.take("ehr_claim_answer", document, state=state)

    def asked(self):
        self.cover()
        self.visit.payer_code = "AOK"
        return self.ask()

    def test_asked_and_granted(self):
        request = self.asked()
        [(code, data)] = self.heard()
        self.assertEqual((code, data["number"]), ("authorization.asked", request.number))
        self.assertEqual((data["code"], data["quantity"], data["order"]), ("OR-HOUR", "1", "O-1"))
        self.assertEqual((data["member"], data["payer"]), (MEMBER, "AOK"))
        self.assertNotIn("V1", str(data))
        self.answered_with(request, outcome="queued")
        self.assertEqual(request.state, "pending")
        valid = {"from": "2026-01-01", "until": "2099-01-01"}
        self.answered_with(request, authorized=True, payer_number="PA-9", **valid)
        self.assertEqual((request.state, request.payer_number), ("granted", "PA-9"))
        self.assertEqual(request.valid_until.isoformat(), "2099-01-01")
        self.assertEqual(self.visit.authorization_ids, request)

    def test_the_number_goes_with_the_claim(self):
        self.payer.claim_authorization = True
        request = self.asked()
        self.answered_with(request, authorized=True, payer_number="PA-9")
        claim = self.claim()
        self.assertEqual(claim.authorization_id, request)
        told = dict(self.heard())
        self.assertEqual(told["claim.submitted"]["authorization"], "PA-9")

    def test_denied_and_late(self):
        request = self.asked()
        self.answered_with(request, authorized=False, reasons=["A1"])
        self.assertEqual((request.state, request.reason_codes), ("denied", "A1"))
        self.answered_with(
            request, authorized=True, payer_number="PA-9", answered_at="2026-03-01T10:00:00Z"
        )
        self.assertEqual(request.state, "denied")

    def test_decided_in_part_is_not_denied(self):
        request = self.asked()
        self.answered_with(request, outcome="partial", authorized=False)
        self.assertEqual(request.state, "pending")

    def test_what_nobody_sends_is_not_asked(self):
        self.retire()
        with self.assertRaisesRegex(UserError, "No interface sends it"):
            self.asked()

    def test_granted_without_a_number_waits(self):
        request = self.asked()
        message = self.answered_with(request, state="quarantined", authorized=True)
        self.assertEqual(message.error_code, "no_authorization_number")
        self.assertEqual(request.state, "asked")

    def test_shown_on_the_order(self):
        order = self.env["ehr.kit.request"].create(
            {
                "system_id": self.system.id,
                "number": "F-1",
                "line": "1",
                "order_number": "O-1",
                "code": "CT",
                "requested_at": "2026-03-02 08:00:00",
                "encounter_id": self.visit.id,
            }
        )
        self.assertFalse(order.authorization_state)
        request = self.asked()
        self.assertEqual(order.authorization_state, "asked")
        self.answered_with(request, authorized=True, payer_number="PA-9")
        self.assertEqual(order.authorization_state, "granted")

    def test_what_is_missing_is_said(self):
        for said in ("no payer", "No active cover", "no member number"):
            with self.subTest(said=said), self.assertRaisesRegex(UserError, said):
                self.ask()
            if said == "no payer":
                self.visit.payer_code = "AOK"
            else:
                self.cover(member=None)
        with self.assertRaises(UserError):
            self.ask(quantity=0)
        self.assertFalse(self.env["ehr.authorization"].search([]))

    def test_cancelled(self):
        request = self.asked()
        self.heard()
        with self.assertRaises(AccessError):
            request.with_user(self.feeder).action_cancel("Not planned any more")
        request.with_user(self.biller).action_cancel("Not planned any more")
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("authorization.cancelled", "cancelled"))
        self.answered_with(request, authorized=True, payer_number="PA-9")
        self.assertEqual(request.state, "cancelled")

    def test_the_form_of_the_visit_opens_for_its_readers(self):
        self.asked()
        for group in ("group_census_user", "group_census_manager"):
            user = new_test_user(self.env, f"form.{group}", f"integration_ehr_bridge.{group}")
            view = Form(self.visit.with_user(user))
            self.assertEqual(view.visit_number, "V1")
