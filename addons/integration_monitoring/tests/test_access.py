"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import OPERATIONS, ROLES
from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, OPERATIONS, READ, ROLES

from . import access_data, access_incidents, access_metrics, access_telemetry, access_triage

PARTS = (access_data, access_incidents, access_metrics, access_telemetry, access_triage)


def _merged(name):
    return {key: value for part in PARTS for key, value in getattr(part, name, {}).items()}


MATRIX, MAY_CALL, SAMPLES = map(_merged, ("MATRIX", "MAY_CALL", "SAMPLES"))
ARGUMENTS = _merged("ARGUMENTS")
_SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
_SWITCHED = {**_SEEN, "administrator": "rw"}
MATRIX = {
    # data and heartbeats
    (
        "integration.rollup",
        "integration.rollup.mark",
        "integration.rollup.range",
        "integration.rollup.repeat",
        "integration.rollup.state",
    ): _SEEN,
    ("integration.rollup.term", "integration.heartbeat"): _SWITCHED,
    # incidents
    ("integration.incident",): _SEEN,
    # detection
    ("integration.watch", "integration.watch.part", "integration.slo.day"): _SEEN,
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
