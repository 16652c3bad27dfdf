# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was made a bed later on had no state until its first patient, so it was not free."""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        """
        UPDATE ehr_location l
           SET bed_state = CASE WHEN EXISTS (
                   SELECT 1 FROM ehr_encounter e WHERE e.location_id = l.id AND e.state = 'present'
               ) THEN 'occupied' ELSE 'free' END
         WHERE l.kind = 'bed' AND l.bed_state IS NULL
        """
    )
