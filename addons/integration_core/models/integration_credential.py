import base64
import secrets
from dataclasses import dataclass
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import audit, settings
from ..tools import errors, keyring


@dataclass(frozen=True)
class SealedSecret:
    """A secret as it is stored: worthless without the key ring. Times are naive UTC."""

    context: str
    blob: bytes
    not_before: datetime | None
    not_after: datetime | None

    def valid_at(self, moment: datetime) -> bool:
        return (not self.not_before or self.not_before <= moment) and (
            not self.not_after or moment < self.not_after
        )

    def open(self) -> str:
        """The secret in clear, for immediate use.

        :raises keyring.KeyRingError: no key ring, an unknown key or a changed ciphertext.
        """
        return settings.key_ring().decrypt(self.blob, self.context).decode()


class IntegrationCredential(models.Model):
    """A secret that Odoo and a system share, in versions that may overlap during a rotation."""

    _name = "integration.credential"
    _description = "Integration Credential"
    _inherit = ["mail.thread", "integration.audited"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [("hmac", "Shared secret (HMAC)")], required=True, default="hmac", tracking=True
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    active = fields.Boolean(default=True)
    version_ids = fields.One2many("integration.credential.version", "credential_id")
    interface_ids = fields.One2many("integration.interface", "credential_id")
    usable = fields.Boolean(
        compute="_compute_usable", help="Whether a version is valid at this moment."
    )

    @api.depends("version_ids.not_before", "version_ids.not_after", "version_ids.has_secret")
    def _compute_usable(self):
        for credential in self:
            credential.usable = any(version._usable() for version in credential.version_ids)

    @api.model
    def _key_ring(self):
        """The process's key ring (:class:`tools.keyring.KeyRing`), or ``None``."""
        return settings.optional_key_ring()

    def action_generate(self):
        """Add a version with a new random secret and show the secret once."""
        self.ensure_one()
        self.check_access("write")
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        version = self.env["integration.credential.version"].create(
            {"credential_id": self.id, "secret": secret}
        )
        audit.record(version, "generate")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("New secret: give it to the partner now, it is shown once"),
                "message": secret,
                "type": "warning",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _sealed(self) -> tuple[SealedSecret, ...]:
        """All versions of this credential, newest first, still encrypted."""
        self.ensure_one()
        if not self.active:
            return ()  # archived is revoked
        # sudo: the ciphertext column is closed to everybody; callers are the door and transports
        return tuple(version._seal() for version in self.version_ids.sudo() if version.ciphertext)

    def _secrets(self) -> list[str]:
        """The secrets in clear that are valid now, newest first. Never return them to a client.

        :raises errors.ConfigurationError: there is none, or it cannot be decrypted.
        """
        now = fields.Datetime.now()
        found = [sealed.open() for sealed in self._sealed() if sealed.valid_at(now)]
        if not found:
            raise errors.ConfigurationError(
                "The credential has no valid version. Generate or enter one.", code="no_secret"
            )
        return found

    def write(self, vals):
        # su: whoever acts in an emergency from a shell knows what it means
        if not vals.get("active", True) and not self.env.su:
            self.filtered("active")._raise_if_relied_on(self.env["integration.credential.version"])
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._raise_if_relied_on(self.env["integration.credential.version"])

    def _raise_if_relied_on(self, left):
        """Refuse what leaves only the versions ``left`` to interfaces that work with a secret."""
        for credential in self.filtered("usable"):
            # sudo: interfaces that its editor may not see count as well
            used = credential.sudo().with_context(active_test=False).interface_ids
            used = used.filtered(lambda interface: interface.state not in ("draft", "retired"))
            if used and not any(version._usable() for version in left & credential.version_ids):
                raise UserError(
                    self.env._(
                        "“%(interface)s” works with the last usable secret of “%(credential)s”. "
                        "Generate another one and give it to the partner first. To revoke the "
                        "secret at once, enter now as the end of its validity.",
                        interface=used[0].display_name,
                        credential=credential.display_name,
                    )
                )


class IntegrationCredentialVersion(models.Model):
    """One secret of a credential and the time in which it is valid."""

    _name = "integration.credential.version"
    _description = "Integration Credential Version"
    _inherit = ["integration.audited"]
    _audit_parent = "credential_id"
    _order = "id desc"

    credential_id = fields.Many2one(
        "integration.credential", required=True, index=True, ondelete="cascade"
    )
    not_before = fields.Datetime(string="Valid from")
    not_after = fields.Datetime(string="Valid until")
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        copy=False,
        help="Enter a secret that the partner gave you. It is encrypted and never shown again.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret", compute_sudo=True)
    ciphertext = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    key_id = fields.Char(
        string="Encryption key",
        readonly=True,
        copy=False,
        help="Key of the key ring under which the secret is encrypted.",
    )

    def _usable(self) -> bool:
        self.ensure_one()
        now = fields.Datetime.now()
        return bool(
            self.has_secret
            and (not self.not_before or self.not_before <= now)
            and (not self.not_after or now < self.not_after)
        )

    def _compute_secret(self):
        self.secret = False

    @api.depends("ciphertext")
    def _compute_has_secret(self):
        for version in self:
            version.has_secret = bool(version.ciphertext)

    def _inverse_secret(self):
        for version in self:
            # The ORM hands the entered value over in the cache; it must not stay there, where
            # the answer of the same save would show it.
            secret = version.secret
            if secret:
                version._encrypt(secret)
        self.invalidate_recordset(["secret"])

    @api.model
    def _check_secret(self, kind, secret):
        """Refuse a secret that could not be used; transports add the rules of their kinds.

        :raises ValidationError: with a reason that does not quote the secret
        """

    def _encrypt(self, secret):
        self.ensure_one()
        secret = secret.strip()
        self._check_secret(self.credential_id.kind, secret)
        try:
            ring = settings.key_ring()
        except keyring.KeyRingError as exc:
            raise UserError(self.env._("The secret cannot be stored: %s", exc.message)) from exc
        blob = ring.encrypt(secret.encode(), self._context_of_secret())
        former = self.env._("former secret") if self.has_secret else ""
        # sudo: the ciphertext column is closed to everybody, so that no form or export shows it
        self.sudo().write(
            {"ciphertext": base64.b64encode(blob).decode(), "key_id": ring.current_id}
        )
        # That it was replaced, and by whom; neither secret nor ciphertext has a place in the audit.
        audit.record(self, "change", changes={"secret": (former, self.env._("new secret"))})
        self.env.registry.clear_cache()

    def _context_of_secret(self) -> str:
        return f"integration.credential.version|{self.id}|secret"

    def _seal(self) -> SealedSecret:
        self.ensure_one()
        return SealedSecret(
            context=self._context_of_secret(),
            blob=base64.b64decode(self.ciphertext),
            not_before=self.not_before or None,
            not_after=self.not_after or None,
        )

    def write(self, vals):
        if "credential_id" in vals:
            self.filtered(lambda v: v.credential_id.id != vals["credential_id"])._raise_if_last()
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        self._raise_if_last()

    def _raise_if_last(self):
        self.credential_id._raise_if_relied_on(self.credential_id.version_ids - self)
