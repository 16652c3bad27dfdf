from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import ProcurementCase

OPERATOR = "purchase.group_purchase_user,integration_core.group_operator"


@tagged("post_install", "-at_install")
class TestUi(ProcurementCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, "buyer.tour", "purchase.group_purchase_user")
        new_test_user(cls.env, "operator.tour", OPERATOR)
        cls.action = cls.env.ref("purchase.purchase_form_action")

    def refused(self):
        """An order that the supplier's system refused, and its message."""
        order = self.order()
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.send_with(
            lambda _message: Outcome(
                error=errors.PermanentError("The partner refused the message (HTTP 422).")
            )
        )
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual(message.state, "dead")
        return order, message

    def test_sync_status_tour(self):
        """A buyer who may also retry: the reason, and the retry from the order."""
        _order, message = self.refused()
        self.start_tour(
            f"/odoo/action-{self.action.id}",
            "integration_procurement_sync_status",
            login="operator.tour",
        )
        message.invalidate_recordset()
        self.assertEqual(message.state, "queued")

    def test_buyer_tour(self):
        """A buyer without rights on interfaces: the reason and the next step."""
        order, _message = self.refused()
        self.start_tour(
            f"/odoo/action-{self.action.id}/{order.id}",
            "integration_procurement_buyer",
            login="buyer.tour",
        )

    def test_retry_failed_tour(self):
        _order, message = self.refused()
        self.start_tour(
            f"/odoo/action-{self.action.id}",
            "integration_procurement_retry_failed",
            login="operator.tour",
        )
        message.invalidate_recordset()
        self.assertEqual(message.state, "queued")
