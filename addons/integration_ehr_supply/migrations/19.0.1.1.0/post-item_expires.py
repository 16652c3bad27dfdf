"""Items that are sent say in ITM-6 whether they expire: a new version of the mapping.

Interfaces stay with the version that was approved for them, until somebody lets them use the new
one. What people changed of the mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

MODULE = "integration_ehr_supply"
NAMES = ("mapping_hl7_item_out",)
FIELD = "expression"
OLD = """(contains(`["lot", "serial"]`, item.tracking) && 'Y') || 'N'"""
NEW = """(item.expires == `true` && 'Y') || (item.expires == `false` && 'N')
      || (contains(`["lot", "serial"]`, item.tracking) && 'Y') || 'N'"""


def migrate(cr, version):
    if version:
        env = api.Environment(cr, SUPERUSER_ID, {})
        shipped.renew(env, MODULE, NAMES, FIELD, OLD, NEW)
