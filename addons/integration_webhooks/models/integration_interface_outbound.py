from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from odoo.addons.integration_core.tools import credential_keys, errors, http_proxy, net_guard
from odoo.addons.integration_core.tools.tls import TlsOptions, context_for

from ..engine import signing
from ..tools import extra_headers
from ..tools.signers.hmac_template import HmacTemplate

# Credentials that sign, and by which schemes each can.
SIGNING_KINDS = ("hmac", "ed25519")
SCHEMES = {
    "hmac": (
        "standard",
        "rfc9421",
        "github",
        "shopify",
        "stripe",
        "slack",
        "template",
    ),
    "ed25519": ("standard", "rfc9421"),
}
# Credentials that prove who calls, beside a signature or instead of one.
ACCESS_KINDS = ("basic", "bearer", "header", "oauth2", "private_key_jwt", "mtls")
MAX_BATCH = 500


class IntegrationInterface(models.Model):
    """How an outbound webhook looks: envelope, signature, headers, the way to the endpoint."""

    # A file of its own: what both directions share is in the other one.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    webhook_envelope = fields.Selection(
        [
            ("standard", "Standard Webhooks"),
            ("structured", "CloudEvents, in the body"),
            ("binary", "CloudEvents, in headers"),
            ("batch", "CloudEvents, several in one request"),
        ],
        string="Envelope",
        default="standard",
        required=True,
        governed=True,
        help="Standard Webhooks: type, time and content in the body. CloudEvents 1.0: the "
        "attributes of the event in the body beside its content, or in headers with the content "
        "alone in the body, or a list of events in each request.",
    )
    webhook_batch_size = fields.Integer(
        string="Events in a request",
        default=50,
        governed=True,
        help="How many at most. The partner takes or refuses them together.",
    )
    webhook_payload = fields.Selection(
        [("full", "The whole content"), ("thin", "Only what it is about, and a link")],
        string="Content",
        default="full",
        required=True,
        governed=True,
        help="Only what it is about: the partner is told which document changed and where it is, "
        "and fetches it itself. Nothing of the document leaves.",
    )
    webhook_signing = fields.Selection(
        [
            ("standard", "Standard Webhooks"),
            ("rfc9421", "HTTP Message Signatures (RFC 9421)"),
            ("github", "As GitHub signs"),
            ("shopify", "As Shopify signs"),
            ("stripe", "As Stripe signs"),
            ("slack", "As Slack signs"),
            ("template", "Own template"),
        ],
        string="Signature",
        default="standard",
        required=True,
        governed=True,
        help="How the credential signs, if it does. Standard Webhooks signs with a shared secret "
        "(v1) or a key pair (v1a). The others are for partners whose software expects them.",
    )
    webhook_template = fields.Char(
        string="What is signed",
        default="{ts}.{body}",
        governed=True,
        help="Text with {id}, {ts}, {method}, {url} and {body}; everything else stands for itself.",
    )
    webhook_algorithm = fields.Selection(
        [("sha256", "HMAC-SHA256"), ("sha384", "HMAC-SHA384"), ("sha512", "HMAC-SHA512")],
        string="Algorithm",
        default="sha256",
        governed=True,
    )
    webhook_encoding = fields.Selection(
        [("hex", "Hexadecimal"), ("base64", "Base64"), ("base64url", "Base64 for URLs")],
        string="Written as",
        default="hex",
        governed=True,
    )
    webhook_prefix = fields.Char(
        string="Prefix", governed=True, help="Stands before the signature, such as “sha256=”."
    )
    webhook_signature_header = fields.Char(
        string="Header of the signature", default="X-Signature", governed=True
    )
    webhook_timestamp_header = fields.Char(
        string="Header of the time",
        default="X-Timestamp",
        governed=True,
        help="Whole seconds since 1970, of this attempt. Empty: it is not sent.",
    )
    webhook_headers = fields.Text(
        string="Further headers",
        governed=True,
        help="One “Name: value” in each line, sent with every request. Nothing secret: secrets "
        "belong into a credential. Names that the engine sets itself are refused.",
    )
    webhook_access_id = fields.Many2one(
        "integration.credential",
        string="Access",
        governed=True,
        ondelete="restrict",
        check_company=True,
        of_environment=True,
        help="How we prove ourselves to the endpoint beside the signature: a login, a token, a key "
        "in a header, OAuth 2.0, or a client certificate.",
    )
    webhook_ca = fields.Text(
        string="Private authority",
        governed=True,
        of_environment=True,
        help="PEM certificates of the authority that the endpoint's certificate leads to, besides "
        "the public ones.",
    )
    trusted_authorities = fields.Char(
        string="Trusted besides", compute="_compute_trusted_authorities"
    )
    webhook_proxy = fields.Char(
        string="Proxy",
        governed=True,
        of_environment=True,
        help="Forward proxy such as “http://proxy.hospital.example:3128”. Empty: none, whatever "
        "the environment of the server says.",
    )
    webhook_proxy_exceptions = fields.Char(
        string="Without the proxy",
        governed=True,
        of_environment=True,
        help="Hosts, patterns and networks that are reached directly, such as "
        "“*.hospital.example, 10.0.0.0/8”.",
    )

    @api.depends("webhook_ca")
    @api.depends_context("lang")
    def _compute_trusted_authorities(self):
        for interface in self:
            try:
                found = credential_keys.read_certificates(interface.webhook_ca or "")
            except ValueError:
                found = []  # nothing, or what the form refuses when it is saved
            interface.trusted_authorities = "; ".join(
                self.env._(
                    "%(name)s, until %(day)s",
                    name=one.subject.rfc4514_string(),
                    day=format_date(self.env, one.not_valid_after_utc.date()),
                )
                for one in found
            )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("webhook_batch_size")
    def _check_webhook_batch_size(self):
        if any(not 1 <= one.webhook_batch_size <= MAX_BATCH for one in self):
            raise ValidationError(self.env._("A request carries 1 to %s events.", MAX_BATCH))

    @api.constrains("webhook_headers")
    def _check_webhook_headers(self):
        for interface in self:
            try:
                interface._webhook_headers()
            except ValueError as exc:
                raise ValidationError(self.env._("Further headers: %s", exc)) from exc

    @api.constrains("webhook_ca")
    def _check_webhook_ca(self):
        for interface in self.filtered("webhook_ca"):
            try:
                context_for(TlsOptions(extra_ca_pem=interface.webhook_ca))
            except errors.ConfigurationError as exc:
                raise ValidationError(
                    self.env._("Private authority: paste certificates in PEM, one or several.")
                ) from exc

    @api.constrains("webhook_proxy", "webhook_proxy_exceptions")
    def _check_webhook_proxy(self):
        for interface in self.filtered("webhook_proxy"):
            try:
                interface._webhook_proxy()
            except errors.IntegrationError as exc:
                raise ValidationError(self.env._("Proxy: %s", exc.message)) from exc

    @api.constrains(
        "webhook_signing",
        "webhook_template",
        "webhook_prefix",
        "webhook_signature_header",
        "webhook_timestamp_header",
    )
    def _check_webhook_template(self):
        for interface in self.filtered(lambda one: one.webhook_signing == "template"):
            try:
                interface._webhook_template()
            except ValueError as exc:
                raise ValidationError(self.env._("Own template: %s", exc)) from exc

    # ------------------------------------------------------------------
    # what the sender asks
    # ------------------------------------------------------------------

    def _webhook_headers(self) -> dict[str, str]:
        """The further headers by lower-case name. :raises ValueError: with a sentence."""
        self.ensure_one()
        return extra_headers.parse(self.webhook_headers or "")

    def _webhook_proxy(self):
        """The proxy (:class:`http_proxy.Proxy`), or ``None``."""
        self.ensure_one()
        if not self.webhook_proxy:
            return None
        return http_proxy.Proxy.parse(
            self.webhook_proxy.strip(),
            exceptions=self.webhook_proxy_exceptions or "",
            networks=self._allowed_networks(),
        )

    def _webhook_hosts(self) -> tuple[str, ...]:
        """What may be reached through the proxy: the approved addresses, and nothing else."""
        self.ensure_one()
        credentials = self.credential_id | self.webhook_access_id
        # sudo: the address of a token is no secret
        addresses = [self.url, *credentials.sudo().mapped("token_url")]
        found = []
        for address in filter(None, addresses):
            host = net_guard.check_url(address.strip(), allow_plaintext=True).host
            try:
                found += http_proxy.parse_hosts(host)
            except ValueError:
                continue  # an address, which the guard judges by itself
        return tuple(dict.fromkeys(found))

    def _webhook_template(self):
        """The own template (:class:`tools.signers.hmac_template.HmacTemplate`).

        :raises ValueError: it cannot work
        """
        self.ensure_one()
        names = [self.webhook_signature_header or "", self.webhook_timestamp_header or ""]
        for name in filter(None, names):
            extra_headers.check_signature_name(name)
        return HmacTemplate(
            names[0].lower(),
            content=self.webhook_template or "",
            algorithm=self.webhook_algorithm or "sha256",
            encoding=self.webhook_encoding or "hex",
            prefix=self.webhook_prefix or "",
            timestamp_header=names[1].lower(),
            id_header="webhook-id",
        )

    def _webhook_signer(self, proofs):
        """What signs requests (:class:`tools.signers.base.Signer`).

        :param proofs: of the credential, the version in use first
        """
        self.ensure_one()
        scheme = self.webhook_signing or "standard"
        template = self._webhook_template() if scheme == "template" else None
        return signing.signer(scheme, proofs, template)

    def _sending_credentials(self):
        found = super()._sending_credentials()
        # Whoever changes to another transport need not empty what belongs to this one.
        return found | self.webhook_access_id if self.transport == "webhook" else found

    # ------------------------------------------------------------------
    # before traffic
    # ------------------------------------------------------------------

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self.transport == "webhook" and self.direction == "outbound":
            # sudo: an approver asks as well, who may not read credentials
            interface = self.sudo()
            missing += interface._missing_of_signature()
            missing += interface._missing_of_access()
            missing += interface._missing_of_way()
        return missing

    def _missing_of_signature(self) -> list[str]:
        kind = self.credential_id.kind
        schemes = dict(self._fields["webhook_signing"]._description_selection(self.env))
        scheme = schemes[self.webhook_signing]
        missing = []
        if kind and kind not in SIGNING_KINDS and self.webhook_signing != "standard":
            missing.append(
                self.env._(
                    "“%(credential)s” does not sign, so there is no signature “%(scheme)s”. Choose "
                    "a shared secret or a key pair as credential, and this one as access.",
                    credential=self.credential_id.display_name,
                    scheme=scheme,
                )
            )
        elif kind in SIGNING_KINDS and self.webhook_signing not in SCHEMES[kind]:
            missing.append(
                self.env._("A key pair cannot sign as “%s”, which takes a shared secret.", scheme)
            )
        elif kind == "hmac":
            missing += self._missing_of_shared_secrets()
        if self.webhook_payload == "thin" and (self.mapping_id or self.contract_version_id):
            missing.append(
                self.env._(
                    "Only what it is about is sent, so mapping and wire contract have no effect. "
                    "Remove them, or send the whole content."
                )
            )
        return missing

    def _missing_of_shared_secrets(self) -> list[str]:
        """Whether those in force can sign like this: they may be older than the choice."""
        credential = self.credential_id
        try:
            for proof in credential._proofs():
                signing.check_secret(self.webhook_signing, proof.secret)
        except ValueError as exc:
            return [
                self.env._("The secret of “%(name)s”: %(reason)s", name=credential.name, reason=exc)
            ]
        except errors.IntegrationError:
            return []  # none is there yet, or none can be opened: messages will wait and say so
        return []

    def _missing_of_access(self) -> list[str]:
        access = self.webhook_access_id
        if not access:
            return []
        kinds = dict(access._fields["kind"]._description_selection(self.env))
        missing = []
        if access.kind not in ACCESS_KINDS:
            missing.append(
                self.env._(
                    "“%(credential)s” signs, which is not an access. Choose one of: %(kinds)s.",
                    credential=access.display_name,
                    kinds=", ".join(kinds[kind] for kind in ACCESS_KINDS),
                )
            )
        elif self.credential_id.kind in ACCESS_KINDS and "mtls" not in (
            self.credential_id.kind,
            access.kind,
        ):
            missing.append(
                self.env._(
                    "A request proves itself in one way only. Credential and access are both "
                    "sent along: leave one of them out."
                )
            )
        elif self.credential_id.kind == access.kind == "mtls":
            missing.append(self.env._("A connection has one client certificate only."))
        if access.kind in ACCESS_KINDS and not self._is_secure():
            missing.append(
                self.env._(
                    "The access is sent along, so the address must begin with https://. No waiver "
                    "changes that."
                )
            )
        return missing

    def _missing_of_way(self) -> list[str]:
        missing = []
        by_token = self._sending_credentials().filtered("token_url")
        if self.webhook_ca and not by_token and (self.url or "").lower().startswith("http:"):
            missing.append(
                self.env._("A private authority has no effect on an address without https://.")
            )
        if self.webhook_proxy_exceptions and not self.webhook_proxy:
            missing.append(self.env._("There are exceptions from a proxy, but no proxy."))
        return missing

    def _is_secure(self) -> bool:
        """Whether what is sent cannot be read on its way."""
        url = (self.url or "").lower()
        return url.startswith("https:") or net_guard.stays_on_this_machine(self.url or "")
