from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import errors, mapping


class IntegrationMapping(models.Model):
    """Turns a partner's JSON into canonical JSON or back, with JMESPath and value maps."""

    _name = "integration.mapping"
    _description = "Integration Mapping"
    _inherit = ["mail.thread", "integration.audited"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    active = fields.Boolean(default=True)
    header = fields.Text(
        required=True,
        default="`{}`",
        tracking=True,
        help="JMESPath expression over {root, context} that gives the object's own fields, "
        "such as {order_number: root.order_no}.",
    )
    section_ids = fields.One2many("integration.mapping.section", "mapping_id", copy=True)
    value_map_ids = fields.Many2many(
        "integration.value.map", help="Value maps that lookup('code', value) may use."
    )

    @api.constrains("header", "section_ids")
    def _check_expressions(self):
        for record in self:
            try:
                record._compiled()
            except errors.MappingError as exc:
                raise ValidationError(
                    self.env._("%(mapping)s: %(reason)s", mapping=record.name, reason=exc.message)
                ) from exc

    def write(self, vals):
        if {"header", "section_ids", "value_map_ids"} & set(vals):
            self._raise_if_in_use()
        return super().write(vals)

    def _raise_if_in_use(self):
        """A mapping that was approved with an interface does not change under it."""
        used = (
            # sudo: interfaces of other companies count as well
            self.env["integration.interface"]
            .sudo()
            .search([("mapping_id", "in", self.ids), ("state", "!=", "draft")], limit=1)
        )
        if used:
            raise UserError(
                self.env._(
                    "“%s” uses this mapping. Set the interface back to draft, or copy the mapping "
                    "and choose the copy.",
                    used.display_name,
                )
            )

    def _compiled(self):
        """The compiled mapping (:class:`tools.mapping.CompiledMapping`).

        :raises errors.MappingError: an expression is wrong.
        """
        self.ensure_one()
        return mapping.compile_mapping(
            mapping.MappingSpec(
                header=self.header,
                sections=tuple(
                    mapping.Section(
                        target=section.target,
                        source=section.source,
                        expression=section.expression,
                    )
                    for section in self.section_ids
                ),
            )
        )

    def _value_maps(self):
        """``{map code: {source value: target value}}`` of the maps that this mapping may use."""
        return {
            value_map.code: {line.source: line.target for line in value_map.line_ids}
            for value_map in self.value_map_ids
        }


class IntegrationMappingSection(models.Model):
    """A repeated part of a mapped document, such as its lines."""

    _name = "integration.mapping.section"
    _description = "Integration Mapping Section"
    _inherit = ["integration.audited"]
    _order = "sequence, id"

    mapping_id = fields.Many2one(
        "integration.mapping", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    target = fields.Char(required=True, help="Where the list goes, such as “lines”.")
    source = fields.Char(required=True, help="JMESPath to the partner's list, such as “positions”.")
    expression = fields.Text(
        required=True,
        help="JMESPath over {root, item, index, context} that gives one element of the list.",
    )

    @api.constrains("target", "source", "expression")
    def _check_expressions(self):
        self.mapping_id._check_expressions()

    @api.model_create_multi
    def create(self, vals_list):
        sections = super().create(vals_list)
        sections.mapping_id._raise_if_in_use()
        return sections

    def write(self, vals):
        self.mapping_id._raise_if_in_use()
        return super().write(vals)

    def unlink(self):
        self.mapping_id._raise_if_in_use()
        return super().unlink()
