from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import census_hand
from ..engine.census import Census
from ..engine.census_visits import Entry
from ..tools.census_history import CANCELLED, DISCHARGED, PRESENT, Event
from ..tools.census_told import Identifier

KIND = "census_hand"
#: What may be entered when somebody is admitted by hand.
ENTERED = frozenset(
    {
        "visit_number",
        "visit_assigner",
        "encounter_class",
        "location_id",
        "admitted_at",
        "hand_reason",
    }
)
#: How what was entered by hand is said once more, if it counts against the feed.
CORRECTIONS = {PRESENT: "cancel_discharge", DISCHARGED: "discharge", CANCELLED: "cancel_admit"}


class EhrEncounter(models.Model):
    """Visits that are kept by hand while the feed is down."""

    _name = "ehr.encounter"
    _inherit = ["ehr.encounter", "integration.exception.mixin"]

    hand_reason = fields.Char(
        string="Why by hand",
        store=False,
        help="Stands in the history beside your name. No patient's name, no diagnosis.",
    )

    # ------------------------------------------------------------------
    # entering what happens
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su or self.env.user.has_group("integration_ehr_bridge.group_feed"):
            return super().create(vals_list)
        self._require_keeper()
        found = self.browse()
        for vals in vals_list:
            found += self._admit_by_hand(vals)
        return found

    @api.model
    def _require_keeper(self, group="integration_ehr_bridge.group_census_keeper"):
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Who keeps the census by hand needs the role “Census keeper” for it.")
            )

    @api.model
    def _admit_by_hand(self, vals):
        """Admit somebody; without a visit number the visit waits to be joined with the feed's.

        :raises UserError: something is missing, or the visit is known already
        """
        said = {name: value for name, value in vals.items() if name in ENTERED and value}
        place = self.env["ehr.location"].browse(said.get("location_id"))
        if not place:
            raise UserError(self.env._("Say where the patient is."))
        place.check_access("read")
        self = self.with_company(place.company_id)
        number = (said.get("visit_number") or "").strip()
        self._check_number_by_hand(number, place.company_id)
        key = Identifier(
            (said.get("visit_assigner") or "").strip(), number or f"T-{uuid4().hex[:8].upper()}"
        )
        if number and self.sudo()._resolve([key]):  # sudo: whether there is one, of this company
            raise UserError(
                self.env._("This visit is in the census already. Open it and enter what happened.")
            )
        facts = {"location": place.id}
        if said.get("encounter_class"):
            facts["class"] = said["encounter_class"]
        moment = fields.Datetime.to_datetime(said.get("admitted_at")) or fields.Datetime.now()
        visit = self._enter_by_hand(
            key, "admit", moment, facts, said.get("hand_reason"), temporary=not number
        )
        return visit.sudo(False)

    @api.model
    def _check_number_by_hand(self, number, company):
        """A visit number stands in clear, so it may be neither a text nor a number of a patient.

        :raises UserError: it is
        """
        if len(number.split()) > 1:
            raise UserError(
                self.env._(
                    "A visit number has no blanks in it, and no name. Leave it empty if you do not "
                    "know it: the visit is joined with that of the feed later."
                )
            )
        if number and self.env["ehr.patient"]._is_record_number(number, company):
            raise UserError(
                self.env._(
                    "This is the record number of a patient, which must not stand in clear. Enter "
                    "the number of the visit, or leave it empty: the visit is joined with that of "
                    "the feed later."
                )
            )

    @api.model
    def _enter_by_hand(self, key, kind, moment, facts, reason, *, temporary=False):
        """Let something that a person says happen to a visit.

        :param key: visit number and who assigned it
        :return: the visit
        :raises UserError: no reason, or a moment that is yet to come
        """
        reason = " ".join((reason or "").split())
        if not reason:
            raise UserError(
                self.env._("Say why it is entered by hand, such as “feed down since 7:40”.")
            )
        now = fields.Datetime.now()
        if moment > now + timedelta(minutes=5):
            raise UserError(self.env._("Enter what has happened, not what is to come."))
        # sudo: visits and beds are closed but for the feed and this; the role was checked
        census = Census(self.sudo().env)
        event = Event(kind, moment.replace(microsecond=0), now, facts, by_hand=True)
        census.load([key])
        census.visit(key).temporary |= temporary
        census.apply([Entry(key, event, note=reason, hand_state="pending")])
        census.store()
        return census.visit(key).record

    def action_ask_hand_event(self):
        """The dialog for a transfer or a discharge that the feed does not tell."""
        self.ensure_one()
        self._require_keeper()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enter what happened"),
            "res_model": "integration.census.entry",
            "view_mode": "form",
            "target": "new",
            "context": {"default_encounter_id": self.id},
        }

    def _withdraw_by_hand(self, digest):
        """What a person entered does not count; the caller has checked the role."""
        # sudo: visits and beds are closed but for the feed and this
        census = Census(self.sudo().env, self.company_id)
        census.load([self._visit_key()])
        visit = census.visit(self._visit_key())
        visit.pending.discard(digest)
        visit.settled.add(digest)
        census.turn(visit, fields.Datetime.now())
        census.store()

    # ------------------------------------------------------------------
    # the feed is back
    # ------------------------------------------------------------------

    def _ask_about_hand(self, received, kept, said):
        """A person decides between what was entered by hand and what the feed says.

        :param kept, said: :class:`..tools.census_history.Standing`
        """
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        # sudo: asked by the service user of a feed, who decides nothing
        place = self.env["ehr.location"].sudo().browse
        lines = [
            (self.env._("State"), states.get(kept.state, ""), states.get(said.state, "")),
            (
                self.env._("Place"),
                place(kept.location).complete_name or "",
                place(said.location).complete_name or "",
            ),
        ]
        lines = [line for line in lines if line[1] != line[2]]
        exceptions = self.env["integration.exception"]
        # sudo: as above
        known = exceptions.sudo()._of(self).filtered(lambda one: one.kind == KIND)
        if [(one.label, one.ours, one.theirs) for one in known.line_ids] == lines:
            return
        exceptions._raise_for(
            received,
            self,
            KIND,
            self.env._(
                "By hand: %(ours)s. The feed says: %(theirs)s.",
                ours=", ".join(line[1] for line in lines),
                theirs=", ".join(line[2] for line in lines),
            ),
            area="census",
            key="hand",
            lines=lines,
        )

    def _settle_hand(self):
        """There is nothing to decide any more."""
        self.env["integration.exception"]._settle(self, (KIND,))

    def _census_of(self):
        """The census with this visit read, for those who decide."""
        self.ensure_one()
        self._require_keeper("integration_ehr_bridge.group_census_manager")
        # sudo: visits and beds are closed but for the feed and for decisions of this role
        census = Census(self.sudo().env, self.company_id)
        census.load([self._visit_key()])
        return census, census.visit(self._visit_key())

    def _settle_by_feed(self):
        census, visit = self._census_of()
        if visit.pending:
            census_hand.settle(census, visit)
        census.store()

    def _uphold_hand(self):
        """Say once more, as of now, what was entered by hand."""
        census, visit = self._census_of()
        if not visit.pending:
            return
        kept, said = census_hand.kept_and_said(visit)
        census_hand.uphold(visit)
        now = fields.Datetime.now()
        facts = {"location": kept.location}
        kind = "transfer"
        if said is None or kept.state != said.state:
            kind = CORRECTIONS.get(kept.state, "update")
        event = Event(kind, now, now, facts, by_hand=True)
        note = self.env._("Decided against the feed")
        census.apply([Entry(visit.key, event, note=note)])
        census.store()
