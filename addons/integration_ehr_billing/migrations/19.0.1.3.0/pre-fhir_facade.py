"""Charges of before know when they changed: when they were received. Nothing better is known.

Filled before the field comes, which would have all of them computed one after the other.
"""


def migrate(cr, version):
    if not version:
        return
    cr.execute("ALTER TABLE ehr_charge ADD COLUMN IF NOT EXISTS changed_at timestamp")
    cr.execute("UPDATE ehr_charge SET changed_at = received_at WHERE changed_at IS NULL")
