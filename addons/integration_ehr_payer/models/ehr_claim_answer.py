from odoo import fields, models


class EhrClaimAnswer(models.Model):
    """One answer of a payer about a claim: what it said, when, and whether it counted."""

    _name = "ehr.claim.answer"
    _description = "Answer to a Claim"
    _order = "answered_at desc, id desc"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    claim_id = fields.Many2one(
        "ehr.claim",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    answered_at = fields.Datetime(string="Answered", required=True, readonly=True)
    received_at = fields.Datetime(
        string="Received", required=True, readonly=True, default=fields.Datetime.now
    )
    outcome = fields.Selection(
        [
            ("queued", "Received"),
            ("partial", "Decided in part"),
            ("complete", "Decided"),
            ("error", "Refused"),
        ],
        required=True,
        readonly=True,
    )
    payer_number = fields.Char(string="Payer's number", readonly=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    denied_amount = fields.Monetary(string="Denied", readonly=True)
    note_count = fields.Integer(
        string="Notes",
        readonly=True,
        help="So many notes the payer wrote. They may speak of the patient: read them in the "
        "message, where that is allowed for a reason.",
    )
    late = fields.Boolean(
        readonly=True, help="A later answer was known already, so this one changed nothing."
    )
    digest = fields.Char(required=True, readonly=True, groups="integration_ehr_bridge.group_feed")
    message_uuid = fields.Char(string="Message", readonly=True)
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)

    _digest_unique = models.UniqueIndex("(claim_id, digest)")
