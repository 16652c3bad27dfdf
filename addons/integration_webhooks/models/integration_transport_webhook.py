from dataclasses import replace

from odoo import models

from odoo.addons.integration_core.engine import tokens
from odoo.addons.integration_core.engine.access import Access, Constant, Tokens
from odoo.addons.integration_core.models.integration_interface_door import KIB
from odoo.addons.integration_core.tools import data_classes, http_auth
from odoo.addons.integration_core.tools.tls import TlsOptions

from ..engine import signing
from ..engine.bodies import Writer
from ..engine.fetcher import ContentFetcher, Source
from ..engine.sender import Endpoint, WebhookSender, client
from ..tools.envelopes import Envelope


class IntegrationTransportWebhook(models.AbstractModel):
    """Delivers messages to an endpoint over HTTP."""

    _name = "integration.transport.webhook"
    _inherit = "integration.transport"
    _description = "Webhook Transport"

    _sends_tests = True

    def _batch_size(self, interface):
        if interface._fetches():
            return 1
        return interface.webhook_batch_size if interface.webhook_envelope == "batch" else 1

    def _sender(self, interface):
        # sudo: the drain runs as superuser anyway; secrets stay inside the returned object
        interface = interface.sudo()
        proofs = interface.credential_id._proofs()
        # Beside a signature or a client certificate there may be an access.
        second = interface.webhook_access_id
        beside = second._proofs()[:1] if second else []
        sent_along = [one for one in (proofs[0], *beside) if not signing.signs(one)]
        options = self._options(interface, sent_along)
        for credential in interface._sending_credentials():
            credential._note_sending()
        access = self._access(interface, sent_along, options)
        if interface._fetches():
            return ContentFetcher(self._source(interface, access, options))
        return WebhookSender(
            Endpoint(
                url=interface.url,
                writer=self._writer(interface),
                signer=interface._webhook_signer(proofs),
                access=access,
                headers=interface._webhook_headers(),
                batch_size=self._batch_size(interface),
                options=options,
            )
        )

    def _source(self, interface, access, options):
        return Source(
            base=interface.url,
            access=access,
            headers=interface._webhook_headers(),
            leaves_out=interface.webhook_missing == "ignore",
            limit=interface.body_limit * KIB,
            options=options,
        )

    def _options(self, interface, sent_along):
        """Time limits, networks, TLS and proxy of each request."""
        policy = interface.policy_id
        certificates = [one for one in sent_along if isinstance(one, http_auth.ClientCertificate)]
        mine = certificates[0].tls() if certificates else TlsOptions()
        return {
            "connect_timeout": policy.connect_timeout,
            "read_timeout": policy.read_timeout,
            "total_timeout": policy.total_timeout,
            "allowed_networks": interface._allowed_networks(),
            "allow_plaintext": interface._plaintext_allowed(),
            "tls": replace(mine, extra_ca_pem=interface.webhook_ca or ""),
            "proxy": interface._webhook_proxy(),
            "allowed_hosts": interface._webhook_hosts() if interface.webhook_proxy else (),
        }

    def _access(self, interface, sent_along, options) -> Access:
        clients = (http_auth.OAuth2Client, http_auth.JwtClient)
        for proof in sent_along:
            if isinstance(proof, clients):
                credential = interface._sending_credentials().filtered(
                    lambda one: one.kind in ("oauth2", "private_key_jwt")
                )[:1]
                cache = tokens.cache(self.env.cr.dbname)
                return Tokens(cache, client, credential._token_key(), proof, options)
        return Constant({name: v for proof in sent_along for name, v in proof.headers().items()})

    def _writer(self, interface):
        return Writer(
            Envelope(interface.webhook_envelope or "standard"),
            source=interface.get_base_url(),
            thin=interface.webhook_payload == "thin",
            discreet=interface.data_class in data_classes.PRIVATE,
        )
