from odoo.tests import HttpCase, tagged

from .test_arming import ArmingCase


@tagged("post_install", "-at_install")
class TestArmingUi(ArmingCase, HttpCase):
    """An administrator who reads only what the screens say releases a copy."""

    def test_rearm_tour(self):
        self.fire()
        self.dispatch()
        (message,) = self.messages(self.outbound)
        self.pretend(database_oid="1")
        self.start_tour("/odoo", "integration_core_rearm", login="admin")
        self.env.invalidate_all()
        self.assertIsNone(self.cause())
        self.assertFalse(self.outbound.awaits_release)
        self.assertTrue(self.inbound.awaits_release)
        self.assertEqual(message.state, "cancelled")
