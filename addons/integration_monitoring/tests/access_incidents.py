"""Rights on incidents, and on who is told of them."""

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS, OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL

from .access_data import SEEN

MATRIX = {
    (
        "integration.incident",
        "integration.incident.effect",
        "integration.incident.event",
        "integration.incident.notice",
    ): SEEN,
    ("integration.alert.channel", "integration.deadman"): {**SEEN, "administrator": ALL},
    ("integration.maintenance",): {**SEEN, "operator": "rwc", "administrator": "rwc"},
}
MAY_CALL = {
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
# the first administrator looks after them
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
