"""Charges that Odoo posted were all told; and what is told of charges says since when it is so."""

from odoo import SUPERUSER_ID, api

MAPPINGS = ("mapping_charge_status_hl7", "mapping_charge_posted_hl7")
#: EVN-2 was the time of the charge, by which nobody could put its states in order.
OLD, NEW = (
    "f2: hl7_written(root.at, context.zone)}",
    "f2: hl7_written(context.moment, context.zone)}",
)


def migrate(cr, version):
    if not version:
        return
    cr.execute("UPDATE ehr_charge SET is_posted = true WHERE source = 'odoo' AND is_posted IS NULL")
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in MAPPINGS:
        _new_version(env, name)


def _new_version(env, name):
    """A new version of a mapping, approved as the addon ships it.

    Interfaces go on with the one that was approved for them, which says that they are behind.
    """
    data = env["ir.model.data"].search(
        [("module", "=", "integration_ehr_billing"), ("name", "=", name)]
    )
    mapping = env["integration.mapping"].browse(data.res_id).exists()
    if mapping.state != "approved" or OLD not in mapping.header:
        return
    new = env["integration.mapping"].browse(mapping.action_new_version()["res_id"])
    new.header = mapping.header.replace(OLD, NEW)
    new.action_submit()
    new.action_approve()
    data.res_id = new
