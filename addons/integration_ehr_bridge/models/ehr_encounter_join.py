from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine.census import Census

#: A visit of the feed may be one that was admitted by hand so long before or after it.
NEAR = timedelta(hours=12)
#: So many are offered.
OFFERED = 8


class EhrEncounter(models.Model):
    """Visits that were admitted by hand without a number, and those of the feed that they are."""

    _inherit = "ehr.encounter"  # pylint: disable=consider-merging-classes-inherited

    candidate_ids = fields.Many2many(
        "ehr.encounter",
        compute="_compute_candidate_ids",
        string="Visits of the feed that it may be",
        help="Those of about the same time; the same place first.",
    )

    @api.depends("temporary", "joined_into_id", "admitted_at", "location_id")
    def _compute_candidate_ids(self):
        for visit in self:
            visit.candidate_ids = visit._candidates() if visit.temporary else False

    def _candidates(self):
        """Visits of the feed that this one, admitted by hand, may be: the likeliest first."""
        self.ensure_one()
        moment = self.admitted_at
        if self.joined_into_id or not moment:
            return self.browse()
        found = self.search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("source", "=", "feed")
            & Domain("state", "!=", "cancelled")
            & Domain("admitted_at", ">=", moment - NEAR)
            & Domain("admitted_at", "<=", moment + NEAR)
            & Domain("location_id", "!=", False)
        )
        places, units = self._places()
        return found.sorted(
            lambda one: (
                not places & one._places()[0],
                not units & one._places()[1],
                abs(one.admitted_at - moment),
                one.id,
            )
        )[:OFFERED]

    def _places(self):
        """Where the patient has been: places, and their units."""
        places = self.location_id | self.move_ids.filtered(lambda one: not one.cancelled).to_id
        return set(places.ids), set(places.unit_id.ids)

    def action_join(self):
        """This visit of the feed is the one that was admitted by hand: their histories are one.

        Which one is told by the context (``temporary_id``), as the screen that offers it does.
        """
        self.ensure_one()
        temporary = self.browse(self.env.context.get("temporary_id")).exists()
        if not temporary.temporary or temporary.joined_into_id or self.temporary:
            raise UserError(
                self.env._("Only a visit that was admitted by hand is joined, and only once.")
            )
        if self.source != "feed" or self.state == "cancelled":
            raise UserError(
                self.env._(
                    "It is joined with a visit that the feed tells of, and that was not cancelled. "
                    "Choose one of those that are offered."
                )
            )
        temporary._hand_over(temporary.move_ids, self)
        return self._open()

    def action_unjoin(self):
        """It was another visit after all: what was entered by hand goes back to where it was."""
        self.ensure_one()
        target = self.joined_into_id
        if not target:
            raise UserError(self.env._("This visit is not joined with another one."))
        moves = target.move_ids.filtered(lambda move: move.joined_from_id == self)
        target._hand_over(moves, self)
        return self._open()

    def _hand_over(self, moves, target):
        """Let events of this visit be those of another one, and keep the trail."""
        self._require_keeper("integration_ehr_bridge.group_census_manager")
        if self.company_id != target.company_id:
            raise UserError(self.env._("These visits are of different companies."))
        back = target.temporary
        # sudo: visits and beds are closed but for the feed and for decisions of this role
        census = Census(self.sudo().env, self.company_id)
        keys = [self._visit_key(), target._visit_key()]
        census.load(keys)
        now = fields.Datetime.now()
        source, other = (census.visit(key) for key in keys)
        census.hand_over(moves.mapped("digest"), source, other, now)
        census.store()
        # sudo: as above
        moves.sudo().write({"joined_from_id": False if back else self.id})
        if back:
            target.sudo().joined_into_id = False  # sudo: as above
        else:
            self.sudo().joined_into_id = target  # sudo: as above

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
