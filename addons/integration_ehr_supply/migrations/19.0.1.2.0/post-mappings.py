"""Mappings that say more than before, as new versions.

Items say when they were sent (MSH-7): what is older than what is known changes nothing. A number of
the patient in place of that of the visit stops an order or a usage; it was left out silently.

Several parts of a dispense may come back, each under a number of its own.

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
_LINE = "  line: required(item.RXD[0].f1[0].c1, 'RXD-1 (dispense sub-id)'),\n"
RETURNS = (
    _LINE,
    _LINE
    + """  returns: (
    lookup('hl7_dispense_action', upper(item.ORC[0].f1[0].c1)) == 'return'
    && (item.ORC[0].f8[0].c2 || item.ORC[0].f8[0].c1)
    && {number: item.ORC[0].f8[0].c2 || item.ORC[0].f8[0].c1, line: item.RXD[0].f1[0].c1}
  ) || `null`,
""",
)
#: What is replaced in the header and in the sections of which mapping, and by what.
CHANGES = {
    "mapping_hl7_item": (ISSUED, None),
    "mapping_hl7_dispense": (VISIT, RETURNS),
    "mapping_hl7_encoded_order": (VISIT, None),
    "mapping_hl7_device_use": (VISIT, None),
    "mapping_hl7_tests": (VISIT, None),
    "mapping_hl7_pharmacy_order": (VISIT, None),
    "mapping_hl7_requisition": (VISIT, None),
    "mapping_hl7_general_order": (VISIT, None),
}


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, (header, section) in CHANGES.items():
        _renew(env, name, header, section)
    env.registry.clear_cache()


def _renew(env, name, header, section):
    mapping = env.ref(f"{MODULE}.{name}", raise_if_not_found=False)
    if not mapping or mapping.version_count > 1 or not _is_as_shipped(mapping, header, section):
        return
    made = env["integration.mapping"].browse(mapping.action_new_version()["res_id"])
    made.header = made.header.replace(*header)
    if section:
        made.section_ids.expression = made.section_ids.expression.replace(*section)
    made.action_submit()
    made.action_approve()
    # What the name means from now on.
    env.cr.execute(
        "UPDATE ir_model_data SET res_id = %s WHERE module = %s AND name = %s",
        (made.id, MODULE, name),
    )


def _is_as_shipped(mapping, header, section):
    """Whether it has what is to be replaced, and has it once."""
    if header[1] in mapping.header or mapping.header.count(header[0]) != 1:
        return False
    if not section:
        return True
    found = mapping.section_ids
    return len(found) == 1 and found.expression.count(section[0]) == 1
