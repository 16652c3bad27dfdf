"""Rights on groups of failures."""

from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES

from .access_data import SEEN

OPERATORS = {"operator", "administrator"}
_WIZARD = {role: "rwc" if role in OPERATORS else NOTHING for role in ROLES}
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
    "integration.error.group": {
        **dict.fromkeys(
            (
                "action_acknowledge",
                "action_ask_assign",
                "action_ask_resolve",
                "action_ask_snooze",
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
        **dict.fromkeys(
            ("action_open_documents", "action_open_sample", "action_open_waiting"),
            set(ROLES) - {"user"},
        ),
    },
    **{
        f"integration.error.{name}": {"action_confirm": OPERATORS}
        for name in ("assign", "resolve", "snooze")
    },
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
    "action_snooze": [4, "because"],
    "action_resolve": ["mapping", "because"],
}
