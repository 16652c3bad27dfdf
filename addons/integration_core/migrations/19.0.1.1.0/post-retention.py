"""Retention begins when somebody says so: nobody expects an upgrade to remove what was kept."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    if not version:
        return
    # Messages that ended in a way that left no moment; there should be none.
    cr.execute(
        """
        UPDATE integration_message SET finished_at = created_at
         WHERE finished_at IS NULL AND state IN ('done', 'filtered', 'cancelled')
        """
    )
    retention = api.Environment(cr, SUPERUSER_ID, {})["integration.retention"]._singleton()
    retention.write({"state": "suspended", "stopped_because": "upgrade"})
