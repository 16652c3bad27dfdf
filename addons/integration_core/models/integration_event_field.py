from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import changes, disclosure
from ..mixins.governed import touch
from ..tools import field_paths


class IntegrationEventField(models.Model):
    """A field of the document that an event carries."""

    _name = "integration.event.field"
    _description = "Integration Event Field"
    _inherit = ["integration.audited"]
    _order = "sequence, id"
    _rec_name = "path"

    type_id = fields.Many2one(
        "integration.event.type", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    model_name = fields.Char(related="type_id.model_name")
    path = fields.Char(
        string="Field",
        required=True,
        help="Follow links with the arrow: “order_line.product_id.default_code” gives a list of "
        "lines, each with its product and that product's code.",
    )

    _path_unique = models.Constraint("UNIQUE(type_id, path)", "This field is listed already.")

    @api.constrains("path", "type_id")
    def _check_path(self):
        for line in self:
            try:
                disclosure.check_path(line.type_id._model(), line.path)
                line._check_free()
                field_paths.tree(line.type_id.field_ids.mapped("path"))
            except field_paths.PathError as exc:
                raise ValidationError(
                    self.env._(
                        "“%(path)s” cannot be part of an event: %(reason)s.",
                        path=line.path,
                        reason=str(exc),
                    )
                ) from exc
        self.type_id._check_subscribers_class()

    def _check_free(self):
        """
        :raises field_paths.PathError: the event carries something else under this name
        """
        if self.type_id.trigger == "changed" and field_paths.split(self.path)[0] == changes.CHANGES:
            raise field_paths.PathError("it would be mistaken for the list of what changed")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.type_id._raise_if_in_use()
        touch(lines.type_id)
        lines.type_id._require_rights()
        lines.type_id._triggers_changed()
        return lines

    def write(self, vals):
        left = self.type_id
        left._raise_if_in_use()
        touch(left)
        res = super().write(vals)
        if "type_id" in vals:  # where the lines came to, what was approved must not change either
            self.type_id._raise_if_in_use()
        self.type_id._require_rights()
        (left | self.type_id)._triggers_changed()
        return res

    def unlink(self):
        types = self.type_id
        types._raise_if_in_use()
        touch(types)
        res = super().unlink()
        types._triggers_changed()
        return res
