from odoo import api, fields, models

from odoo.addons.integration_core.tools import errors


class EhrPayer(models.Model):
    """Who pays for visits, by the code that clinical systems use.

    The list counts if the settings of the census say that payers must be known: a message with
    another code waits then, and nothing that is no payer gets into a visit.
    """

    _name = "ehr.payer"
    _description = "Payer of Visits"
    _order = "code, id"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, help="As messages name it.")
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code)", "There is a payer with this code already, maybe archived."
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for payer in self:
            payer.display_name = f"{payer.code} {payer.name}" if payer.name else payer.code

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._trim(vals)
        return super().create(vals_list)

    def write(self, vals):
        vals = dict(vals)
        self._trim(vals)
        return super().write(vals)

    @api.model
    def _trim(self, vals):
        if vals.get("code"):
            vals["code"] = vals["code"].strip()

    @api.model
    def _require_known(self, codes):
        """Let the payers of messages be in the list, if the company wants that.

        :raises errors.MappingError: ``unknown_payer``
        """
        company = self.env.company
        # sudo: how the census is kept; a service user need not be able to read companies
        if not codes or not company.sudo().ehr_known_payers:
            return
        known = self.search([("company_id", "=", company.id), ("code", "in", list(codes))])
        if codes - set(known.mapped("code")):
            raise errors.MappingError(
                "The message names a payer that is not in the list. Add it under Census / "
                "Configuration / Payers, or mend the mapping if it is no payer; then retry.",
                code="unknown_payer",
            )
