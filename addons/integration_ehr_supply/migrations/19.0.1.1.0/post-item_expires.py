"""Items that are sent say in ITM-6 whether they expire: a new version of the mapping.

Interfaces stay with the version that was approved for them, until somebody lets them use the new
one. What people changed of the mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

XMLID = ("integration_ehr_supply", "mapping_hl7_item_out")
OLD = """(contains(`["lot", "serial"]`, item.tracking) && 'Y') || 'N'"""
NEW = """(item.expires == `true` && 'Y') || (item.expires == `false` && 'N')
      || (contains(`["lot", "serial"]`, item.tracking) && 'Y') || 'N'"""


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    mapping = env.ref(".".join(XMLID), raise_if_not_found=False)
    if not mapping or mapping.version_count > 1:
        return
    section = mapping.section_ids
    if len(section) != 1 or NEW in section.expression or OLD not in section.expression:
        return
    made = env["integration.mapping"].browse(mapping.action_new_version()["res_id"])
    made.section_ids.expression = section.expression.replace(OLD, NEW)
    made.action_submit()
    made.action_approve()
    # What the name means from now on.
    cr.execute(
        "UPDATE ir_model_data SET res_id = %s WHERE module = %s AND name = %s", (made.id, *XMLID)
    )
    env.registry.clear_cache()
