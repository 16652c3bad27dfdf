from dataclasses import replace

from odoo import models

from odoo.addons.integration_core.engine import tokens
from odoo.addons.integration_core.engine.access import Access, Constant, Tokens
from odoo.addons.integration_core.models.integration_interface_door import KIB
from odoo.addons.integration_core.tools import data_classes, http_auth
from odoo.addons.integration_core.tools.tls import TlsOptions

from ..engine import fhir_server
from ..engine.fhir_fetcher import FhirFetcher
from ..engine.fhir_sender import FhirSender
from ..engine.fhir_server import Server
from ..tools.fhir import address


class IntegrationTransportFhir(models.AbstractModel):
    """Sends resources to a FHIR server, and reads from it."""

    _name = "integration.transport.fhir"
    _inherit = "integration.transport"
    _description = "FHIR Transport"

    def _sender(self, interface):
        # sudo: the drain runs as superuser anyway; secrets stay inside the returned object
        interface = interface.sudo()
        server = self._server(interface)
        for credential in interface._sending_credentials():
            credential._note_sending()
        if interface._fetches():
            return FhirFetcher(server, interface.body_limit * KIB)
        return FhirSender(server, interface._fhir_sending_rules(), interface.system_id.id)

    def _server(self, interface) -> Server:
        """The server as it is asked; needs no cursor afterwards.

        :raises integration_core.tools.errors.ConfigurationError: it cannot be asked as it is set up
        """
        # sudo: as in _sender
        interface = interface.sudo()
        credential = interface.credential_id
        proof = credential._proofs()[0] if credential else None
        second = interface.fhir_certificate_id
        certificates = [
            one
            for one in (proof, second._proofs()[0] if second else None)
            if isinstance(one, http_auth.ClientCertificate)
        ]
        options = self._options(interface, certificates)
        return Server(
            base=address.base_of(interface.url or ""),
            access=self._access(credential, proof, options),
            options=options,
            private=interface.data_class in data_classes.PRIVATE,
        )

    def _options(self, interface, certificates):
        """Time limits, networks, TLS and proxy of each request."""
        policy = interface.policy_id
        mine = certificates[0].tls() if certificates else TlsOptions()
        return {
            "connect_timeout": policy.connect_timeout,
            "read_timeout": policy.read_timeout,
            "total_timeout": policy.total_timeout,
            "allowed_networks": interface._allowed_networks(),
            "allow_plaintext": interface._plaintext_allowed(),
            "tls": replace(mine, extra_ca_pem=interface.fhir_ca or ""),
            **interface._fhir_way(),
        }

    def _access(self, credential, proof, options) -> Access:
        if isinstance(proof, http_auth.OAuth2Client | http_auth.JwtClient):
            cache = tokens.cache(self.env.cr.dbname)
            return Tokens(cache, fhir_server.client, credential._token_key(), proof, options)
        return Constant(dict(proof.headers()) if proof else {})

    def _learned(self, interface, message, learned):
        self.env["integration.fhir.known"]._note(interface, message, learned)
