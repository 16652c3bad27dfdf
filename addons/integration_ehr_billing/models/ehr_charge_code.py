from odoo import api, fields, models
from odoo.fields import Domain


class EhrChargeCode(models.Model):
    """What a charge code of the clinical systems is in Odoo: a product, which decides on account
    and taxes, and whose price counts."""

    _name = "ehr.charge.code"
    _description = "Charge Code"
    _inherit = ["ehr.waits.for"]
    _order = "code, id"
    _check_company_auto = True
    _rec_name = "code"
    _rec_names_search = ["code", "product_id"]
    _waiting_codes = ("unknown_charge_code", "no_amount")

    code = fields.Char(required=True, help="As messages name it.")
    system_id = fields.Many2one(
        "integration.system",
        ondelete="cascade",
        groups="integration_core.group_observer,integration_ehr_bridge.group_feed",
        help="Only charges of this system. Empty: of all. The code of a system goes before.",
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('sale_ok', '=', True)]",
        help="Its income account and customer taxes count, by the fiscal position of whoever is "
        "invoiced. Its name stands on the invoice, so it must tell nothing of an illness.",
    )
    price_rule = fields.Selection(
        lambda self: self.env["res.company"]._fields["ehr_charge_price_rule"].selection,
        help="Empty: as the settings say.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code, coalesce(system_id, 0)) WHERE active",
        "There is such a code already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._trimmed(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._trimmed(vals))

    @api.model
    def _trimmed(self, vals):
        return {**vals, "code": vals["code"].strip()} if vals.get("code") else vals

    @api.model
    def _of(self, codes, system_id):
        """The codes of a system by their texts: its own ones before those of all systems."""
        company = self.env.company
        found = self.search(
            Domain("company_id", "=", company.id)
            & Domain("code", "in", list(codes))
            & Domain("system_id", "in", (False, system_id))
        )
        return {one.code: one for one in found.sorted(lambda one: bool(one.system_id))}

    def _price_rule(self):
        # sudo: how charges are priced; a service user need not be able to read companies
        return self.price_rule or self.company_id.sudo().ehr_charge_price_rule

    def _own_amount(self, partner, quantity, currency, day):
        """What Odoo would invoice: the price of the payer's price list, else of the product."""
        pricelist = partner.property_product_pricelist
        product = self.product_id
        if pricelist:
            price = pricelist._get_product_price(product, quantity, currency=currency, date=day)
        else:
            price = product.currency_id._convert(
                product.lst_price, currency, self.company_id, day, round=False
            )
        return currency.round(price * quantity)
