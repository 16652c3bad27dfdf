from odoo import api, fields, models

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools.credential_kinds import HeaderKey

from ..tools import http_proof
from ..tools.http_proof import Proof
from ..tools.mllp import door


class IntegrationInterface(models.Model):
    """HL7 over HTTP that arrives: its address, and how the partner proves itself there."""

    # A file of its own: what all HL7 that arrives shares is in another one.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    hl7_url = fields.Char(
        string="HL7 address",
        compute="_compute_hl7_url",
        groups="integration_core.group_administrator",
        help="Give this address to the partner. Its last part is secret.",
    )
    hl7_proof = fields.Selection(
        [
            ("credential", "By the credential: a login, a token or a key in a header"),
            ("certificate", "By a client certificate, which the proxy verifies"),
        ],
        string="The partner proves itself",
        default="credential",
        required=True,
        governed=True,
        help="TLS ends at the proxy in front of Odoo. It asks for the certificate, verifies it, "
        "and tells of it in a header, which it replaces when a client sends it. The proxy must be "
        "one of trusted_proxies in odoo.conf.",
    )
    hl7_certificate_header = fields.Char(
        string="Header of the certificate",
        default="X-SSL-Client-Cert",
        governed=True,
        of_environment=True,
        help="In which the proxy shows the certificate (PEM or base64) or its SHA-256 fingerprint.",
    )

    @api.depends("token", "transport", "direction")
    def _compute_hl7_url(self):
        for interface in self:
            interface.hl7_url = (
                f"{interface.get_base_url()}/integration/hl7/{interface.token}"
                if interface._receives_hl7_http()
                else False
            )

    @api.onchange("transport", "direction")
    def _onchange_hl7_http(self):
        if self._receives_hl7_http() and self.state == "draft":
            self.body_codec = "hl7"
            self.data_class = "clinical"

    def _receives_hl7_http(self) -> bool:
        return self.transport == "hl7_http" and self.direction == "inbound"

    def _inbound_spec(self):
        spec = super()._inbound_spec()
        if not self._receives_hl7_http() or self.body_codec != "hl7":
            return spec
        return spec | {"hl7_rules": self._hl7_rules(), "hl7_proof": self._hl7_proof()}

    def _hl7_proof(self) -> Proof | None:
        """What the door asks for; ``None`` for what cannot be proven: a draft, say."""
        self.ensure_one()
        if self.hl7_proof == "certificate":
            try:
                known = door.fingerprints(self.mllp_client_fingerprints or "")
            except ValueError:
                return None
            return Proof(http_proof.CERTIFICATE, self.hl7_certificate_header or "", known)
        credential = self.credential_id
        if credential.kind not in http_proof.KINDS:
            return None
        header = credential.header_name if credential.kind == HeaderKey.code else ""
        return Proof(credential.kind, header or "")

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self._receives_hl7_http():
            # sudo: an approver asks as well, who may not read credentials
            missing += self.sudo()._missing_hl7_http()
        return missing

    def _missing_hl7_http(self) -> list[str]:
        missing = []
        if self.body_codec != "hl7":
            missing.append(self.env._("The format of bodies must be HL7 v2."))
        if self.hl7_respond == "handled":
            missing.append(
                self.env._(
                    "Over HTTP a message is acknowledged when it is stored: an answer that waits "
                    "would keep the worker that is to handle it. Choose that, or MLLP."
                )
            )
        if self.hl7_proof == "certificate":
            return missing + self._missing_hl7_certificate()
        if self.credential_id.kind not in http_proof.KINDS:
            missing.append(
                self.env._(
                    "The partner has nothing to prove itself with. Choose a credential: login and "
                    "password, a bearer token, or a key in a header."
                )
            )
        return missing

    def _missing_hl7_certificate(self) -> list[str]:
        missing = []
        try:
            known = door.fingerprints(self.mllp_client_fingerprints or "")
        except ValueError as exc:
            return [self.env._("Only these certificates: %s.", exc)]
        if not known:
            missing.append(self.env._("Only these certificates: enter at least one fingerprint."))
        if not self.hl7_certificate_header:
            missing.append(self.env._("Header of the certificate is empty."))
        if not settings.trusted_proxies():
            missing.append(
                self.env._(
                    "The server trusts no proxy, so nobody can tell it of a certificate. Have its "
                    "administrator set trusted_proxies in odoo.conf."
                )
            )
        return missing
