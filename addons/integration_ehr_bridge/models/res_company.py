from odoo import fields, models


class ResCompany(models.Model):
    """How the census of a company is kept."""

    _inherit = "res.company"

    ehr_create_locations = fields.Boolean(
        string="Create places as the feed names them",
        help="A unit, room or bed that Odoo does not have is created when a message names it. "
        "Otherwise the message waits until somebody has created the place.",
    )
    ehr_known_payers = fields.Boolean(
        string="Payers must be known",
        help="A message that names a payer who is not in the list of payers waits. Otherwise the "
        "code of a payer is kept as the feed sends it.",
    )
    ehr_facility = fields.Char(
        string="Own facility",
        help="The hospital whose places are named without it: in messages that name no "
        "hospital, and in Odoo. Empty: a place without a hospital is meant by no message that "
        "names one.",
    )
    ehr_hand_tolerance = fields.Integer(
        string="Tolerance of times entered by hand (minutes)",
        default=30,
        help="What was entered by hand agrees with the feed if the feed says the same of state and "
        "place at some time from so many minutes before on.",
    )
    ehr_feed_silence = fields.Integer(
        string="Feed silent after (minutes)",
        default=30,
        help="When no message of a census feed has arrived for so long, the census says so, with "
        "what people have to do meanwhile. 0: never.",
    )

    _ehr_hand_tolerance_positive = models.Constraint(
        "CHECK(ehr_hand_tolerance >= 0)", "A tolerance is 0 minutes or more."
    )
    _ehr_feed_silence_positive = models.Constraint(
        "CHECK(ehr_feed_silence >= 0)", "A silence is 0 minutes or more."
    )
