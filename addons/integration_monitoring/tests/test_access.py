"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.tests.access_matrix import OPERATIONS, ROLES
from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS, OPERATORS
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
    (
        "integration.incident",
        "integration.incident.effect",
        "integration.incident.event",
        "integration.incident.notice",
    ): _SEEN,
    ("integration.alert.channel", "integration.deadman"): {**_SEEN, "administrator": ALL},
    ("integration.maintenance",): {**_SEEN, "operator": "rwc", "administrator": "rwc"},
}
MAY_CALL = {
    # incidents
    "integration.incident": {
        "action_acknowledge": OPERATORS,
        "action_assign": OPERATORS,
        "action_escalate": OPERATORS,
        "action_resolve": OPERATORS,
        "action_reopen": OPERATORS,
        "action_note": OPERATORS,
    },
    "integration.incident.notice": {"action_try_again": OPERATORS},
    "integration.alert.channel": {"action_send_test": ADMINISTRATORS},
    "integration.maintenance": {"action_end": OPERATORS},
    "integration.deadman": {"action_send_now": ADMINISTRATORS},
}
# incidents: the first administrator looks after them
ARGUMENTS = {"action_assign": [2]}


def incident(case):
    return case.env["integration.incident"].create(
        {
            "subject": "interface",
            "subject_ref": case.inbound.id,
            "interface_id": case.inbound.id,
            "system_id": case.system.id,
            "company_id": case.system.company_id.id,
            "severity": "1",
            "signals": {"silence": 0},
            "findings": {"silence": {"since": 1}},
            "started_at": "2026-01-01 00:00:00",
            "detected_at": "2026-01-01 00:00:00",
        }
    )


def notice(case):
    return case.env["integration.incident.notice"].create(
        {
            "incident_id": incident(case).id,
            "channel_id": case.env.ref("integration_monitoring.alert_channel_operators").id,
            "kind": "start",
            "key": "start",
            "severity": "1",
            "at": "2026-01-01 00:00:00",
            "state": "failed",
        }
    )


SAMPLES = {
    # incidents
    "integration.incident": incident,
    "integration.incident.notice": notice,
    "integration.alert.channel": lambda case: case.env.ref(
        "integration_monitoring.alert_channel_operators"
    ),
    "integration.maintenance": lambda case: case.env["integration.maintenance"].create(
        {"name": "Move", "everything": True}
    ),
    "integration.deadman": lambda case: case.env["integration.deadman"].create(
        {"name": "Clinic", "url": "https://watcher.example/ping"}
    ),
}
_READERS = set(ROLES) - {"user"}
MAY_CALL = {
    # screens
    "integration.overview": {
        "load_overview": _READERS,
        "load_interface": _READERS,
        "load_system": _READERS,
    },
    "integration.trace": {"find": _READERS, "case": _READERS},
}
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
