from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .answers_case import AnswersCase


@tagged("post_install", "-at_install")
class TestUiBuyer(AnswersCase, HttpCase):
    """A buyer without any right on interfaces finds out, and acts."""

    def tour(self, name):
        self.assertFalse(self.buyer.has_group("integration_core.group_observer"))
        action = self.env.ref("purchase.purchase_form_action")
        self.start_tour(f"/odoo/action-{action.id}", name, login=self.buyer.login)
        self.env.invalidate_all()

    def test_a_failed_order_that_went_by_phone(self):
        self.send_with(
            lambda _message: Outcome(
                error=errors.PermanentError("The partner refused the message: HTTP 422.")
            )
        )
        failed = self.ordered()
        self.tour("integration_procurement_buyer_failed")
        self.assertEqual(failed.sent_otherwise, "phone")
        message = self.messages(self.outbound).filtered(lambda one: one.res_id == failed.id)
        self.assertEqual(message.state, "cancelled")

    def test_a_deviation_is_accepted(self):
        self.answer("c1", (self.first, {"quantity": "3"}), (self.second, {}))
        self.tour("integration_procurement_buyer_deviation")
        self.assertEqual(self.first.product_qty, 3)
        self.assertEqual(self.exceptions(state="accepted").decided_by_id, self.buyer)
