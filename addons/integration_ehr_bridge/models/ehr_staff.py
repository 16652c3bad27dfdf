from odoo import api, fields, models
from odoo.fields import Domain


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

    @api.model
    def _resolve(self, identifiers, company=None):
        """The staff with these numbers; who is not known yet is created, by number alone.

        :param identifiers: pairs of assigner and number
        :return: ``{(assigner, number): staff}``
        """
        company = company or self.env.company
        wanted = list(dict.fromkeys(identifiers))
        if not wanted:
            return {}
        records = self.with_context(active_test=False).search_fetch(
            Domain("company_id", "=", company.id)
            & Domain("number", "in", [number for _assigner, number in wanted]),
            ["number", "assigner"],
        )
        known = {(one.assigner or "", one.number): one for one in records}
        found = {tuple(one): known[tuple(one)] for one in wanted if tuple(one) in known}
        missing = [tuple(one) for one in wanted if tuple(one) not in known]
        created = self.create(
            [
                {"assigner": assigner, "number": number, "company_id": company.id}
                for assigner, number in missing
            ]
        )
        return {**found, **dict(zip(missing, created, strict=True))}
