"""Rights on the watch and on objectives."""

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS
from odoo.addons.integration_core.tests.access_matrix import ALL

from .access_data import SEEN

MATRIX = {
    ("integration.watch.part", "integration.slo.day"): SEEN,
    ("integration.watch",): {**SEEN, "administrator": "rw"},
    ("integration.slo", "integration.watch.setting"): {**SEEN, "administrator": ALL},
}
MAY_CALL = {
    "integration.watch": {
        "action_learn_anew": ADMINISTRATORS,
        "action_use_expected": ADMINISTRATORS,
    },
    "integration.slo": {"action_suggest": ADMINISTRATORS},
}


def _watch(case):
    case.env["integration.watch"]._observe(0)
    return case.env["integration.watch"].search([("interface_id", "=", case.inbound.id)])


def _slo(case):
    return case.env["integration.slo"].search(
        [("interface_id", "=", _watch(case).interface_id.id)], limit=1
    )


SAMPLES = {"integration.watch": _watch, "integration.slo": _slo}
