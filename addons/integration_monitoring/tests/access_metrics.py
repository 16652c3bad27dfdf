"""Rights on what others watch the suite by, and on the check of the set-up."""

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_matrix import ALL, NOTHING, READ, ROLES

from .access_data import SEEN


def _only(rights, *roles):
    return {role: rights if role in roles else NOTHING for role in ROLES}


MATRIX = {
    ("integration.metrics.token",): _only(ALL, "administrator"),
    ("integration.doctor", "integration.doctor.line"): _only("rc", "administrator"),
    ("integration.probe",): {**SEEN, "administrator": ALL},
    ("integration.siem",): _only(READ, "administrator", "auditor"),
}
MAY_CALL = {
    "integration.probe": {"action_probe_now": ADMINISTRATORS},
    "integration.metrics.token": {"action_generate": {"administrator"}},
}
SAMPLES = {
    "integration.probe": lambda case: case.env["integration.probe"].create(
        {"interface_id": case.outbound.id, "url": "https://203.0.113.1/"}
    ),
    "integration.metrics.token": lambda case: case.env["integration.metrics.token"].create(
        {"name": "Prometheus"}
    ),
}
