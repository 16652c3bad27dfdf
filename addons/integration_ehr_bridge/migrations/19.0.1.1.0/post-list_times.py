"""Lists of staff and places hold since they were sent (MSH-7), if they do not say since when.

New versions of the two mappings. Interfaces stay with the version that was approved for them, until
somebody lets them use the new one; by that, a list holds since it arrived. What people changed of a
mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

MODULE = "integration_ehr_bridge"
NAMES = ("mapping_hl7_staff", "mapping_hl7_location")
FIELD = "expression"
OLD = "hl7_time(root.MFI[0].f5[0].c1, context.zone, 'MFI-5'),"
NEW = """hl7_time(root.MFI[0].f5[0].c1, context.zone, 'MFI-5')
    || hl7_time(root.MSH[0].f7[0].c1, context.zone, 'MSH-7'),"""


def migrate(cr, version):
    if version:
        env = api.Environment(cr, SUPERUSER_ID, {})
        shipped.renew(env, MODULE, NAMES, FIELD, OLD, NEW)
