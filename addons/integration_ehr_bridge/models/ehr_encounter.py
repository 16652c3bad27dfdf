import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools.census_told import Identifier

CLASSES = [
    ("inpatient", "Inpatient"),
    ("outpatient", "Outpatient"),
    ("emergency", "Emergency"),
    ("preadmit", "Pre-admission"),
    ("recurring", "Recurring"),
    ("obstetrics", "Obstetrics"),
    ("other", "Other"),
]
STATES = [
    ("planned", "Planned"),
    ("present", "Present"),
    ("discharged", "Discharged"),
    ("cancelled", "Cancelled"),
]
#: Who may see which account and payer a visit has.
ACCOUNT_GROUPS = "integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_manager"


class EhrEncounter(models.Model):
    """A visit: where a patient is, since when, and who bears the cost.

    It is what its moves make of it (:mod:`..tools.census_history`): nobody writes on it but the
    feed and the actions of those who keep the census by hand.
    """

    _name = "ehr.encounter"
    _description = "Visit"
    _inherit = ["integration.sync.mixin"]
    _order = "admitted_at desc, id desc"
    _rec_name = "visit_number"
    _check_company_auto = True

    # The one place where a visit number stands in clear.
    visit_number = fields.Char(string="Visit number", required=True, readonly=True)
    visit_assigner = fields.Char(
        string="Assigned by",
        required=True,
        readonly=True,
        default="",
        help="Whose visit number it is: two hospitals may use the same.",
    )
    reference = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(5).upper(),
        help="Stands for the visit where its number must not be read, as on orders and invoices. "
        "Drawn at random: nothing can be calculated from it.",
    )
    temporary = fields.Boolean(
        readonly=True,
        help="Admitted by hand while the visit number was not known. It waits to be joined with "
        "the visit that the feed tells of.",
    )
    patient_id = fields.Many2one(
        "ehr.patient", readonly=True, index=True, ondelete="restrict", check_company=True
    )
    encounter_class = fields.Selection(CLASSES, string="Class", readonly=True)
    location_id = fields.Many2one(
        "ehr.location",
        string="Place",
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Where the patient is, or was last.",
    )
    unit_id = fields.Many2one(related="location_id.unit_id", string="Unit", store=True)
    service = fields.Char(readonly=True, help="Code of the hospital service.")
    attending_id = fields.Many2one(
        "ehr.staff", readonly=True, ondelete="restrict", check_company=True
    )
    account_number = fields.Char(string="Account number", readonly=True, groups=ACCOUNT_GROUPS)
    account_assigner = fields.Char(readonly=True, groups=ACCOUNT_GROUPS)
    payer_code = fields.Char(string="Payer", readonly=True, groups=ACCOUNT_GROUPS)
    plan_code = fields.Char(string="Plan", readonly=True, groups=ACCOUNT_GROUPS)
    financial_class = fields.Char(string="Financial class", readonly=True, groups=ACCOUNT_GROUPS)
    disposition = fields.Char(readonly=True, help="Code of how the patient left.")
    expected_at = fields.Datetime(string="Expected", readonly=True)
    admitted_at = fields.Datetime(string="Admitted", readonly=True)
    discharged_at = fields.Datetime(string="Discharged", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="planned", index=True)
    last_event_at = fields.Datetime(
        string="Latest event",
        readonly=True,
        help="When what is newest of this visit happened. What is older completes the history.",
    )
    source = fields.Selection(
        [("feed", "Feed"), ("hand", "By hand")], required=True, readonly=True, default="feed"
    )
    hand_pending = fields.Boolean(
        string="Not confirmed by the feed",
        readonly=True,
        help="Something was entered by hand which the feed has neither confirmed nor denied yet.",
    )
    move_ids = fields.One2many("ehr.move", "encounter_id", string="Moves", readonly=True)
    joined_into_id = fields.Many2one(
        "ehr.encounter",
        string="Joined with",
        readonly=True,
        ondelete="restrict",
        check_company=True,
        help="The visit of the feed that this one, kept by hand, turned out to be.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _visit_unique = models.UniqueIndex("(company_id, visit_assigner, visit_number)")
    _reference_unique = models.UniqueIndex("(reference)")
    _present_idx = models.Index("(location_id) WHERE state = 'present'")

    @api.depends("visit_number", "visit_assigner", "temporary")
    def _compute_display_name(self):
        for visit in self:
            name = visit.visit_number or ""
            visit.display_name = (
                f"{name} ({visit.visit_assigner})" if visit.visit_assigner else name
            )

    # ------------------------------------------------------------------
    # found by visit number
    # ------------------------------------------------------------------

    def _visit_key(self):
        self.ensure_one()
        return Identifier(self.visit_assigner or "", self.visit_number)

    @api.model
    def _resolve(self, identifiers, company=None):
        """The known visits among these.

        :param identifiers: pairs of assigner and number
        :return: ``{(assigner, number): visit}``
        """
        wanted = set(identifiers)
        if not wanted:
            return {}
        found = self.search(
            Domain("company_id", "=", (company or self.env.company).id)
            & Domain("visit_number", "in", [number for _assigner, number in wanted])
            & Domain("visit_assigner", "in", [assigner for assigner, _number in wanted])
        )
        return {key: one for one in found if (key := one._visit_key()) in wanted}

    # ------------------------------------------------------------------
    # written by the feed, and by what people enter
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._require_feed()
        return super().create(vals_list)

    def write(self, vals):
        self._require_feed()
        return super().write(vals)

    @api.model
    def _require_feed(self):
        """A visit is what its events make of it, so nobody writes on it otherwise."""
        if not self.env.su and not self.env.user.has_group("integration_ehr_bridge.group_feed"):
            raise AccessError(
                self.env._(
                    "Visits are kept by the feed. While it is down, enter what happens with the "
                    "buttons of the census."
                )
            )
