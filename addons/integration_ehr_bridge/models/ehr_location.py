from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..tools.census_told import Place
from .ehr_encounter import CLASSES

KINDS = [
    ("unit", "Unit"),
    ("room", "Room"),
    ("bed", "Bed"),
    ("clinic", "Clinic"),
    ("theatre", "Theatre"),
    ("other", "Other"),
]
PIECES = ("facility", "point_of_care", "room", "bed")
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
        help="Its place as clinical messages name it: point of care, room, bed, facility.",
    )
    facility = fields.Char(
        required=True, default="", help="The hospital, as the clinical systems name it."
    )
    point_of_care = fields.Char(
        required=True,
        string="Point of care",
        help="The unit, clinic or theatre, as the clinical systems name it.",
    )
    room = fields.Char(required=True, default="", help="Empty for a whole unit.")
    bed = fields.Char(required=True, default="", help="Empty for a room or a unit.")
    kind = fields.Selection(KINDS, required=True, default="unit")
    parent_id = fields.Many2one(
        "ehr.location", string="Part of", index=True, ondelete="restrict", check_company=True
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("ehr.location", "parent_id", string="Parts")
    unit_id = fields.Many2one(
        "ehr.location",
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
    bed_state = fields.Selection(BED_STATES, readonly=True, copy=False, help="Of beds only.")
    bed_state_at = fields.Datetime(
        string="Since", readonly=True, copy=False, help="When the bed came into this state."
    )
    bed_told = fields.Selection(
        BED_STATES,
        string="Told meanwhile",
        readonly=True,
        copy=False,
        help="What the feed, or a census keeper, said last of the bed since it came into its "
        "state. While a patient is in the bed it stays occupied; what was said counts when the "
        "bed is left.",
    )
    bed_told_at = fields.Datetime(string="Told of", readonly=True, copy=False)
    encounter_ids = fields.One2many("ehr.encounter", "location_id", string="Visits")
    occupant_ids = fields.Many2many(
        "ehr.encounter", compute="_compute_occupant_ids", string="Patients here"
    )
    occupant_id = fields.Many2one("ehr.encounter", compute="_compute_occupant_ids", string="Visit")
    occupant_class = fields.Selection(CLASSES, compute="_compute_occupant_ids", string="Class")
    occupied_since = fields.Datetime(compute="_compute_occupant_ids", string="Admitted")
    present_count = fields.Integer(
        compute="_compute_counts", help="Patients who are here, in all parts of the place."
    )
    bed_count = fields.Integer(string="Beds", compute="_compute_counts")
    free_count = fields.Integer(string="Free beds", compute="_compute_counts")
    conflict = fields.Boolean(
        string="More than one patient",
        compute="_compute_occupant_ids",
        search="_search_conflict",
        help="The feed has several patients in this bed. One of them was moved or discharged, and "
        "nobody told it yet.",
    )
    housekeeping_ids = fields.One2many("ehr.housekeeping", "location_id")
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
            place.unit_id = place.parent_id.unit_id if inside else place._origin

    # Not dependent on visits: each message about one would go through the places for it.
    @api.depends("kind")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_occupant_ids(self):
        present = self.env["ehr.encounter"].search(
            [("location_id", "in", self.ids), ("state", "=", "present")], order="admitted_at, id"
        )
        by_place = present.grouped("location_id")
        for place in self:
            here = by_place.get(place._origin, present.browse())
            place.occupant_ids = here
            place.occupant_id = here[:1]
            place.occupant_class = here[:1].encounter_class
            place.occupied_since = here[:1].admitted_at
            place.conflict = place.kind == "bed" and len(here) > 1

    @api.model
    def _search_conflict(self, operator, value):
        if operator != "in":
            return NotImplemented
        rows = self.env["ehr.encounter"]._read_group(
            [("state", "=", "present"), ("location_id.kind", "=", "bed")],
            ["location_id"],
            having=[("__count", ">", 1)],
        )
        return [("id", "in" if True in value else "not in", [place.id for (place,) in rows])]

    @api.depends("bed_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_counts(self):
        inside = self.with_context(active_test=False).search([("id", "child_of", self.ids)])
        present = dict(
            self.env["ehr.encounter"]._read_group(
                [("state", "=", "present"), ("location_id", "in", inside.ids)],
                ["location_id"],
                ["__count"],
            )
        )
        found = defaultdict(Counter)
        for part in inside:
            bed = part.kind == "bed" and part.active
            here = {
                "present": present.get(part, 0),
                "beds": int(bed),
                "free": int(bed and part.bed_state == "free"),
            }
            for above in (part.parent_path or "").split("/")[:-1]:
                found[int(above)].update(here)
        for place in self:
            counts = found[place._origin.id]
            place.present_count = counts["present"]
            place.bed_count = counts["beds"]
            place.free_count = counts["free"]

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A place cannot be part of itself."))

    @api.constrains("active", "kind")
    def _check_empty(self):
        """What is no bed any more, or no place, has no patients."""
        for place in self.with_context(active_test=False):
            left = not place.active or (place.kind != "bed" and place.bed)
            if left and self.env["ehr.encounter"].search_count(
                [
                    ("state", "=", "present"),
                    ("location_id", "child_of" if not place.active else "=", place.id),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._(
                        "Patients are at “%s” by the census. Have them transferred first.",
                        place.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._fill(vals)
            if vals.get("kind") == "bed":
                vals.setdefault("bed_state", "free")
        places = super().create(vals_list)
        places._find_parents()
        return places

    def _find_parents(self):
        """Rooms and beds are part of what their names say, unless somebody said otherwise."""
        for place in self:
            above = Place(*(place[piece] or "" for piece in PIECES)).parent
            if place.parent_id or not above or place.kind not in ("room", "bed"):
                continue
            company, unit = place.company_id, above._replace(room="")
            known = self._known_places([above, unit], company)
            place.parent_id = self._exact(above, known, company) or self._exact(
                unit, known, company
            )

    def write(self, vals):
        return super().write(self._fill(dict(vals)))

    @api.model
    def _fill(self, vals):
        """Pieces that are not there are empty text, so that a place is there once."""
        for piece in PIECES:
            if piece in vals:
                vals[piece] = (vals[piece] or "").strip()
        return vals

    # ------------------------------------------------------------------
    # found by what the clinical systems call it
    # ------------------------------------------------------------------

    @api.model
    def _resolve(self, places, company=None):
        """The records of places that messages name.

        A place without a facility is that of the company's own hospital, if the settings name it.
        Otherwise a message that names a hospital never means it, for it may be another one's bed;
        and a message that names none means that of the company's only hospital.

        :param places: :class:`..tools.census_told.Place`
        :return: ``{place: record}``
        :raises errors.MappingError: ``unknown_location``, ``ambiguous_location``
        """
        company = company or self.env.company
        wanted = list(dict.fromkeys(places))
        if not wanted:
            return {}
        known = self._known_places(wanted, company)
        found = {place: one for place in wanted if (one := self._match(place, known, company))}
        missing = [place for place in wanted if place not in found]
        if not missing:
            return found
        # sudo: how the census is kept; a service user need not be able to read companies
        if not company.sudo().ehr_create_locations:
            raise errors.MappingError(
                "The message names a place that Odoo does not have. Create it under Census / "
                "Configuration / Locations, or let the settings of the census allow that places "
                "are created as the feed names them; then retry.",
                code="unknown_location",
            )
        return {**found, **self._create_places(missing, company, known)}

    def _known_places(self, places, company):
        """``{place: record}`` of those that could be meant, and of what they are part of."""
        pieces = {name: {"", *(getattr(one, name) for one in places)} for name in ("room", "bed")}
        records = self.with_context(active_test=False).search_fetch(
            Domain("company_id", "=", company.id)
            & Domain("point_of_care", "in", list({one.point_of_care for one in places}))
            & Domain.AND(Domain(name, "in", list(found)) for name, found in pieces.items()),
            PIECES,
        )
        return {Place(*(one[piece] or "" for piece in PIECES)): one for one in records}

    def _match(self, place, known, company):
        """The record of a place that a message means; empty if there is none."""
        exact = self._exact(place, known, company)
        if exact or place.facility or self._own_facility(company):
            return exact
        found = [one for other, one in known.items() if other._replace(facility="") == place]
        if not found:
            return self.browse()
        if len(found) > 1 or len(self._facilities(company)) > 1:
            raise errors.MappingError(
                "The message names a place that may be one of several hospitals, and not which "
                "one. Ask the sender for the facility, let the mapping add it, or let the settings "
                "of the census say whose places are named without it.",
                code="ambiguous_location",
            )
        return found[0]

    def _exact(self, place, known, company):
        """The record of the very place, of which the own hospital may be named or not."""
        if place in known:
            return known[place]
        own = self._own_facility(company)
        if not own or place.facility not in ("", own):
            return self.browse()
        return known.get(place._replace(facility="" if place.facility else own), self.browse())

    def _own_facility(self, company):
        # sudo: how the census is kept; a service user need not be able to read companies
        return (company.sudo().ehr_facility or "").strip()

    def _facilities(self, company):
        """Whose places the company has; empty text among them if some name no hospital."""
        rows = self.with_context(active_test=False)._read_group(
            [("company_id", "=", company.id)], ["facility"]
        )
        return {facility or "" for (facility,) in rows}

    def _create_places(self, missing, company, known):
        """Create places with what they are part of, units first."""
        wanted = {}
        for place in missing:
            above = place
            while above:
                wanted.setdefault(above, None)
                above = above.parent
        for place in sorted(wanted, key=lambda one: (bool(one.bed), bool(one.room))):
            record = self._exact(place, known, company)
            if not record:
                parent = known.get(place.parent, self.browse()) if place.parent else self.browse()
                kind = "bed" if place.bed else "room" if place.room else "unit"
                record = self.create(
                    {
                        **dict(zip(PIECES, place, strict=True)),
                        "kind": kind,
                        "parent_id": parent.id,
                        "company_id": company.id,
                    }
                )
            known[place] = record
        return {place: known[place] for place in missing}
