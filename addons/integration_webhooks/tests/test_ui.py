import json

from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundUi(InboundCase):
    """The settings of an inbound webhook in a browser."""

    def test_form_asks_for_what_is_needed(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [self.interface.id]
        )
        self.interface.invalidate_recordset()
        credential = self.credential()
        self.interface.credential_id = credential
        url = f"/odoo/integration-interfaces/{self.interface.id}"
        self.start_tour(url, "integration_webhooks_inbound", login="admin")
        self.interface.invalidate_recordset()
        self.assertEqual(self.interface.webhook_scheme, "github")
        self.assertEqual(
            json.loads(self.interface.scheme_options),
            {"signature_header": "X-Gitea-Signature-256"},
        )
        self.assertEqual(json.loads(self.interface.body_options), {"delimiter": ";"})
