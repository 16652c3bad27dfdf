from odoo import api, fields, models


class EhrStaff(models.Model):
    """Somebody who works at a clinical system, by his number there: no name, no birth date."""

    _name = "ehr.staff"
    _description = "Clinical Staff"
    _order = "number, id"
    _rec_name = "number"
    _check_company_auto = True

    number = fields.Char(string="Staff number", required=True)
    assigner = fields.Char(
        string="Assigned by", required=True, default="", help="Whose number it is."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )

    _number_unique = models.UniqueIndex("(company_id, assigner, number)")

    @api.depends("number", "assigner")
    def _compute_display_name(self):
        for staff in self:
            number = staff.number or ""
            staff.display_name = f"{number} ({staff.assigner})" if staff.assigner else number
