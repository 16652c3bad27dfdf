"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, OPERATIONS, READ, ROLES

_SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
MATRIX = {
    # data and heartbeats
    ("integration.rollup", "integration.heartbeat"): _SEEN,
    # incidents
    ("integration.incident",): _SEEN,
    # metrics
    ("integration.metrics.token",): {
        role: ALL if role == "administrator" else NOTHING for role in ROLES
    },
    # doctor
    ("integration.doctor", "integration.doctor.line"): {
        role: "rc" if role == "administrator" else NOTHING for role in ROLES
    },
    ("integration.siem",): {
        role: READ if role in ("administrator", "auditor") else NOTHING for role in ROLES
    },
}
MAY_CALL = {
    # doctor
    "integration.doctor": {"action_examine": {"administrator"}},
    # metrics
    "integration.metrics.token": {"action_generate": {"administrator"}},
}
SAMPLES = {
    # metrics
    "integration.metrics.token": lambda case: case.env["integration.metrics.token"].create(
        {"name": "Prometheus"}
    ),
    # telemetry
    ("integration.business.rule",): {
        role: ALL if role == "administrator" else READ for role in ROLES
    },
    ("integration.business.breach",): dict.fromkeys(ROLES, READ),
}
MAY_CALL = {
    # telemetry: who is no operator may be the owner of the rule
    "integration.business.rule": {
        "action_look_now": {"administrator"},
        "action_open_breaches": set(ROLES) - {"user"},
    },
    "integration.business.breach": {
        "action_acknowledge": {"operator", "administrator"},
        "action_release": {"operator", "administrator"},
        "action_open_document": set(ROLES) - {"user"},
    },
}


def breach(case):
    rule = case.env.ref("integration_monitoring.business_rule_held")
    return case.env["integration.business.breach"].create(
        {
            "rule_id": rule.id,
            "found_model": "res.partner",
            "found_id": case.env.user.partner_id.id,
            "res_model": "res.partner",
            "res_id": case.env.user.partner_id.id,
            "since": "2026-01-01",
            "detected_at": "2026-01-02",
        }
    )


SAMPLES = {
    # telemetry
    "integration.business.rule": lambda case: case.env.ref(
        "integration_monitoring.business_rule_held"
    ),
    "integration.business.breach": breach,
}


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
