"""Rights on business rules and on what they find."""

from odoo.addons.integration_core.tests.access_calls import ADMINISTRATORS, OPERATORS
from odoo.addons.integration_core.tests.access_matrix import ALL

from .access_data import SEEN

MATRIX = {
    ("integration.business.rule",): {**SEEN, "administrator": ALL},
    ("integration.business.breach",): SEEN,
}
# The owner of a rule may say as well who looks after what it finds.
MAY_CALL = {
    "integration.business.rule": {"action_look_now": ADMINISTRATORS},
    "integration.business.breach": {"action_acknowledge": OPERATORS, "action_release": OPERATORS},
}


def _rule(case):
    return case.env.ref("integration_monitoring.business_rule_held")


def _breach(case):
    partner = case.env.user.partner_id
    return case.env["integration.business.breach"].create(
        {
            "rule_id": _rule(case).id,
            "found_model": partner._name,
            "found_id": partner.id,
            "res_model": partner._name,
            "res_id": partner.id,
            "since": "2026-01-01",
            "detected_at": "2026-01-02",
        }
    )


SAMPLES = {"integration.business.rule": _rule, "integration.business.breach": _breach}
