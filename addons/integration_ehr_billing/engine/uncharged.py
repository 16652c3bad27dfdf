"""The statement behind the list of what was used and not charged."""

from __future__ import annotations

from odoo.tools import SQL

#: Where goods are used up, as seen from stock.
USED_UP = ("production", "customer", "inventory")

# Lines of usage, less what came back of them. Ids are even here, and odd of stock moves.
_LINES = """
    SELECT 2 * c.id AS id, c.id AS consumption_id, NULL::integer AS stock_move_id,
           c.number || '/' || c.line AS name, c.used_at, c.product_id, c.uom_id,
           c.quantity - back.quantity / u.factor AS quantity, c.encounter_id, c.system_id,
           c.company_id, coalesce(c.is_left_uncharged, false) AS is_left,
           coalesce(s.ehr_charges_usage, false) AS by_system,
           array[c.number, c.order_number] AS orders
      FROM ehr_consumption c
      JOIN uom_uom u ON u.id = c.uom_id
      JOIN integration_system s ON s.id = c.system_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(r.quantity * ru.factor), 0) AS quantity
             FROM ehr_consumption r JOIN uom_uom ru ON ru.id = r.uom_id
            WHERE r.returns_id = c.id) back
     WHERE c.returns_id IS NULL AND c.action = 'use' AND c.encounter_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM ehr_charge h WHERE h.consumption_id = c.id)
"""
# Moves of transfers for a visit, which people make: as StockMove._post_charges takes them.
_MOVES = """
    SELECT 2 * m.id + 1, NULL, m.id, p.name, m.date, m.product_id, m.product_uom,
           m.quantity - back.quantity / u.factor, p.encounter_id, NULL::integer, m.company_id,
           coalesce(m.is_left_uncharged, false), false, NULL
      FROM stock_picking p
      JOIN stock_move m ON m.picking_id = p.id
      JOIN stock_location f ON f.id = m.location_id
      JOIN stock_location t ON t.id = m.location_dest_id
      JOIN uom_uom u ON u.id = m.product_uom
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(r.quantity * ru.factor), 0) AS quantity
             FROM stock_move r JOIN uom_uom ru ON ru.id = r.product_uom
            WHERE r.origin_returned_move_id = m.id AND r.state = 'done') back
     WHERE p.encounter_id IS NOT NULL AND coalesce(p.ehr_usage, '') <> 'use'
       AND m.state = 'done' AND m.scrap_id IS NULL AND NOT coalesce(m.is_inventory, false)
       AND f.usage = 'internal' AND t.usage IN %(used_up)s
       AND NOT EXISTS (SELECT 1 FROM ehr_charge h WHERE h.stock_move_id = m.id)
"""
# Where clinical systems charge, any charge of the product for the visit, or of what the product is
# charged as, counts as that of its usage, unless all of it was taken back: most do not say which
# dispense they charge. One that names the order or dispense (FT1-23) may charge anything, such as
# the service of implanting, but is of the line of that order with its product, if there is one.
_WHY = """
    SELECT used.*,
           CASE WHEN used.is_left THEN 'left'
                WHEN t.ehr_never_charged THEN 'never'
                WHEN o.ehr_charge_direction <> 'out' THEN 'sender'
                WHEN used.by_system THEN 'system'
                WHEN NOT EXISTS (
                     SELECT 1 FROM ehr_charge_code k
                      WHERE k.active AND k.product_id = used.product_id
                        AND k.company_id = used.company_id) THEN 'code'
                ELSE 'late' END AS reason
      FROM ({lines} UNION ALL {moves}) used
      JOIN product_product v ON v.id = used.product_id
      JOIN product_template t ON t.id = v.product_tmpl_id
      JOIN res_company o ON o.id = used.company_id
      JOIN ehr_encounter e ON e.id = used.encounter_id
     WHERE used.quantity > 0.000001
       AND (o.ehr_charge_direction = 'out' OR NOT EXISTS (
            SELECT 1 FROM ehr_charge h
             WHERE h.encounter_id IN (e.id, e.joined_into_id) AND h.kind = 'charge'
               AND h.source = 'feed' AND NOT coalesce(h.is_credited, false)
               AND (h.product_id IN (used.product_id, t.ehr_charged_as_id)
                    OR h.order_number = ANY(used.orders) AND NOT EXISTS (
                       SELECT 1 FROM ehr_consumption n
                        WHERE n.encounter_id = used.encounter_id
                          AND n.product_id = h.product_id
                          AND h.order_number IN (n.number, n.order_number)))))
"""


def statement() -> SQL:
    """One row for each use for a visit of which nothing was charged, with the reason."""
    return SQL(_WHY.format(lines=_LINES, moves=_MOVES), used_up=USED_UP)
