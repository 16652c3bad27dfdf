"""Each visit has a random reference of its own; a new column gave one to all that there were."""


def migrate(cr, version):
    if not version:
        return
    cr.execute("ALTER TABLE ehr_encounter ADD COLUMN IF NOT EXISTS reference varchar")
    drawn = True
    while drawn:  # of ten digits two may be the same by chance
        cr.execute(
            """
            UPDATE ehr_encounter
               SET reference = upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 10))
             WHERE id IN (
                   SELECT id FROM (
                          SELECT id, reference,
                                 row_number() OVER (PARTITION BY reference ORDER BY id) AS number
                            FROM ehr_encounter) v
                    WHERE reference IS NULL OR number > 1)
            """
        )
        drawn = cr.rowcount
