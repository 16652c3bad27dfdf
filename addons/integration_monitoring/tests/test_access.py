"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import NOTHING, OPERATIONS, READ, ROLES

_SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
MATRIX = {
    # data and heartbeats
    ("integration.rollup", "integration.heartbeat"): _SEEN,
    # incidents
    ("integration.incident",): _SEEN,
}
MAY_CALL = {}
SAMPLES = {}


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
