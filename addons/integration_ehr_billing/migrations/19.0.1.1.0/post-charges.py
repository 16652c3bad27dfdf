"""Charges that Odoo posted were all told; and what is told of charges says since when it is so.

The latter by new versions of the mappings. Interfaces stay with the version that was approved for
them, which says that it is behind. What people changed of a mapping stays theirs.
"""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import shipped

MODULE = "integration_ehr_billing"
NAMES = ("mapping_charge_status_hl7", "mapping_charge_posted_hl7")
FIELD = "header"
#: EVN-2 was the time of the charge, by which nobody could put its states in order.
OLD = "f2: hl7_written(root.at, context.zone)}"
NEW = "f2: hl7_written(context.moment, context.zone)}"


def migrate(cr, version):
    if not version:
        return
    cr.execute("UPDATE ehr_charge SET is_posted = true WHERE source = 'odoo' AND is_posted IS NULL")
    env = api.Environment(cr, SUPERUSER_ID, {})
    shipped.renew(env, MODULE, NAMES, FIELD, OLD, NEW)
