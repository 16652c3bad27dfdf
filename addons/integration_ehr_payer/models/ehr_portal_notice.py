"""What the patient portal is told: that something stands otherwise, and nothing of what it is."""

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_ehr_bridge.tools import clinical

NOTICE = "ehr.portal_notice"


class EhrAppointment(models.Model):
    """Appointments as the portal hears of them: the number, when, and the status."""

    _inherit = "ehr.appointment"

    def _integration_snapshots(self, contract_code):
        if contract_code != NOTICE:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(one._portal_notice(), one.company_id.id, subject="") for one in self
        }

    def _portal_notice(self):
        visit = self.encounter_id
        number = self._told_number("filler") or self._told_number("placer")
        return {
            "topic": "appointment",
            "number": number["number"] if number else None,
            "status": self.status,
            "start": rfc3339(self.start_at) if self.start_at else None,
            "visit": clinical.identifier(visit.visit_number, visit.visit_assigner),
        }


class AccountMove(models.Model):
    """Invoices that patients pay as the portal hears of them: the number and the status."""

    # A file of its own: the portal has nothing to do with payers.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _integration_snapshots(self, contract_code):
        if contract_code != NOTICE:
            return super()._integration_snapshots(contract_code)
        # sudo: snapshots follow the contract, not the rights of whoever saved the record
        return {
            one.id: Snapshot(one._portal_notice(), one.company_id.id, subject="")
            for one in self.sudo()
        }

    def _portal_notice(self):
        visit = self.encounter_id
        status = "paid" if self.payment_state in ("paid", "in_payment") else self.payment_state
        return {
            "topic": "invoice",
            "number": self.name,
            "status": "open" if status == "not_paid" else status,
            "start": None,
            "visit": clinical.identifier(visit.visit_number, visit.visit_assigner),
        }
