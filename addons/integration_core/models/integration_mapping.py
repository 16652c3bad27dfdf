from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import routes, value_maps
from ..mixins.governed import lifecycle, touch
from ..tools import errors, mapping


class IntegrationMapping(models.Model):
    """Turns a partner's JSON into canonical JSON or back, with JMESPath and value maps.

    Each record is one version. Out of draft its content does not change: a new version is made
    from it, reviewed, and chosen by the interfaces.
    """

    _name = "integration.mapping"
    _description = "Integration Mapping"
    _inherit = ["integration.versioned"]
    _order = "name, version desc, id"

    _version_content = frozenset({"name", "header", "section_ids", "value_map_ids"})
    _version_action = "integration_core.action_integration_mapping"

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    active = fields.Boolean(default=True)
    previous_id = fields.Many2one(
        "integration.mapping",
        string="Made from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The version of which this one is a changed copy.",
    )
    state = lifecycle(
        ("retired", "Retired"),
        help="Only an approved mapping can serve an interface.",
    )
    header = fields.Text(
        string="Fields of the object",
        required=True,
        default="`{}`",
        help="JMESPath expression over {root, context} that gives the object's own fields, "
        "such as {order_number: root.order_no}.",
    )
    section_ids = fields.One2many("integration.mapping.section", "mapping_id", copy=True)
    value_map_ids = fields.Many2many(
        "integration.value.map",
        string="Value maps",
        ondelete="restrict",
        context={"active_test": False},
        help="Value maps that lookup('code', value) may use.",
    )
    interface_ids = fields.One2many(
        "integration.interface",
        "mapping_id",
        string="Used by",
        readonly=True,
        context={"active_test": False},
    )
    rule_ids = fields.One2many(
        "integration.routing.line", "mapping_id", string="Used by rules", readonly=True
    )

    _version_unique = models.Constraint(
        "UNIQUE(name, version)",
        "There is a mapping of this name already. Open it and make a new version of it, or choose "
        "another name.",
    )

    def _as_text(self):
        """The whole content as lines that a person can compare."""
        if not self:
            return ""
        parts = [self.env._("Fields of the object:"), self.header or ""]
        for section in self.section_ids:
            parts += [
                self.env._(
                    "Repeated part “%(result)s” from “%(origin)s”:",
                    result=section.target,
                    origin=section.source,
                ),
                section.expression or "",
            ]
        codes = sorted(code for code in self.value_map_ids.mapped("code") if code)
        parts.append(self.env._("Value maps: %s", ", ".join(codes) or "-"))
        return "\n".join(parts)

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("header", "section_ids")
    def _check_expressions(self):
        for record in self:
            try:
                record._compiled()
            except errors.MappingError as exc:
                raise ValidationError(
                    self.env._("%(mapping)s: %(reason)s", mapping=record.name, reason=exc.message)
                ) from exc

    # ------------------------------------------------------------------
    # lifecycle
    # ------------------------------------------------------------------

    def action_submit(self):
        for record in self:
            missing = sorted(
                record._compiled().map_names - set(record.value_map_ids.mapped("code"))
            )
            if missing:
                raise ValidationError(
                    self.env._(
                        "“%(mapping)s” looks values up in %(codes)s. Add these value maps first.",
                        mapping=record.display_name,
                        codes=", ".join(f"“{code}”" for code in missing),
                    )
                )
        return super().action_submit()

    def _used_domain(self):
        return routes.with_mapping("", "in", self.ids)

    # ------------------------------------------------------------------
    # what the engine asks
    # ------------------------------------------------------------------

    def _spec(self):
        """The mapping as :func:`tools.mapping.compile_mapping` takes it."""
        self.ensure_one()
        return mapping.MappingSpec(
            header=self.header or "",
            sections=tuple(
                mapping.Section(
                    target=section.target or "",
                    source=section.source or "",
                    expression=section.expression or "",
                )
                for section in self.section_ids
            ),
        )

    def _compiled(self):
        """The compiled mapping (:class:`tools.mapping.CompiledMapping`).

        :raises errors.MappingError: an expression is wrong.
        """
        return mapping.compile_mapping(self._spec())

    def _value_maps(self, names):
        """The maps of these codes, as far as this mapping may use them, by day."""
        wanted = self.value_map_ids.filtered(lambda value_map: value_map.code in names)
        return value_maps.loaded(wanted)


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
    target = fields.Char(
        string="List in the result", required=True, help="Where the list goes, such as “lines”."
    )
    source = fields.Char(
        string="For each of",
        required=True,
        help="JMESPath to the list that arrived, such as “positions”.",
    )
    expression = fields.Text(
        string="Makes",
        required=True,
        help="JMESPath over {root, item, index, context} that gives one element of the list.",
    )

    @api.depends("target")
    def _compute_display_name(self):
        for section in self:
            section.display_name = section.target

    @api.constrains("target", "source", "expression")
    def _check_expressions(self):
        self.mapping_id._check_expressions()

    @api.model_create_multi
    def create(self, vals_list):
        sections = super().create(vals_list)
        sections._touch_mapping()
        return sections

    def write(self, vals):
        self._touch_mapping()
        res = super().write(vals)
        if "mapping_id" in vals:
            self._touch_mapping()
        return res

    def unlink(self):
        self._touch_mapping()
        return super().unlink()

    def _touch_mapping(self):
        """Sections are content of their mapping: locked with it, and their author is its author."""
        self.mapping_id._raise_unless_draft()
        touch(self.mapping_id)
        self.mapping_id._governance_remember_author()
