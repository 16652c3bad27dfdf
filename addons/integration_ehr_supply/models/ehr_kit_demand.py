from odoo import fields, models
from odoo.tools import SQL


class EhrKitDemand(models.Model):
    """What the schedule takes: by item, day and theatre, from the kits of appointments to come.

    Days are those of the company's contact. It is a forecast of usage: what is reserved for it
    already is part of it.
    """

    _name = "ehr.kit.demand"
    _description = "Planned Demand of Case Kits"
    _auto = False
    _order = "day, product_id, id"
    _rec_name = "product_id"

    day = fields.Date(readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    quantity = fields.Float(
        readonly=True, digits="Product Unit", help="In the unit in which the product is kept."
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    appointments = fields.Integer(readonly=True)
    place_id = fields.Many2one("ehr.location", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    available = fields.Float(
        string="On hand",
        compute="_compute_available",
        digits="Product Unit",
        help="In all places of the company, now.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT row_number() OVER (
                       ORDER BY day, product_id, place_id, company_id) AS id,
                   demand.*
              FROM (
            SELECT (a.start_at AT TIME ZONE 'UTC'
                        AT TIME ZONE COALESCE(p.tz, 'UTC'))::date AS day,
                   l.product_id, a.location_id AS place_id, a.company_id,
                   sum(l.quantity * lu.factor / pu.factor) AS quantity,
                   count(DISTINCT a.id)::int AS appointments
              FROM ehr_appointment a
              JOIN res_company c ON c.id = a.company_id
              JOIN res_partner p ON p.id = c.partner_id
              JOIN (SELECT DISTINCT appointment_id, code FROM ehr_appointment_resource
                     WHERE kind = 'service' AND code IS NOT NULL) s ON s.appointment_id = a.id
              JOIN LATERAL (
                   SELECT k.id FROM ehr_case_kit k
                    WHERE k.active AND k.kind = 'procedure' AND k.code = s.code
                      AND k.company_id = a.company_id
                      AND (k.staff_id IS NULL OR k.staff_id IN (
                          SELECT r.staff_id FROM ehr_appointment_resource r
                           WHERE r.appointment_id = a.id AND r.staff_id IS NOT NULL))
                    ORDER BY k.staff_id NULLS LAST LIMIT 1) kit ON TRUE
              JOIN ehr_case_kit_line l ON l.kit_id = kit.id
              JOIN product_product v ON v.id = l.product_id
              JOIN product_template t ON t.id = v.product_tmpl_id
              JOIN uom_uom lu ON lu.id = l.uom_id
              JOIN uom_uom pu ON pu.id = t.uom_id
             WHERE a.status IN ('pending', 'booked') AND a.start_at >= now() AT TIME ZONE 'UTC'
             GROUP BY day, l.product_id, a.location_id, a.company_id
                   ) demand
            """
        )

    def _compute_available(self):
        for company, lines in self.grouped("company_id").items():
            on_hand = {
                product.id: product.qty_available
                for product in lines.product_id.with_company(company)
            }
            for line in lines:
                line.available = on_hand[line.product_id.id]

    def action_open_reordering(self):
        """The reordering rules of the item, with what is planned beside them."""
        return self.product_id.action_open_kit_reordering()
