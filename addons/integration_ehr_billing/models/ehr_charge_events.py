from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339
from odoo.addons.integration_ehr_bridge.tools import clinical
from odoo.addons.integration_procurement.tools import canonical

STATUS = "ehr.charge_status"
POSTED = "ehr.charge_posted"


class EhrCharge(models.Model):
    """What others are told of a charge: what became of it, or that Odoo posts it."""

    _inherit = "ehr.charge"  # pylint: disable=consider-merging-classes-inherited

    def _integration_snapshots(self, contract_code):
        tellers = {STATUS: self._integration_status, POSTED: self._integration_posted}
        if contract_code not in tellers:
            return super()._integration_snapshots(contract_code)
        return {
            charge.id: Snapshot(tellers[contract_code](charge), charge.company_id.id, subject="")
            for charge in self
        }

    def _integration_status(self, charge):
        """A charge as ``ehr.charge_status`` 1.0.0: what its poster needs to know it again."""
        move = charge.move_id
        return {
            **self._integration_common(charge),
            "status": charge.state,
            "credited": charge._integration_money(charge.credited_amount),
            "net": charge._integration_money(0 if charge.state == "refused" else charge.net_amount),
            "invoice": canonical.text(move.name) if move.state == "posted" else None,
        }

    def _integration_posted(self, charge):
        """A charge as ``ehr.charge_posted`` 1.0.0, for the system that invoices it."""
        return {
            **self._integration_common(charge),
            "reverses": charge.reverses_id.number or None,
            "location": charge.location_id._integration_place() if charge.location_id else None,
            "department": charge.department or None,
        }

    def _integration_common(self, charge):
        visit, account = charge.encounter_id, charge.account_id
        return {
            "number": charge.number,
            "kind": charge.kind,
            "visit": clinical.identifier(visit.visit_number, visit.visit_assigner),
            "account": clinical.identifier(*account._told()) if account else None,
            "code": charge.charge_code,
            "quantity": canonical.number(charge.quantity),
            "amount": charge._integration_money(charge.amount),
            "currency": charge.currency_id.name,
            "at": rfc3339(charge.charged_at),
        }

    def _integration_money(self, amount):
        return canonical.amount(amount, self.currency_id.decimal_places)
