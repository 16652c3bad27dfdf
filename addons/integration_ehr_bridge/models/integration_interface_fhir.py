from odoo import api, fields, models

from ..tools import http_proof


class IntegrationInterface(models.Model):
    """Interfaces over FHIR: their address, and how the partner proves itself there."""

    # A file of its own: what arrives over FHIR says the same of itself, and takes its place.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    transport = fields.Selection(selection_add=[("fhir", "FHIR R4")], ondelete={"fhir": "set none"})
    fhir_url = fields.Char(
        string="FHIR address",
        compute="_compute_fhir_url",
        groups="integration_core.group_administrator",
        help="Give this address to the partner. Its last part is secret.",
    )

    @api.depends("token", "transport", "direction")
    def _compute_fhir_url(self):
        for interface in self:
            interface.fhir_url = (
                f"{interface.get_base_url()}/integration/fhir/{interface.token}"
                if interface._receives_fhir()
                else False
            )

    def _receives_fhir(self) -> bool:
        return self.transport == "fhir" and self.direction == "inbound"

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        return spec | {"http_proof": self._hl7_proof()} if self._receives_fhir() else spec

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._receives_fhir():
            # sudo: an approver asks as well, who may not read credentials
            missing += self.sudo()._missing_fhir()
        return missing

    def _missing_fhir(self) -> list[str]:
        if self.hl7_proof == "certificate":
            return self._missing_hl7_certificate()
        if self.credential_id.kind in http_proof.KINDS:
            return []
        return [
            self.env._(
                "The partner has nothing to prove itself with. Choose a credential: login and "
                "password, a bearer token, or a key in a header."
            )
        ]
