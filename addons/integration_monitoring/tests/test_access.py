"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, OPERATIONS, READ, ROLES

_SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
MATRIX = {
    # data and heartbeats
    ("integration.rollup", "integration.heartbeat"): _SEEN,
    # incidents
    ("integration.incident",): _SEEN,
    # detection
    ("integration.watch.part", "integration.slo.day"): _SEEN,
    ("integration.watch",): {**_SEEN, "administrator": "rw"},
    ("integration.slo", "integration.watch.setting"): {**_SEEN, "administrator": ALL},
}
MAY_CALL = {
    # detection
    "integration.watch": {
        "action_learn_anew": ADMINISTRATORS,
        "action_use_expected": ADMINISTRATORS,
    },
    "integration.slo": {"action_suggest": ADMINISTRATORS},
}
SAMPLES = {
    # detection
    "integration.watch": lambda test: _watch(test),
    "integration.slo": lambda test: test.env["integration.slo"].search(
        [("interface_id", "=", _watch(test).interface_id.id)], limit=1
    ),
}


def _watch(test):
    test.env["integration.watch"]._observe(0)
    return test.env["integration.watch"].search([("interface_id", "=", test.inbound.id)])


@tagged("post_install", "-at_install")
class TestMonitoringAccess(TransactionCase):
    def test_roles_of_the_suite(self):
        for role, group in ROLES.items():
            user = new_test_user(self.env, f"monitoring.role.{role}", group)
            for names, rights in MATRIX.items():
                for name in names:
                    model = self.env[name].with_user(user)
                    for operation, letter in OPERATIONS.items():
                        with self.subTest(model=name, role=role, operation=operation):
                            self.assertEqual(model.has_access(operation), letter in rights[role])
