import json
import os
from pathlib import Path

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot


class ResPartner(models.Model):
    """Events whose content is not in the database: whatever is found there leaked."""

    _inherit = "res.partner"

    def _integration_snapshots(self, contract_code):
        if contract_code != "e2e.patient":
            return super()._integration_snapshots(contract_code)
        data = json.loads(Path(os.environ["CANARY_FILE"]).read_text())
        company = self.env.company.id
        return {partner.id: Snapshot(data, company, data["patient"]) for partner in self}
