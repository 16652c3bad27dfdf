from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EhrCaseKitLine(models.Model):
    """An item of a kit, with quantity and unit."""

    _name = "ehr.case.kit.line"
    _description = "Item of a Case Kit"
    _order = "kit_id, sequence, id"
    _check_company_auto = True

    kit_id = fields.Many2one(
        "ehr.case.kit", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="kit_id.company_id", store=True, index=True)
    kit_kind = fields.Selection(related="kit_id.kind")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('type', 'in', ('consu', 'service') if kit_kind == 'test' else ('consu',))]",
    )
    quantity = fields.Float(required=True, default=1.0, digits="Product Unit")
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
    )
    supplier_id = fields.Many2one(
        "res.partner",
        string="Done by",
        ondelete="restrict",
        check_company=True,
        help="Who does a service that is part of a test: it is asked of him as a request for "
        "quotation.",
    )

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "The quantity of an item of a kit is more than zero."
    )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            if not line.uom_id or not line.uom_id._has_common_reference(line.product_id.uom_id):
                line.uom_id = line.product_id.uom_id

    @api.depends("product_id", "quantity", "uom_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = (
                f"{line.product_id.display_name}: {line.quantity:g} {line.uom_id.display_name}"
            )

    @api.constrains("product_id", "uom_id", "kit_id", "supplier_id")
    def _check_product_id(self):
        for line in self:
            if not line.uom_id._has_common_reference(line.product_id.uom_id):
                raise ValidationError(
                    self.env._("“%s” is not counted in this unit.", line.product_id.display_name)
                )
            service = line.product_id.type == "service"
            if line.product_id.type == "combo" or (service and line.kit_id.kind != "test"):
                raise ValidationError(
                    self.env._(
                        "“%s” cannot be reserved: kits of procedures hold goods.",
                        line.product_id.display_name,
                    )
                )
            if service and not line.supplier_id:
                raise ValidationError(
                    self.env._("Who does “%s”? Choose the supplier.", line.product_id.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.kit_id._items_changed()
        return lines

    def write(self, vals):
        kits = self.kit_id
        res = super().write(vals)
        if not {"product_id", "quantity", "uom_id", "kit_id"}.isdisjoint(vals):
            (kits | self.kit_id)._items_changed()
        return res

    def unlink(self):
        kits = self.kit_id
        res = super().unlink()
        kits._items_changed()
        return res

    def _in_product_unit(self):
        self.ensure_one()
        return self.uom_id._compute_quantity(self.quantity, self.product_id.uom_id, round=False)
