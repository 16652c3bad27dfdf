from odoo import fields, models


class IntegrationValueMap(models.Model):
    """Codes of a partner and what they mean here, used by mappings."""

    _name = "integration.value.map"
    _description = "Integration Value Map"
    _inherit = ["integration.audited"]
    _order = "name, id"

    name = fields.Char(required=True)
    code = fields.Char(required=True, help="Name used in mappings: lookup('code', value).")
    active = fields.Boolean(default=True)
    line_ids = fields.One2many("integration.value.map.line", "map_id", copy=True)

    _code_unique = models.Constraint("UNIQUE(code)", "Another value map has this code already.")


class IntegrationValueMapLine(models.Model):
    """One translated value."""

    _name = "integration.value.map.line"
    _description = "Integration Value Map Line"
    _inherit = ["integration.audited"]
    _order = "source, id"

    map_id = fields.Many2one("integration.value.map", required=True, index=True, ondelete="cascade")
    source = fields.Char(required=True)
    target = fields.Char(required=True)

    _source_unique = models.Constraint("UNIQUE(map_id, source)", "This value is mapped already.")
