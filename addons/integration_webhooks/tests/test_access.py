"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_matrix import NOTHING, OPERATIONS, READ, ROLES
from odoo.addons.integration_core.tests.common import EngineCase

ADMINISTERED = ("integration.webhook.key", "integration.webhook.subscription")
# Rights of each role, as in the core's matrix.
MATRIX = {ADMINISTERED: {role: READ if role == "administrator" else NOTHING for role in ROLES}}
# Who may call which method over RPC, as in the core's table.
MAY_CALL = {
    "integration.interface": {
        "try_webhook": ADMINISTRATORS,
    },
    "integration.webhook.subscription": {
        "action_confirm": ADMINISTRATORS,
        "action_decline": ADMINISTRATORS,
    },
}
ARGUMENTS = {"try_webhook": [{"method": "POST", "headers": "", "body": "{}"}]}


def subscription(case):
    return case.env["integration.webhook.subscription"].create(
        {"interface_id": case.inbound.id, "topic": "t", "url": "https://sns.example/"}
    )


SAMPLES = {"integration.webhook.subscription": subscription}


@tagged("post_install", "-at_install")
class TestWebhookAccess(EngineCase):
    def test_matrix(self):
        users = {
            role: new_test_user(self.env, f"webhooks.{role}", group)
            for role, group in ROLES.items()
        }
        for models, rights in MATRIX.items():
            for name in models:
                for role, allowed in rights.items():
                    model = self.env[name].with_user(users[role])
                    for operation, letter in OPERATIONS.items():
                        with self.subTest(model=name, role=role, operation=operation):
                            self.assertEqual(model.has_access(operation), letter in allowed)
