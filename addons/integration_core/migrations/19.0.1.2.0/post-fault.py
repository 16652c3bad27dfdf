"""Say of failures that wait for a person on whose side the cause lies."""

from odoo.addons.integration_core.engine import ledger

# Rows of one statement.
BATCH = 5000


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        "SELECT id FROM integration_message "
        "WHERE state IN ('quarantined', 'dead') AND fault IS NULL"
    )
    waiting = [row[0] for row in cr.fetchall()]
    for start in range(0, len(waiting), BATCH):
        ledger.classify_errors(cr, waiting[start : start + BATCH])
