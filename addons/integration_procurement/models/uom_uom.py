from odoo import api, fields, models, tools

from odoo.addons.account.models.uom_uom import UOM_TO_UNECE_CODE


class UomUom(models.Model):
    """Units have a code that partners understand; there is no default for one that has none."""

    _inherit = "uom.uom"

    integration_code = fields.Char(
        string="Unit code",
        help="Code of this unit in messages to partners, by UN/ECE Recommendation 20, such as "
        "“C62” for one piece or “DZN” for a dozen. Odoo's standard units have theirs already.",
    )

    def _integration_unit_code(self) -> str | None:
        """The code of this unit, or ``None``: a message with an unknown unit must not leave."""
        self.ensure_one()
        return self.integration_code or self._integration_standard_codes().get(self.id)

    @api.model
    def _integration_units(self, code):
        """The units with a code, as :meth:`_integration_unit_code` tells it."""
        standard = self._integration_standard_codes()
        known = [unit_id for unit_id, its_code in standard.items() if its_code == code]
        found = self.search(["|", ("integration_code", "=", code), ("id", "in", known)])
        return found.filtered(lambda unit: unit._integration_unit_code() == code)

    @api.model
    @tools.ormcache()
    def _integration_standard_codes(self) -> dict[int, str]:
        """Codes of Odoo's standard units by id: orders have many lines and few units."""
        found = {}
        for xmlid, code in UOM_TO_UNECE_CODE.items():
            unit_id = self.env["ir.model.data"]._xmlid_to_res_id(xmlid)
            if unit_id:
                found[unit_id] = code
        return found
