from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import audit

STATES = [
    ("asked", "Asked"),
    ("pending", "With the payer"),
    ("granted", "Authorised"),
    ("denied", "Denied"),
    ("cancelled", "Cancelled"),
]


class EhrAuthorization(models.Model):
    """Whether a payer authorises something of a visit before it is done, and under which number."""

    _name = "ehr.authorization"
    _description = "Prior Authorisation"
    _inherit = ["ehr.payer.question"]
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True
    _integration_data_class = "clinical"
    _reason_acts = ("action_cancel",)
    _number_prefix = "AUT"
    _asking_event = "ehr.authorization.asked"

    charge_code_id = fields.Many2one(
        "ehr.charge.code",
        string="What",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="What is to be done, by its charge code.",
    )
    charge_code = fields.Char(string="Code", readonly=True, required=True)
    quantity = fields.Float(readonly=True, default=1.0, digits="Product Unit")
    order_number = fields.Char(string="Order", readonly=True, help="At the system that fills it.")
    asked_at = fields.Datetime(required=True)
    payer_number = fields.Char(
        string="Authorisation number", readonly=True, help="Goes with the claims of the visit."
    )
    valid_from = fields.Date(readonly=True)
    valid_until = fields.Date(readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="asked", index=True)
    cancel_reason = fields.Char(string="Cancelled because", readonly=True)

    _number_unique = models.UniqueIndex("(number)")

    @api.model
    def _granted(self, visits, payer, day):
        """The latest authorisation of some visits by a payer that holds on a day; or none."""
        if not visits:
            return self.browse()
        return self.search(
            (Domain("encounter_id", "in", visits.ids)
             | Domain("encounter_id.joined_into_id", "in", visits.ids))
            & Domain("payer_id", "=", payer.id)
            & Domain("state", "=", "granted")
            & (Domain("valid_from", "=", False) | Domain("valid_from", "<=", day))
            & (Domain("valid_until", "=", False) | Domain("valid_until", ">=", day)),
            limit=1,
        )  # fmt: skip

    @api.model
    def _request(self, visit, code, quantity, order_number):
        """Ask the payer of a visit; for those who keep the census or invoice.

        :raises UserError: what is missing before it can be asked
        """
        # sudo: who asks need see neither payers nor covers; the wizard has checked the rights
        visit, code, env = visit.sudo(), code.sudo(), self.sudo().env
        payer = visit._ehr_payer()
        if not payer:
            raise UserError(self.env._("The visit has no payer that is in the list of payers."))
        requests = env[self._name]
        cover = env["ehr.coverage"]._of(visit, payer, requests._cover_day(visit))
        lacking = requests._lacking_of_cover(payer, cover)
        if lacking := lacking or requests._lacking_of_way(visit.company_id):
            raise UserError(self.env._("The payer was not asked: %s", lacking))
        made = requests.create(
            {
                "payer_id": payer.id,
                "encounter_id": visit.id,
                "coverage_id": cover.id,
                "charge_code_id": code.id,
                "charge_code": code.code,
                "quantity": quantity,
                "order_number": order_number or False,
                "asked_at": fields.Datetime.now(),
                "company_id": visit.company_id.id,
            }
        )
        return made.sudo(False)

    def action_ask_cancel(self):
        return self._ask_reason(
            "action_cancel",
            self.env._("Cancel the request"),
            warning=self.env._("The payer is told, if an interface sends that."),
        )

    def action_cancel(self, reason):
        self.check_access("read")
        if not self.env.user.has_groups(
            "account.group_account_invoice,integration_ehr_bridge.group_census_manager"
        ):
            raise AccessError(self.env._("Those who invoice or manage the census cancel requests."))
        for one in self:
            if one.state not in ("asked", "pending"):
                raise UserError(self.env._("The payer has decided on %s.", one.number))
        # sudo: requests are closed to people; the right was checked above
        self.sudo().write({"state": "cancelled", "cancel_reason": reason})
        audit.record(self, "cancel", reason=reason)
