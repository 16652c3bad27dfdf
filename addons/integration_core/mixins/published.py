import secrets

from odoo import fields, models

from ..tools import jwks

# Kinds of credentials with a key pair, whose public half partners may know.
KEY_PAIRS = ("ed25519", "private_key_jwt")
# Keys that are, were or will be ours, as long as somebody may still verify with them.
PUBLISHED = ("coming", "signing", "verifying")


class IntegrationInterfacePublished(models.AbstractModel):
    """An interface whose public keys partners fetch. Part of ``integration.interface``."""

    _name = "integration.interface.published"
    _description = "Interface with Published Keys"

    public_id = fields.Char(
        string="Public name",
        copy=False,
        readonly=True,
        index=True,
        default=lambda self: secrets.token_hex(16),
        help="Names this interface to partners where nothing secret is meant.",
    )
    published_keys_url = fields.Char(
        string="Public keys",
        compute="_compute_published_keys_url",
        help="Give this address to the partner: there it finds the keys with which it verifies, "
        "the next ones early and the old ones as long as they are accepted.",
    )

    def _compute_published_keys_url(self):
        for interface in self:
            interface.published_keys_url = (
                f"{interface.get_base_url()}/integration/jwks/{interface.public_id}.json"
                if interface.public_id and interface._publishing_credentials()
                else False
            )

    def _sending_credentials(self):
        """The credentials that sending needs; transports may know more of them."""
        return self.credential_id

    def _publishing_credentials(self):
        """Those of them whose public keys are published."""
        # sudo: that there is a key pair is no secret
        return self.sudo()._sending_credentials().filtered(lambda one: one.kind in KEY_PAIRS)

    def _key_set(self) -> bytes | None:
        """The key set (RFC 7517) of this interface; ``None`` if it publishes none.

        It has keys and nothing else: no name, no state, nothing of other interfaces.
        """
        self.ensure_one()
        credentials = self._publishing_credentials().filtered("active")
        if not credentials or not self.active or self.state == "retired":
            return None
        versions = credentials.version_ids.filtered(lambda one: one.state in PUBLISHED)
        keys = [key for one in versions for key in jwks.read_public(one.public_key or "")]
        return jwks.document(keys)
