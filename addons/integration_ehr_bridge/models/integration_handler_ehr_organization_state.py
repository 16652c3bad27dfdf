from odoo import models

from ..tools import state_versions


class IntegrationHandlerEhrOrganizationState(models.AbstractModel):
    """Payers are kept in the list of payers; of hospitals and departments the code is remembered,
    for those who refer to them."""

    _name = "integration.handler.ehr_organization_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr"]
    _description = "Organization as it stands"

    _contract = "ehr.organization_state"
    _aliased = ("organization",)

    def _stand(self, book, received, data, version):
        payer = self.env["ehr.payer"]
        if data["kind"] == "payer":
            payer = self._payer(data)
        for name in (
            data["record"],
            state_versions.alias("organization", data["code"], data.get("assigner") or ""),
        ):
            book.note(
                name,
                "organization",
                payer or None,
                version=version if name == data["record"] else None,
                code=data["code"],
                told=data["kind"],
            )
        return payer

    def _payer(self, data):
        """The payer with this code, as it stands now."""
        # sudo: the list is the census managers'; of a payer that the feed tells of, it says only
        # name and whether it is in use
        payers = self.env["ehr.payer"].sudo().with_context(active_test=False)
        company = self.env.company
        payer = payers.search([("company_id", "=", company.id), ("code", "=", data["code"])])
        values = {"name": data.get("name") or data["code"], "active": data.get("active", True)}
        if not payer:
            payer = payers.create({**values, "code": data["code"], "company_id": company.id})
        elif changed := {name: one for name, one in values.items() if payer[name] != one}:
            payer.write(changed)
        return self.env["ehr.payer"].browse(payer.id)
