import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tools import contracts

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestBudget(FinanceCase):
    """Another system is asked for the budget of an order, and the order waits for its answer."""

    handler = "integration.handler.budget_answer"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer.budget", "purchase.group_purchase_user")
        cls.company.budget_check = "block"

    def setUp(self):
        super().setUp()
        self.subscribe("budget_requested")
        self.purchase = self.order(user_id=self.buyer.id)

    def ask(self):
        action = self.purchase.with_user(self.buyer).action_ask_budget()
        model = self.env[action["res_model"]].with_user(self.buyer)
        model.with_context(**action["context"]).create({}).action_confirm()
        return self.purchase.budget_check_ids[:1]

    def earlier(self, hours=48):
        """What was asked so far was asked in another transaction."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE purchase_budget_check SET create_date = create_date - %s * interval '1 hour'",
            [hours],
        )
        self.env.invalidate_all()

    def answer(self, check, decision="approved", **values):
        return self.deliver(
            {
                "request": check.name,
                "decision": decision,
                "amount": str(check.amount) if decision == "approved" else "0",
                "currency": check.currency_id.name,
                "reference": "RES-1",
                **values,
            }
        )

    def test_confirmed_only_with_an_approved_budget(self):
        with self.assertRaises(UserError):
            self.purchase.button_confirm()
        check = self.ask()
        self.assertEqual((self.purchase.budget_state, check.reason), ("asked", "person"))
        with self.assertRaises(UserError):
            self.purchase.button_confirm()
        message = self.answer(check)
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(self.purchase.budget_state, "approved")
        self.purchase.button_confirm()
        self.assertEqual(self.purchase.state, "purchase")

    def test_not_used_unless_switched_on(self):
        self.company.budget_check = "no"
        with self.assertRaises(UserError):
            self.ask()
        self.purchase.button_confirm()
        self.assertEqual(self.purchase.state, "purchase")
        self.assertFalse(self.purchase.budget_check_ids)

    def test_asking_alone_holds_nothing_up(self):
        self.company.budget_check = "ask"
        self.ask()
        self.purchase.button_confirm()
        self.assertEqual(self.purchase.state, "purchase")

    def test_question_satisfies_its_contract_and_concerns_no_supplier(self):
        check = self.ask()
        (data,) = self.told(check, "purchase_order.budget_requested")
        version = self.env.ref("integration_procurement.contract_budget_request_1_0_0")
        self.assertEqual(contracts.compile_schema(json.loads(version.schema)).violations(data), [])
        self.assertEqual((data["request"], data["order_number"]), (check.name, self.purchase.name))
        event = self.env["integration.event"].search([("res_model", "=", check._name)])
        self.assertEqual(event.partner_id, self.company.partner_id.commercial_partner_id)
        self.dispatch()
        self.assertFalse(self.messages(self.outbound), "its system is the supplier's")
        self.assertFalse(event.exists().filtered(lambda one: not one.dispatched_at))

    def test_asked_when_the_order_waits_for_approval(self):
        self.company.write({"po_double_validation": "two_step", "po_double_validation_amount": 1})
        self.purchase.with_user(self.buyer).button_confirm()
        self.assertEqual(self.purchase.state, "to approve")
        check = self.purchase.budget_check_ids
        self.assertEqual((len(check), check.reason), (1, "approval"))
        with self.assertRaises(UserError):
            self.purchase.button_approve()
        self.answer(check)
        self.purchase.button_approve()
        self.assertEqual(self.purchase.state, "purchase")

    def test_refusal_is_the_buyers_to_deal_with(self):
        check = self.ask()
        self.answer(check, "refused", reason="Ward 3 has spent its budget")
        exception = self.exceptions(self.purchase)
        self.assertEqual((exception.kind, exception.user_id), ("budget", self.buyer))
        self.assertIn("Ward 3 has spent its budget", exception.name)
        with self.assertRaisesRegex(UserError, "Ward 3"):
            self.purchase.button_confirm()
        self.earlier()
        exception.with_user(self.buyer).action_reject()
        self.assertEqual(self.purchase.budget_state, "asked")
        self.assertEqual(len(self.purchase.budget_check_ids), 2)

    def test_less_than_was_asked_for_does_not_cover(self):
        check = self.ask()
        self.answer(check, amount="10")
        self.assertEqual(self.purchase.budget_state, "partial")
        self.assertTrue(self.exceptions(self.purchase))
        with self.assertRaises(UserError):
            self.purchase.button_confirm()
        self.answer(check)
        self.assertEqual(self.purchase.budget_state, "approved")
        self.assertFalse(self.exceptions(self.purchase))

    def test_a_dearer_order_is_asked_for_again(self):
        first = self.ask()
        self.answer(first)
        self.purchase.order_line[0].price_unit -= 1
        self.assertEqual(self.purchase.budget_state, "approved", "cheaper is covered")
        self.earlier()
        self.purchase.order_line[0].price_unit += 5
        second = self.purchase.budget_check_ids - first
        self.assertEqual((first.state, second.state, second.reason), ("void", "asked", "raised"))
        self.assertEqual(second.amount, self.purchase.amount_total)
        self.purchase.order_line.write({"product_qty": 9})
        self.assertEqual(len(self.purchase.budget_check_ids), 2, "one question a transaction")
        self.assertEqual(second.amount, self.purchase.amount_total)
        late = self.answer(first)
        self.assertEqual((late.state, late.error_code), ("quarantined", "request_overtaken"))
        with self.assertRaises(UserError):
            self.purchase.button_confirm()

    def test_expired_approval(self):
        self.answer(self.ask(), valid_until="2020-01-01")
        with self.assertRaises(UserError):
            self.purchase.button_confirm()

    def test_same_answer_again_is_harmless(self):
        check = self.ask()
        self.answer(check)
        answered = check.answered_at
        notes = len(self.purchase.message_ids)
        self.answer(check)
        self.assertEqual((check.answered_at, len(self.purchase.message_ids)), (answered, notes))

    def test_unknown_request_and_other_currency(self):
        check = self.ask()
        message = self.answer(check, request="P0/9")
        self.assertEqual(message.error_code, "unknown_request")
        self.env.ref("base.JPY").active = True
        message = self.answer(check, currency="JPY", amount="100")
        self.assertEqual(message.error_code, "currency_differs")
        self.assertEqual(check.state, "asked")

    def test_missing_answer_is_told_once(self):
        check = self.ask()
        model = self.env["purchase.budget.check"]
        model._cron_remind()
        self.assertFalse(self.purchase.activity_ids)
        self.earlier()
        model._cron_remind()
        model._cron_remind()
        self.assertEqual(self.purchase.activity_ids.user_id, self.buyer)
        self.assertEqual(len(self.purchase.activity_ids), 1)
        self.assertIn(check.name, self.purchase.activity_ids.summary)

    def test_cancelled_order(self):
        check = self.ask()
        self.purchase.button_cancel()
        self.assertEqual(check.state, "void")
        self.assertEqual(self.answer(check).error_code, "request_overtaken")

    def test_buyers_do_not_answer_themselves(self):
        check = self.ask()
        for values in ({"state": "approved"}, {"reserved": 10**6}):
            with self.assertRaises(AccessError):
                check.with_user(self.buyer).write(values)
