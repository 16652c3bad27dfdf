"""Rights on business rules. Who has no role of the suite may own one, and sees what it finds."""

from odoo.addons.integration_core.tests.access_matrix import ALL, READ, ROLES

MATRIX = {
    ("integration.business.rule",): {
        role: ALL if role == "administrator" else READ for role in ROLES
    },
    ("integration.business.breach",): dict.fromkeys(ROLES, READ),
}
MAY_CALL = {
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
