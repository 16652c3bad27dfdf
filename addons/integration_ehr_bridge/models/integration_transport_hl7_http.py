from odoo import models

from odoo.addons.integration_core.tools.tls import TlsOptions

from ..engine.hl7_http_sender import Endpoint, Hl7HttpSender


class IntegrationTransportHl7Http(models.AbstractModel):
    """Delivers HL7 v2 messages over HTTP, as HAPI's specification has it."""

    _name = "integration.transport.hl7_http"
    _inherit = "integration.transport"
    _description = "HL7 over HTTP Transport"

    def _sender(self, interface):
        # sudo: the drain runs as superuser anyway; secrets stay inside the returned object
        interface = interface.sudo()
        proof = interface.credential_id._proofs()[0] if interface.credential_id else None
        for credential in interface._sending_credentials():
            credential._note_sending()
        return Hl7HttpSender(
            self.env.registry,
            Endpoint(
                url=interface.url,
                system_id=interface.system_id.id,
                header=interface._hl7_header_rules(),
                expected=interface._hl7_expectations(),
                headers=proof.headers() if proof else {},
                options=self._options(interface, proof),
            ),
        )

    def _options(self, interface, proof):
        """Time limits, networks and TLS of each request."""
        policy = interface.policy_id
        return {
            "connect_timeout": policy.connect_timeout,
            "read_timeout": policy.read_timeout,
            "total_timeout": policy.total_timeout,
            "allowed_networks": interface._allowed_networks(),
            "allow_plaintext": interface._plaintext_allowed(),
            "tls": proof.tls() if proof else TlsOptions(),
        }
