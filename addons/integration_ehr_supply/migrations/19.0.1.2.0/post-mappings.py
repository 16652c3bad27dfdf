"""Mappings that say more than before, as new versions.

Items say when they were sent (MSH-7): what is older than what is known changes nothing. A number of
the patient in place of that of the visit stops an order or a usage; it was left out silently.

Interfaces stay with the version that was approved for them, until somebody lets them use the new
one. What people changed of a mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

MODULE = "integration_ehr_supply"
VISIT = (
    "visit: hl7_unlike(hl7_identifier(root.PV1[0].f19, context.system), root.PID[0]),",
    "visit: hl7_visit(hl7_identifier(root.PV1[0].f19, context.system), 'PV1-19', root.PID[0]),",
)
ISSUED = (
    "  name: required(root.ITM[0].f2[0].c1, 'ITM-2 (description)'),",
    "  issued_at: hl7_time(root.MSH[0].f7[0].c1, context.zone, 'MSH-7'),\n"
    "  name: required(root.ITM[0].f2[0].c1, 'ITM-2 (description)'),",
)
#: What is replaced in the header of which mapping, and by what.
CHANGES = {
    "mapping_hl7_item": ISSUED,
    "mapping_hl7_dispense": VISIT,
    "mapping_hl7_encoded_order": VISIT,
    "mapping_hl7_device_use": VISIT,
    "mapping_hl7_tests": VISIT,
    "mapping_hl7_pharmacy_order": VISIT,
    "mapping_hl7_requisition": VISIT,
    "mapping_hl7_general_order": VISIT,
}


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, (old, new) in CHANGES.items():
        _renew(env, name, old, new)
    env.registry.clear_cache()


def _renew(env, name, old, new):
    mapping = env.ref(f"{MODULE}.{name}", raise_if_not_found=False)
    if not mapping or mapping.version_count > 1:
        return
    if new in mapping.header or mapping.header.count(old) != 1:
        return
    made = env["integration.mapping"].browse(mapping.action_new_version()["res_id"])
    made.header = mapping.header.replace(old, new)
    made.action_submit()
    made.action_approve()
    # What the name means from now on.
    env.cr.execute(
        "UPDATE ir_model_data SET res_id = %s WHERE module = %s AND name = %s",
        (made.id, MODULE, name),
    )
