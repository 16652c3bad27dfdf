from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import field_paths
from ..tools.ownership import is_data


class IntegrationOwnershipField(models.Model):
    """One field of the documents that a system is the system of record for."""

    _name = "integration.ownership.field"
    _description = "Integration Owned Field"
    _inherit = ["integration.audited"]
    _order = "name, id"

    _audit_parent = "ownership_id"

    ownership_id = fields.Many2one(
        "integration.ownership", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="ownership_id.company_id", store=True)
    model_name = fields.Char(related="ownership_id.model_name")
    name = fields.Char(
        string="Field",
        required=True,
        help="A field of the record itself. What belongs to its lines is owned on the kind of the "
        "lines.",
    )
    label = fields.Char(string="Called", compute="_compute_label")

    _name_unique = models.Constraint("UNIQUE(ownership_id, name)", "This field is listed already.")

    @api.depends("name", "model_name")
    def _compute_label(self):
        for line in self:
            model = self.env.get(line.model_name or "")
            field = model._fields.get(line.name or "") if model is not None else None
            line.label = field._description_string(self.env) if field else line.name

    @api.constrains("name", "ownership_id")
    def _check_name(self):
        for line in self:
            field = line.ownership_id._model()._fields.get(line.name)
            if field is None:
                problem = self.env._("there is no such field")
            elif not is_data(line.name):
                problem = self.env._("Odoo keeps it by itself")
            elif field_paths.looks_secret(line.name):
                problem = self.env._("it sounds like a secret")
            elif field.inherited:
                problem = self.env._("it belongs to another record; own it there")
            elif field.type == "one2many":
                problem = self.env._("its lines are records of their own; own their fields")
            elif not field.store:
                problem = self.env._("it is computed from others; own those")
            else:
                continue
            raise ValidationError(
                self.env._(
                    "“%(field)s” cannot be owned: %(problem)s.", field=line.name, problem=problem
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.ownership_id._require_draft()
        return lines

    def write(self, vals):
        self.ownership_id._require_draft()
        res = super().write(vals)
        self.ownership_id._require_draft()
        return res

    def unlink(self):
        self.ownership_id._require_draft()
        return super().unlink()
