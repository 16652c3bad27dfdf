from odoo import api, models
from odoo.fields import Domain


class IntegrationMessage(models.Model):
    _inherit = "integration.message"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _trace_ways(self, text):
        """Finds what belongs to a visit: by its number for those who may see the census, and by
        the reference that stands for it for everybody."""
        return [
            *super()._trace_ways(text),
            *self._visit_number_way(text),
            *self._reference_way(text),
        ]

    def _visit_number_way(self, text):
        visits = self.env["ehr.encounter"]
        if not visits.has_access("read"):
            return []
        found = visits.search([("visit_number", "=", text)], limit=20)
        if not found:
            return []
        about = {model: ids for model, ids in found._access_documents().items() if ids}
        told = Domain("uuid", "in", list(found._access_uuids(about)))
        return [(self.env._("Visit number"), told | self._of_documents(about))]

    def _reference_way(self, text):
        # sudo: which documents have the reference is no secret, as on their forms
        found = self.env["ehr.encounter"].sudo().search([("reference", "=", text.upper())], limit=1)
        if not found:
            return []
        about = {
            model: ids
            for model, ids in found._access_documents().items()
            if ids and self.env[model].has_access("read")
        }
        # The visit itself stays out: its messages are found by those who may see it.
        about.pop(found._name, None)
        about = {
            model: self.env[model].search([("id", "in", ids)]).ids for model, ids in about.items()
        }
        return [(self.env._("Visit reference"), self._of_documents(about))] if about else []

    def _of_documents(self, about):
        return Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", ids)
            for model, ids in about.items()
        )
