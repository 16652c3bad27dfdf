import secrets

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_procurement.tools import canonical


def new_number(prefix):
    """A number by which a payer recognises what we ask, among those of all hospitals."""
    return f"{prefix}-{secrets.token_hex(6).upper()}"


class EhrPayerTeller(models.AbstractModel):
    """Documents of which a payer is told."""

    _name = "ehr.payer.teller"
    _description = "Told to a Payer"

    def _payer_common(self):
        """Who asks whom about which cover. The visit is named by its random reference alone."""
        self.ensure_one()
        # sudo: snapshots follow the contract, not the rights of whoever saved the record
        full = self.sudo()
        company, cover = full.company_id, full.coverage_id
        return {
            "number": full.number,
            "payer": full.payer_id.code,
            "plan": canonical.text(cover.plan_code),
            "member": (cover._member() if cover else None) or None,
            "provider": {
                "name": company.name,
                "number": canonical.text(company.company_registry or company.vat),
            },
            "reference": canonical.text(full.visit_reference),
        }

    def _integration_snapshots(self, contract_code):
        tell = self._payer_tellers().get(contract_code)
        if tell is None:
            return super()._integration_snapshots(contract_code)
        return {
            one.id: Snapshot(
                {**one._payer_common(), **getattr(one, tell)()}, one.company_id.id, subject=""
            )
            for one in self
        }

    def _payer_tellers(self):
        """Names of the methods that tell, by code of the contract."""
        return {}
