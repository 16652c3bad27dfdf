from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.census import Census
from ..tools.census_beds import FREE, OCCUPIED, WAITING, WITHHELD
from .ehr_bed_entry import STATES

#: What visits, the feed and the actions on beds write, and nobody else.
KEPT = ("bed_state", "bed_state_at", "bed_told", "bed_told_at")


class EhrLocation(models.Model):
    """In which state a bed is: as the feed and visits make it, or as a census keeper says."""

    _inherit = "ehr.location"  # pylint: disable=consider-merging-classes-inherited

    bed_entry_ids = fields.One2many("ehr.bed.entry", "location_id", string="Said by hand")

    # ------------------------------------------------------------------
    # who may write it
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._require_feed_for(name for name in KEPT if f"default_{name}" in self.env.context)
        for vals in vals_list:
            self._require_feed_for(vals)
        places = super().create(vals_list)
        places.filtered(lambda one: one.kind == "bed" and not one.bed_state)._become_beds()
        return places

    def write(self, vals):
        self._require_feed_for(vals)
        fresh = self.browse()
        if vals.get("kind") == "bed":
            fresh = self.filtered(lambda one: one.kind != "bed")
        done = super().write(vals)
        fresh._become_beds()
        return done

    @api.model
    def _require_feed_for(self, names):
        """:raises AccessError: somebody else than the feed writes in which state a bed is"""
        if self.env.su or not set(KEPT).intersection(names):
            return
        if not self.env.user.has_group("integration_ehr_bridge.group_feed"):
            raise AccessError(
                self.env._(
                    "In which state a bed is follows from visits and from what the feed says. "
                    "While that does not come, use the buttons of the bed: Free, Close, Isolate."
                )
            )

    def _become_beds(self):
        """What was another kind of place is a bed from now on: free, unless somebody is there."""
        for place in self:
            if place.occupant_ids:
                vals = {"bed_state": OCCUPIED, "bed_state_at": place.occupied_since}
            elif place.bed_state in (False, OCCUPIED):
                vals = {"bed_state": FREE, "bed_state_at": False}
            else:
                continue  # it was a bed before, and is as it was left then
            # sudo: the state of beds is closed, whoever says what kind of place it is
            place.sudo().write(vals)

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def _housekept(self, state, at):
        """Somebody cleans these beds, or has cleaned them. Where a patient is, that counts."""
        for bed in self.filtered(lambda one: not one.occupant_ids):
            if bed.bed_state in ("dirty", "housekeeping"):
                bed.write({"bed_state": state, "bed_state_at": at})

    def action_ask_free(self):
        """The dialog in which a census keeper says that a bed may be used."""
        return self._ask_state("free", self.env._("Free the bed"))

    def action_ask_close(self):
        """The dialog in which a census keeper says that nobody is to have a bed."""
        return self._ask_state("closed", self.env._("Close the bed"))

    def action_ask_isolate(self):
        """The dialog in which a census keeper says that a bed is isolated."""
        return self._ask_state("isolated", self.env._("Isolate the bed"))

    def _ask_state(self, state, title):
        self.ensure_one()
        self._require_bed_keeper()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "integration.census.bed.entry",
            "view_mode": "form",
            "target": "new",
            "context": {"default_location_id": self.id, "default_state": state},
        }

    def _require_bed_keeper(self):
        """:raises AccessError, UserError: not the user's work, or no bed"""
        self.check_access("read")
        self.env["ehr.encounter"]._require_keeper()
        if self.kind != "bed":
            raise UserError(self.env._("“%s” is no bed.", self.display_name))

    def _say_by_hand(self, state, reason):
        """Let a bed be what a person says, as if the feed had said so now.

        What the feed says of a later moment counts again, as ever.

        :param state: one of :data:`.ehr_bed_entry.STATES`
        :raises AccessError, UserError: see there, or no reason, or a patient is in the bed
        """
        self.ensure_one()
        self._require_bed_keeper()
        reason = " ".join((reason or "").split())
        if not reason:
            raise UserError(self.env._("Say why, such as “feed down, the ward called”."))
        if state not in dict(STATES):
            raise UserError(self.env._("A bed is said to be free, closed or isolated."))
        # sudo: beds are closed but for the feed and this; the role was checked
        place = self.sudo().with_company(self.company_id)
        census = Census(place.env)
        census.load((), place.ids)
        bed = census.known.bed(place.id)
        if state == FREE and bed.occupants and not (bed.told and bed.told[0] in WITHHELD):
            raise UserError(
                self.env._(
                    "A patient is in this bed by the census. Enter at the visit where the patient "
                    "is, then have the bed cleaned."
                )
            )
        now = fields.Datetime.now()
        # A sender's clock may be ahead: what a person says of now is not older than that.
        told = (bed.since, bed.told and bed.told[1])
        census.say(place.id, state, max([now, *filter(None, told)]))
        waiting = place.housekeeping_ids.filtered(lambda one: one.state in WAITING)
        census.store()
        waiting.filtered(lambda one: one.state == "done").done_by_id = self.env.uid
        place.env["ehr.bed.entry"].create(
            {
                "location_id": place.id,
                "state": state,
                "said_at": now,
                "user_id": self.env.uid,
                "reason": reason,
                "company_id": place.company_id.id,
            }
        )
