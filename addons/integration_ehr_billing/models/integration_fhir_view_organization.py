from dataclasses import replace

from odoo import models
from odoo.fields import Domain


class IntegrationFhirViewOrganization(models.AbstractModel):
    """A payer that says “the patient pays” is no organization."""

    _inherit = "integration.fhir.view.organization"

    def _sources(self, scope):
        paying = Domain("self_pay", "=", False)
        return [
            replace(one, domain=one.domain & paying) if one.model == "ehr.payer" else one
            for one in super()._sources(scope)
        ]
