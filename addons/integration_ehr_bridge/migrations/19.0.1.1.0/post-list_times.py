"""Lists of staff and places hold since they were sent (MSH-7), if they do not say since when.

New versions of the two mappings. Interfaces stay with the version that was approved for them, until
somebody lets them use the new one; by that, a list holds since it arrived. What people changed of a
mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

MODULE = "integration_ehr_bridge"
NAMES = ("mapping_hl7_staff", "mapping_hl7_location")
OLD = "hl7_time(root.MFI[0].f5[0].c1, context.zone, 'MFI-5'),"
NEW = """hl7_time(root.MFI[0].f5[0].c1, context.zone, 'MFI-5')
    || hl7_time(root.MSH[0].f7[0].c1, context.zone, 'MSH-7'),"""


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in NAMES:
        _renew(env, name)
    env.registry.clear_cache()


def _renew(env, name):
    mapping = env.ref(f"{MODULE}.{name}", raise_if_not_found=False)
    if not mapping or mapping.version_count > 1:
        return
    section = mapping.section_ids
    if len(section) != 1 or section.expression.count(OLD) != 1:
        return
    made = env["integration.mapping"].browse(mapping.action_new_version()["res_id"])
    made.section_ids.expression = section.expression.replace(OLD, NEW)
    made.action_submit()
    made.action_approve()
    # What the name means from now on.
    env.cr.execute(
        "UPDATE ir_model_data SET res_id = %s WHERE module = %s AND name = %s",
        (made.id, MODULE, name),
    )
