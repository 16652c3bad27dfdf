from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import memberships


def migrate(cr, version):
    """Let the entries that were written before there were seals wait for the sealer.

    They are sealed in the order of their ids and not touched. Whoever holds a role now is recorded
    as the beginning of the audit of roles.
    """
    cr.execute(
        """
        INSERT INTO integration_audit_unsealed (id)
        SELECT e.id FROM integration_audit_entry e
         WHERE NOT EXISTS (SELECT 1 FROM integration_audit_seal s WHERE s.entry_id = e.id)
            ON CONFLICT DO NOTHING
        """
    )
    memberships.compare(api.Environment(cr, SUPERUSER_ID, {}))
