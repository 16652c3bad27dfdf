from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("pre_admit", "Announced"),
    ("register", "Registered"),
    ("admit", "Admitted"),
    ("transfer", "Transferred"),
    ("to_inpatient", "Became inpatient"),
    ("to_outpatient", "Became outpatient"),
    ("update", "Updated"),
    ("merge", "Records merged"),
    ("cancel_transfer", "Transfer cancelled"),
    ("discharge", "Discharged"),
    ("cancel_discharge", "Discharge cancelled"),
    ("cancel_admit", "Admission cancelled"),
]
FACT_GROUPS = "integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_manager"


class EhrMove(models.Model):
    """One event of a visit, as it was told. A visit is what all of them make of it."""

    _name = "ehr.move"
    _description = "Event of a Visit"
    _order = "occurred_at desc, recorded_at desc, id desc"
    _rec_name = "kind"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    encounter_id = fields.Many2one(
        "ehr.encounter",
        string="Visit",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    from_id = fields.Many2one("ehr.location", readonly=True, ondelete="restrict")
    to_id = fields.Many2one("ehr.location", readonly=True, ondelete="restrict")
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    recorded_at = fields.Datetime(
        string="Recorded",
        readonly=True,
        help="When the sender wrote it down, or who kept the census.",
    )
    received_at = fields.Datetime(string="Here since", required=True, readonly=True)
    arrived = fields.Integer(
        string="Order of arrival",
        readonly=True,
        help="Puts events of equal times in order, where the places do not tell: the number that "
        "the message got when it arrived. What was entered by hand has none and goes first.",
    )
    cancelled = fields.Boolean(readonly=True)
    cancelled_by_id = fields.Many2one("ehr.move", readonly=True, ondelete="set null")
    facts = fields.Json(
        readonly=True, groups=FACT_GROUPS, help="What the event said of the visit, without a name."
    )
    digest = fields.Char(
        required=True, readonly=True, help="Tells a repeated event from another one."
    )
    message_uuid = fields.Char(string="Message", readonly=True, index="btree_not_null")
    by_hand = fields.Boolean(readonly=True)
    hand_state = fields.Selection(
        [
            ("pending", "Waits for the feed"),
            ("settled", "The feed counts"),
            ("upheld", "Counts"),
        ],
        string="Entered by hand",
        readonly=True,
        help="What was entered by hand counts until the feed has caught up. Then what the feed "
        "says is in force, unless somebody decided otherwise.",
    )
    joined_from_id = fields.Many2one(
        "ehr.encounter",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The visit kept by hand that it was entered for.",
    )
    user_id = fields.Many2one("res.users", string="Entered by", readonly=True, ondelete="restrict")
    note = fields.Char(string="Why", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)

    _event_unique = models.UniqueIndex("(encounter_id, digest)")

    @api.depends("kind", "occurred_at")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for move in self:
            move.display_name = kinds.get(move.kind, "")

    def action_withdraw(self):
        """It was entered by mistake: it does not count, and stays in the history."""
        self.ensure_one()
        visit = self.encounter_id
        visit._require_keeper()
        if self.hand_state != "pending":
            raise UserError(
                self.env._("Only what was entered by hand and waits for the feed is withdrawn.")
            )
        visit._withdraw_by_hand(self.digest)
