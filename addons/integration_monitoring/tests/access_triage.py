"""Rights on groups of failures."""

from odoo.addons.integration_core.tests.access_calls import OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES

from .access_data import SEEN

_WIZARD = {role: "rwc" if role in ("operator", "administrator") else NOTHING for role in ROLES}
MATRIX = {
    ("integration.error.group", "integration.error.hour", "integration.error.resolution"): SEEN,
    ("integration.error.collector",): {
        role: READ if role == "administrator" else NOTHING for role in ROLES
    },
    ("integration.error.route",): {
        **SEEN,
        "administrator": ALL,
    },
    (
        "integration.error.assign",
        "integration.error.resolve",
        "integration.error.snooze",
    ): _WIZARD,
}
MAY_CALL = {
    "integration.error.group": dict.fromkeys(
        (
            "action_acknowledge",
            "action_assign",
            "action_release",
            "action_resolve",
            "action_retry",
            "action_snooze",
            "action_take",
            "action_wake",
        ),
        OPERATORS,
    ),
}


def group(case):
    interface = case.env["integration.interface"].search([], limit=1)
    return case.env["integration.error.group"].create(
        {
            "interface_id": interface.id,
            "company_id": interface.company_id.id,
            "fingerprint": "rights",
            "title": "A kind of failure",
            "first_seen": "2026-01-01",
            "last_seen": "2026-01-02",
        }
    )


SAMPLES = {"integration.error.group": group}
ARGUMENTS = {
    ("integration.error.group", "action_snooze"): [4, "because"],
    ("integration.error.group", "action_resolve"): ["mapping", "because"],
}
