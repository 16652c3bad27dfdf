"""Reservations of kits say which item of the kit they are by its place there, and no longer by its
line, which led storekeepers to the procedure."""

from odoo.tools import SQL, column_exists

_FILL = """
    UPDATE stock_move m SET ehr_kit_part = line.part
      FROM (
        SELECT id, row_number() OVER (PARTITION BY kit_id ORDER BY sequence, id) AS part
          FROM ehr_case_kit_line
      ) AS line
     WHERE line.id = m.ehr_kit_line_id
"""


def migrate(cr, version):
    if version and column_exists(cr, "stock_move", "ehr_kit_line_id"):
        cr.execute(SQL(_FILL))
