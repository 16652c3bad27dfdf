from odoo import fields, models

STATUSES = [
    ("free", "Free"),
    ("busy", "Booked"),
    ("tentative", "Held"),
    ("blocked", "Blocked"),
    ("mistaken", "Entered by mistake"),
]


class EhrSlot(models.Model):
    """A time of a schedule that can be booked, or was."""

    _name = "ehr.slot"
    _description = "Slot of a Schedule"
    _order = "start_at, id"
    _rec_name = "start_at"
    _check_company_auto = True
    _integration_data_class = "confidential"

    schedule_id = fields.Many2one(
        "ehr.schedule",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    status = fields.Selection(STATUSES, required=True, readonly=True, index=True)
    start_at = fields.Datetime(string="Begins", required=True, readonly=True, index=True)
    end_at = fields.Datetime(string="Ends", required=True, readonly=True)
    service = fields.Char(readonly=True, help="Code of the service.")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
