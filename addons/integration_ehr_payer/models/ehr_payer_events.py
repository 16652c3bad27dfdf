"""What payers are told: least fields; the member number alone names somebody."""

from odoo import models

from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_procurement.tools import canonical

ELIGIBILITY = "ehr.eligibility_request"
CLAIM = "ehr.claim"
AUTHORIZATION = "ehr.authorization_request"


class EhrEligibility(models.Model):
    """The question to a payer as others get it."""

    _inherit = "ehr.eligibility"  # pylint: disable=consider-merging-classes-inherited
    _payer_tellers = {ELIGIBILITY: "_told_question"}

    def _told_question(self):
        return {
            "asked_at": rfc3339(self.asked_at),
            "service_date": canonical.day(self._cover_day(self.encounter_id)),
        }


class EhrClaim(models.Model):
    """A claim as others get it."""

    _inherit = "ehr.claim"  # pylint: disable=consider-merging-classes-inherited
    _payer_tellers = {CLAIM: "_told_claim"}

    def _told_claim(self):
        money = self._told_money
        return {
            "status": "cancelled" if self.state == "cancelled" else "active",
            "submitted_at": rfc3339(self.asked_at),
            "invoice": self.move_id.name,
            "invoice_date": canonical.day(self.move_id.invoice_date),
            "replaces": self.replaces_id.number or None,
            "replaces_payer_number": self.replaces_id.payer_number or None,
            "authorization": self.authorization_id.payer_number or None,
            "currency": self.currency_id.name,
            "amount": money(self.amount),
            "lines": [
                {
                    "sequence": line.sequence,
                    "code": line.charge_code,
                    "date": canonical.day(line.service_date),
                    "quantity": canonical.number(line.quantity),
                    "amount": money(line.amount),
                    "procedure": line.procedure_code or None,
                    "modifiers": (line.modifiers or "").split(),
                }
                for line in self.line_ids
            ],
        }

    def _told_money(self, amount):
        return canonical.amount(amount, self.currency_id.decimal_places)


class EhrAuthorization(models.Model):
    """The request for an authorisation as others get it."""

    _inherit = "ehr.authorization"  # pylint: disable=consider-merging-classes-inherited
    _payer_tellers = {AUTHORIZATION: "_told_request"}

    def _told_request(self):
        return {
            "status": "cancelled" if self.state == "cancelled" else "active",
            "asked_at": rfc3339(self.asked_at),
            "code": self.charge_code,
            "quantity": canonical.number(self.quantity),
            "order": self.order_number or None,
        }
