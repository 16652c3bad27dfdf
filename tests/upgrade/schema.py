"""What a database's tables of the suite look like, as text that can be compared."""

from tests.harness import Database

_COLUMNS = """
    SELECT format('column %s.%s %s%s%s', c.relname, a.attname,
                  format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                  ' ' || pg_get_expr(d.adbin, d.adrelid)) AS line
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relkind = 'r' AND c.relname LIKE 'integration\\_%' AND a.attnum > 0
       AND NOT a.attisdropped
"""
_CONSTRAINTS = """
    SELECT format('constraint %s.%s %s', c.conrelid::regclass, c.conname,
                  pg_get_constraintdef(c.oid)) AS line
      FROM pg_constraint c
     WHERE c.conrelid::regclass::text LIKE 'integration\\_%'
"""
_INDEXES = """
    SELECT format('index %s', indexdef) AS line
      FROM pg_indexes WHERE tablename LIKE 'integration\\_%'
"""
_TRIGGERS = """
    SELECT format('trigger %s', pg_get_triggerdef(t.oid)) AS line
      FROM pg_trigger t
     WHERE NOT t.tgisinternal AND t.tgrelid::regclass::text LIKE 'integration\\_%'
"""
_FUNCTIONS = """
    SELECT format('function %s', pg_get_functiondef(p.oid)) AS line
      FROM pg_proc p WHERE p.proname LIKE 'integration\\_%'
"""


def lines(database: Database) -> set[str]:
    """Columns, constraints, indexes, triggers and functions of the suite's tables."""
    parts = (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _FUNCTIONS)
    return {row["line"] for part in parts for row in database.sql(part)}
