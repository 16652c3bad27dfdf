"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import OPERATIONS, ROLES

from . import (
    access_data,
    access_detect,
    access_incidents,
    access_metrics,
    access_telemetry,
    access_triage,
)

PARTS = (
    access_data,
    access_detect,
    access_incidents,
    access_metrics,
    access_telemetry,
    access_triage,
)


def _merged(name):
    return {key: value for part in PARTS for key, value in getattr(part, name, {}).items()}


MATRIX, MAY_CALL = _merged("MATRIX"), _merged("MAY_CALL")
SAMPLES, ARGUMENTS = _merged("SAMPLES"), _merged("ARGUMENTS")


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
