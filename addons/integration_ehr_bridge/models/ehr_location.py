from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("unit", "Unit"),
    ("room", "Room"),
    ("bed", "Bed"),
    ("clinic", "Clinic"),
    ("theatre", "Theatre"),
    ("other", "Other"),
]
BED_STATES = [
    ("free", "Free"),
    ("occupied", "Occupied"),
    ("dirty", "To be cleaned"),
    ("housekeeping", "Being cleaned"),
    ("isolated", "Isolated"),
    ("closed", "Closed"),
]


class EhrLocation(models.Model):
    """A place where patients are: a unit, a room, a bed, named as the clinical systems name it."""

    _name = "ehr.location"
    _description = "Clinical Location"
    _order = "complete_name, id"
    _parent_store = True
    _check_company_auto = True
    _rec_names_search = ["complete_name", "name"]

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        help="As people call it; empty: as the clinical systems do.",
    )
    complete_name = fields.Char(compute="_compute_complete_name", store=True, recursive=True)
    code = fields.Char(
        compute="_compute_code",
        store=True,
        help="Its place as HL7 writes it.",
    )
    facility = fields.Char(required=True, default="", help="The hospital, as HL7 PL.4 names it.")
    point_of_care = fields.Char(required=True, string="Point of care", help="HL7 PL.1.")
    room = fields.Char(required=True, default="", help="HL7 PL.2; empty for a whole unit.")
    bed = fields.Char(required=True, default="", help="HL7 PL.3; empty for a room or a unit.")
    kind = fields.Selection(KINDS, required=True, default="unit")
    parent_id = fields.Many2one(
        "ehr.location", string="Part of", index=True, ondelete="restrict", check_company=True
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("ehr.location", "parent_id", string="Parts")
    unit_id = fields.Many2one(
        "ehr.location",
        string="Unit",
        compute="_compute_unit_id",
        store=True,
        recursive=True,
        index=True,
        help="The unit that it belongs to; census and reports are grouped by it.",
    )
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre",
        ondelete="restrict",
        check_company=True,
        help="Bears what is used here. Empty: that of the place that this one is part of.",
    )
    active = fields.Boolean(default=True)
    bed_state = fields.Selection(BED_STATES, readonly=True, help="Of beds only.")
    bed_state_at = fields.Datetime(
        string="Since", readonly=True, help="When the bed came into this state."
    )
    encounter_ids = fields.One2many("ehr.encounter", "location_id", string="Visits")
    housekeeping_ids = fields.One2many("ehr.housekeeping", "location_id", string="Housekeeping")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )

    _place_unique = models.UniqueIndex("(company_id, facility, point_of_care, room, bed)")

    @api.depends("point_of_care", "room", "bed")
    def _compute_name(self):
        for place in self:
            place.name = place.name or place.bed or place.room or place.point_of_care

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for place in self:
            above = place.parent_id.complete_name
            place.complete_name = f"{above} / {place.name}" if above else place.name

    @api.depends("complete_name")
    def _compute_display_name(self):
        for place in self:
            place.display_name = place.complete_name

    @api.depends("facility", "point_of_care", "room", "bed")
    def _compute_code(self):
        for place in self:
            pieces = (place.point_of_care, place.room, place.bed, place.facility)
            place.code = "^".join(piece or "" for piece in pieces).rstrip("^")

    @api.depends("kind", "parent_id.unit_id")
    def _compute_unit_id(self):
        for place in self:
            inside = place.kind in ("room", "bed") and place.parent_id
            place.unit_id = place.parent_id.unit_id if inside else place._origin or place

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A place cannot be part of itself."))
