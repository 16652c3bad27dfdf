from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .content_case import ContentCase


@tagged("post_install", "-at_install")
class TestUiReveal(ContentCase, HttpCase):
    """Private content in a browser: masked, revealed for a reason, masked again."""

    def test_reveal_with_a_reason(self):
        new_test_user(self.env, "nurse", "integration_core.group_clinical_viewer")
        new_test_user(self.env, "audrey", "integration_core.group_auditor")
        self.classify("clinical")
        message = self.receive("m1", {"key": "k", "patient": "Jane Doe"})
        url = f"/odoo/integration-messages/{message.id}"
        self.start_tour(url, "integration_core_reveal", login="nurse")
        grant = self.env["integration.reveal"].search([], limit=1)
        self.assertEqual(grant.user_id.login, "nurse")
        # Not a quarter of an hour: enough seconds to open the form.
        grant.sudo().until = fields.Datetime.now() + timedelta(seconds=12)
        self.env.flush_all()
        self.start_tour(url, "integration_core_reveal_ends", login="nurse")
        self.start_tour(url, "integration_core_access", login="audrey")
        self.assertEqual(self.acts(message, "reveal").mapped("actor_login"), ["nurse"] * 2)
