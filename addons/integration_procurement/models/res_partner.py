from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.answers import Tolerance

AMOUNTS = (
    "property_supplier_price_tolerance",
    "property_supplier_quantity_tolerance",
    "property_supplier_late_tolerance",
    "property_supplier_price_list_tolerance",
)


class ResPartner(models.Model):
    """Suppliers show whether other systems have them as they stand here, and may have tolerances
    of their own, in each company."""

    _name = "res.partner"
    _inherit = ["res.partner", "integration.sync.mixin"]

    property_supplier_own_tolerances = fields.Boolean(
        string="Own tolerances",
        company_dependent=True,
        help="What this supplier may deviate by without somebody having to decide; otherwise the "
        "settings of the company apply.",
    )
    property_supplier_price_tolerance = fields.Float(
        string="Price tolerance (%)", company_dependent=True
    )
    property_supplier_quantity_tolerance = fields.Float(
        string="Quantity tolerance (%)", company_dependent=True
    )
    property_supplier_late_tolerance = fields.Integer(string="Days late", company_dependent=True)
    property_supplier_price_list_tolerance = fields.Float(
        string="Price list tolerance (%)", company_dependent=True
    )

    @api.constrains(*AMOUNTS)
    def _check_supplier_tolerances(self):
        for partner in self:
            if any(partner[name] < 0 for name in AMOUNTS):
                raise ValidationError(self.env._("A tolerance is not negative."))

    def _supplier_tolerance(self, company) -> Tolerance:
        """How far answers of this supplier may be from orders of ``company``."""
        owner, prefix = self._supplier_tolerance_owner(company)
        return Tolerance(
            price_percent=Decimal(repr(owner[f"{prefix}price_tolerance"])),
            quantity_percent=Decimal(repr(owner[f"{prefix}quantity_tolerance"])),
            days_late=owner[f"{prefix}late_tolerance"],
        )

    def _supplier_price_list_tolerance(self, company) -> Decimal:
        """How far a price of this supplier's list may be from the present one, in percent."""
        owner, prefix = self._supplier_tolerance_owner(company)
        return Decimal(repr(owner[f"{prefix}price_list_tolerance"]))

    def _supplier_tolerance_owner(self, company):
        supplier = self.commercial_partner_id.with_company(company)
        if supplier.property_supplier_own_tolerances:
            return supplier, "property_supplier_"
        return company, "supplier_"

    def _integration_responsible_user(self):
        return self.buyer_id or super()._integration_responsible_user()
