from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import audit, uses, value_maps
from ..mixins.governed import lifecycle, touch
from ..tools import errors, mapping
from ..tools.text_diff import line_diff

# What is reviewed, and what an interface relies on.
CONTENT = frozenset({"name", "header", "section_ids", "value_map_ids"})


class IntegrationMapping(models.Model):
    """Turns a partner's JSON into canonical JSON or back, with JMESPath and value maps.

    Each record is one version. Out of draft its content does not change: a new version is made
    from it, reviewed, and chosen by the interfaces.
    """

    _name = "integration.mapping"
    _description = "Integration Mapping"
    _inherit = ["integration.governed"]
    _order = "name, version desc, id"

    _closed_fields = frozenset({"version", "previous_id"})

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    active = fields.Boolean(default=True)
    version = fields.Integer(default=1, readonly=True, copy=False)
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
    version_count = fields.Integer(compute="_compute_version_count")
    diff = fields.Html(string="Changes", compute="_compute_diff", sanitize=False)

    _version_unique = models.Constraint(
        "UNIQUE(name, version)",
        "There is a mapping of this name already. Open it and make a new version of it, or choose "
        "another name.",
    )

    @api.depends("name", "version")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.name or ''} v{record.version}"

    @api.depends("name")
    def _compute_version_count(self):
        counts = dict(
            self._read_group([("name", "in", self.mapped("name"))], ["name"], ["__count"])
        )
        for record in self:
            record.version_count = counts.get(record.name, 0)

    @api.depends("header", "section_ids", "value_map_ids", "previous_id")
    @api.depends_context("lang")
    def _compute_diff(self):
        looks = {"added": ("text-success", "+"), "removed": ("text-danger", "-")}
        for record in self:
            lines = line_diff(record.previous_id._as_text(), record._as_text())
            rows = [
                Markup('<div class="{}">{} {}</div>').format(
                    looks.get(kind, ("text-muted", " "))[0],
                    looks.get(kind, ("", " "))[1],
                    "…" if kind == "gap" else text or " ",
                )
                for kind, text in lines
            ]
            record.diff = (
                Markup('<div class="o_integration_diff font-monospace">{}</div>').format(
                    Markup("").join(rows)
                )
                if rows and record.previous_id
                else False
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
            if section.optional:
                parts.append(self.env._("Left out when there is none."))
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

    def write(self, vals):
        if CONTENT & set(vals):
            self._raise_unless_draft()
        if "name" in vals:
            self._raise_if_versioned(vals["name"])
        return super().write(vals)

    def _raise_unless_draft(self):
        for record in self:
            if record.state != "draft":
                raise UserError(
                    self.env._(
                        "“%s” is not a draft, so its content does not change. Make a new version "
                        "of it.",
                        record.display_name,
                    )
                )

    def _raise_if_versioned(self, name):
        for record in self:
            if record.name != name and record.version_count > 1:
                raise UserError(
                    self.env._("The name joins all versions of “%s” and stays.", record.name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        if any(record.state != "draft" for record in self):
            raise UserError(
                self.env._("What was reviewed is kept. Retire the mapping or archive it instead.")
            )

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

    def action_retire(self):
        """No interface can choose it any more."""
        self.check_access("write")
        for record in self:
            if record.state != "approved":
                raise UserError(self.env._("Only an approved mapping can be retired."))
            used = uses.approved_interfaces(
                self.env,
                [
                    "|",
                    ("mapping_id", "=", record.id),
                    ("event_type_ids.mapping_id", "=", record.id),
                ],
                retired=False,
            )
            if used:
                raise UserError(
                    self.env._(
                        "Still used by %s. Let these interfaces use another version first.",
                        ", ".join(used.mapped("display_name")),
                    )
                )
        self.sudo().write({"state": "retired"})  # sudo: the state is closed to writes of people
        audit.record(self, "retire")

    def action_new_version(self):
        """A draft with the same content and the next number."""
        self.ensure_one()
        self.browse().check_access("create")
        newest = self.with_context(active_test=False).search(
            [("name", "=", self.name)], order="version desc", limit=1
        )
        vals = self.copy_data(
            {"name": self.name, "version": newest.version + 1, "previous_id": self.id}
        )
        # sudo: number and origin are closed to writes of people; the right was checked above
        version = self.browse(self.sudo().create(vals).id)
        version._governance_remember_author()
        return version._get_records_action()

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%s (copy)", record.name), **(default or {})}
            for record, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def action_open_versions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_mapping"
        )
        action["domain"] = [("name", "=", self.name)]
        action["context"] = {"active_test": False}
        return action

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
                    optional=section.optional,
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
    optional = fields.Boolean(
        string="Left out when empty",
        help="The result goes without this list when the document has no such elements. An empty "
        "list would say that there are none; no list says nothing about them.",
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
