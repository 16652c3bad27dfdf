from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.value_maps import Entry


class IntegrationValueMap(models.Model):
    """Codes of a partner and what they mean here, used by mappings."""

    _name = "integration.value.map"
    _description = "Integration Value Map"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.audited"]
    _order = "name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True, copy=False, tracking=True, help="Name used in mappings: lookup('code', …)."
    )
    description = fields.Text(help="What the codes are, and who at the partner knows them.")
    active = fields.Boolean(default=True)
    owner_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets a task when somebody proposes a value.",
    )
    line_ids = fields.One2many("integration.value.map.line", "map_id", copy=True)
    mapping_ids = fields.Many2many(
        "integration.mapping", string="Used by", readonly=True, copy=False
    )
    mapping_count = fields.Integer(compute="_compute_counts")
    value_count = fields.Integer(string="Values", compute="_compute_counts")
    proposed_count = fields.Integer(string="Proposed", compute="_compute_counts")

    _code_unique = models.Constraint("UNIQUE(code)", "Another value map has this code already.")

    @api.depends("mapping_ids", "line_ids.state")
    def _compute_counts(self):
        counts = {
            (value_map.id, state): count
            for value_map, state, count in self.env["integration.value.map.line"]._read_group(
                [("map_id", "in", self.ids)], ["map_id", "state"], ["__count"]
            )
        }
        for value_map in self:
            value_map.mapping_count = len(value_map.mapping_ids)
            value_map.value_count = counts.get((value_map.id, "confirmed"), 0)
            value_map.proposed_count = counts.get((value_map.id, "proposed"), 0)

    def copy_data(self, default=None):
        return [
            {
                **vals,
                "name": self.env._("%s (copy)", value_map.name),
                "code": f"{value_map.code}_copy",
                **(default or {}),
            }
            for value_map, vals in zip(self, super().copy_data(default), strict=True)
        ]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_mappings(vals)
            # Said here, so that no default (context, ir.default) says otherwise.
            vals.setdefault("mapping_ids", [])
        return super().create(vals_list)

    def write(self, vals):
        self._check_mappings(vals)
        if "code" in vals:
            for value_map in self.filtered(lambda m: m.code != vals["code"]):
                value_map._raise_if_locked(
                    self.env._("its code cannot change: the mapping looks it up by this name")
                )
        return super().write(vals)

    def _check_mappings(self, vals):
        """The maps of a mapping are its reviewed content and change at the mapping alone."""
        if vals.get("mapping_ids") and not self.env.su:
            raise AccessError(
                self.env._("Which value maps a mapping uses is set in the mapping, while a draft.")
            )

    def _raise_if_locked(self, consequence):
        """What a reviewed mapping refers to stays."""
        # sudo: whoever may change the map must be told of all that use it
        for mapping in self.sudo().with_context(active_test=False).mapping_ids:
            if mapping.state != "draft":
                raise UserError(
                    self.env._(
                        "“%(mapping)s” uses this value map, so %(consequence)s.",
                        mapping=mapping.display_name,
                        consequence=consequence,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._raise_if_locked(self.env._("it cannot be deleted"))

    def _entries(self):
        """``{code: [Entry]}`` of the confirmed lines: nothing else is ever applied."""
        entries: dict[str, list[Entry]] = {value_map.code: [] for value_map in self}
        self.env["integration.value.map.line"].flush_model()
        # Read by a drain once a second, so without records.
        self.env.cr.execute(
            """
            SELECT m.code, l.source, l.target, l.valid_from, l.valid_to
              FROM integration_value_map m
              LEFT JOIN integration_value_map_line l ON l.map_id = m.id AND l.state = 'confirmed'
             WHERE m.id = ANY(%s)
            """,
            [self.ids],
        )
        for code, *entry in self.env.cr.fetchall():
            if entry[0] is not None:
                entries[code].append(Entry(*entry))
        return entries

    def action_open_mappings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_mapping"
        )
        action["domain"] = [("value_map_ids", "in", self.ids)]
        action["context"] = {}
        return action

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_value_map_line"
        )
        action["domain"] = [("map_id", "=", self.id)]
        action["context"] = {"default_map_id": self.id}
        return action
