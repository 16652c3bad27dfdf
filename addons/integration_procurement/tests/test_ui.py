from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestUi(ProcurementCase, HttpCase):
    def test_sync_status_tour(self):
        order = self.order()
        order.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.send_with(
            lambda _message: Outcome(
                error=errors.PermanentError("The partner refused the message: HTTP 422.")
            )
        )
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual(message.state, "dead")
        action = self.env.ref("purchase.purchase_form_action")
        self.start_tour(
            f"/odoo/action-{action.id}", "integration_procurement_sync_status", login="admin"
        )
        message.invalidate_recordset()
        self.assertEqual(message.state, "queued")
