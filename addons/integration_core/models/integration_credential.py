import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import keys
from ..engine.sealed_secrets import SealedSecret, note_use
from ..tools import errors, http_auth, keyring, net_guard
from ..tools.credential_keys import JWT_ALGORITHMS
from ..tools.credential_kinds import KINDS, Terms

#: What a partner would have to be told, or what decides where a secret is sent.
TERMS = ("kind", "token_url", "client_id", "scope", "algorithm", "header_name")


class IntegrationCredential(models.Model):
    """What proves to a partner who we are, and to us who the partner is, in versions that may
    overlap while the secret is rotated."""

    _name = "integration.credential"
    _description = "Integration Credential"
    _inherit = [
        "integration.credential.rotation",
        "integration.credential.expiry",
        "integration.closed.columns",
        "mail.thread",
        "mail.activity.mixin",
        "integration.audited",
    ]
    _audit_excluded = ("noticed_days", "noticed_end")
    _closed_fields = frozenset(_audit_excluded)
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [
            ("hmac", "Shared secret (HMAC)"),
            ("ed25519", "Key pair (Ed25519)"),
            ("basic", "Login and password"),
            ("bearer", "Bearer token"),
            ("header", "Key in a header"),
            ("oauth2", "OAuth 2.0 client credentials"),
            ("private_key_jwt", "Private key JWT (SMART)"),
            ("mtls", "Client certificate (mutual TLS)"),
        ],
        required=True,
        default="hmac",
        tracking=True,
        help="What the partner asks for. It cannot be changed once there is a secret.",
    )
    client_id = fields.Char(
        string="Client ID", tracking=True, help="The name under which the partner knows Odoo."
    )
    token_url = fields.Char(
        string="Token address",
        tracking=True,
        help="Where the partner hands out access tokens. It begins with https://.",
    )
    scope = fields.Char(
        tracking=True, help="The rights that are asked for, separated by spaces. Empty: the usual."
    )
    algorithm = fields.Selection(
        [(one, one) for one in JWT_ALGORITHMS],
        default="ES384",
        tracking=True,
        help="How the request for a token is signed. SMART servers accept one of the two at least.",
    )
    header_name = fields.Char(
        string="Header",
        default="X-API-Key",
        tracking=True,
        help="Name of the HTTP header in which the partner expects the key.",
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    active = fields.Boolean(default=True)
    version_ids = fields.One2many("integration.credential.version", "credential_id")
    interface_ids = fields.One2many("integration.interface", "credential_id")
    usable = fields.Boolean(
        compute="_compute_usable",
        compute_sudo=True,
        help="Whether a version is valid at this moment.",
    )

    @api.depends("version_ids.not_before", "version_ids.not_after", "version_ids.has_secret")
    def _compute_usable(self):
        for credential in self:
            credential.usable = any(version._usable() for version in credential.version_ids)

    @api.model
    def _key_ring(self):
        """The process's key ring (:class:`tools.keyring.KeyRing`), or ``None``.

        It refuses keys that are not those which this database knows by their names.
        """
        return keys.optional_ring(self.env.cr)

    def _interfaces(self):
        """The interfaces that work with these credentials; transports may know more of them."""
        return self.interface_ids

    def _kind(self):
        self.ensure_one()
        return KINDS[self.kind]

    def _terms(self) -> Terms:
        self.ensure_one()
        return Terms(
            client_id=(self.client_id or "").strip(),
            token_url=(self.token_url or "").strip(),
            scope=(self.scope or "").strip(),
            algorithm=self.algorithm or "ES384",
            header_name=(self.header_name or "").strip(),
        )

    # ------------------------------------------------------------------
    # what transports and the door ask
    # ------------------------------------------------------------------

    def _newest_first(self):
        """The versions; the cache has those that were just made at the end."""
        return self.version_ids.sorted(lambda version: version._origin.id or 0, reverse=True)

    def _sealed(self) -> tuple[SealedSecret, ...]:
        """All versions of this credential that are not revoked, newest first, still encrypted."""
        self.ensure_one()
        if not self.active:
            return ()  # archived is revoked
        # sudo: the ciphertext column is closed to everybody; callers are the door and transports
        versions = self.sudo()._newest_first()
        return tuple(one._seal() for one in versions if one.ciphertext and not one.revoked_at)

    def _secrets(self) -> list[str]:
        """The secrets in clear that are valid now, newest first. Never return them to a client.

        :raises errors.ConfigurationError: there is none, or it cannot be decrypted.
        """
        now = fields.Datetime.now()
        found = [sealed.open() for sealed in self._sealed() if sealed.valid_at(now)]
        if not found:
            raise self._unusable()
        return found

    def _proofs(self) -> list[http_auth.Proof]:
        """What we may send with now, the version that is in use first. Never return them to a
        client.

        An older version follows while it is still accepted: a transport that can prove itself
        twice does, so that it does not matter when the partner changes over.

        :raises errors.ConfigurationError: there is none, or it cannot be decrypted.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        # sudo: as in _sealed
        versions = self.sudo()._newest_first() if self.active else self.version_ids.browse()
        ready = [one for one in versions if one._span().may_sign_at(now)]
        if not ready:
            raise self._unusable()
        proofs = []
        for version in ready:
            try:
                entered = version._entered(version._seal().open())
            except keyring.KeyRingError:
                if not proofs:
                    raise
                continue  # an older one, which only helps as long as it can be read
            proofs.append(self._kind().proof(entered, self._terms()))
        return proofs

    def _version_in_use(self):
        """The version with which we send now; empty without one."""
        now = fields.Datetime.now()
        # sudo: who sends need not be able to read versions
        return self.sudo()._newest_first().filtered(lambda one: one._span().may_sign_at(now))[:1]

    def _note_sending(self):
        """Note that the version in use was used (see ``engine.sealed_secrets``)."""
        note_use(self.env.registry, self._version_in_use().ids)

    def _token_key(self) -> str:
        """Under which access tokens are kept that were given for the version in use."""
        self.ensure_one()
        terms = self._terms()
        asked = f"{terms.token_url}|{terms.client_id}|{terms.scope}|{terms.algorithm}"
        digest = hashlib.sha256(asked.encode()).hexdigest()[:16]
        return f"{self._name},{self.id}|{self._version_in_use().id}|{digest}"

    def _unusable(self) -> errors.CredentialError:
        """Why nothing can be sent or accepted, for an operator."""
        versions = self.sudo().version_ids  # sudo: times only
        ended = max(
            (one._ends_at() for one in versions if one._ends_at() and not one.revoked_at),
            default=None,
        )
        now = fields.Datetime.now()
        if not self.active:
            reason = "is archived, and so revoked"
        elif any(one.state == "coming" for one in versions):
            reason = "has no secret whose time has come"
        elif ended and ended <= now:
            reason = f"expired on {ended:%Y-%m-%d %H:%M} UTC"
        elif any(one.revoked_at for one in versions):
            reason = "was revoked"
        else:
            reason = "has no secret yet"
        return errors.CredentialError(
            f"The credential “{self.name}” {reason}. An administrator has to add a secret with "
            "“Rotate”; what waits is sent then."
        )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("token_url")
    def _check_token_url(self):
        for credential in self.filtered("token_url"):
            try:
                net_guard.check_url(credential.token_url.strip(), allow_plaintext=False)
            except errors.IntegrationError as exc:
                raise ValidationError(self.env._("Token address: %s", exc.message)) from exc

    def _secrets_changed(self):
        """Versions came, went or changed: every worker reads them anew, and what waited for one
        goes on."""
        self.env.registry.clear_cache()
        # sudo: interfaces that the person may not see wait as well
        self.env["integration.lane"]._wake_after_commit(self.sudo()._interfaces().ids)

    @api.model
    def load(self, fields, data):
        self._refuse_secrets_of_files(fields)
        return super().load(fields, data)

    @api.model
    def _refuse_secrets_of_files(self, names):
        """The import of a file keeps the file, in clear."""
        if any(name.rpartition("/")[2] == "secret" for name in names):
            raise UserError(self.env._("Secrets are not imported from files. Use “Rotate”."))

    def write(self, vals):
        # su: whoever acts in an emergency from a shell knows what it means
        if not self.env.su:
            if not vals.get("active", True):
                self.filtered("active")._raise_if_relied_on(self.version_ids.browse())
            self._refuse_other_terms(vals)
        res = super().write(vals)
        self._secrets_changed()
        return res

    def _refuse_other_terms(self, vals):
        """Where a secret goes and what it is stays as it was reviewed."""
        for credential in self:
            changed = [
                name for name in TERMS if name in vals and (credential[name] or False) != vals[name]
            ]
            if not changed:
                continue
            if "kind" in changed and any(version.has_secret for version in credential.version_ids):
                raise UserError(
                    self.env._(
                        "“%s” has secrets of another kind. Make a new credential.",
                        credential.display_name,
                    )
                )
            # sudo: interfaces that its editor may not see count as well
            used = credential.sudo()._relying()
            if used:
                raise UserError(
                    self.env._(
                        "“%(interface)s” works with “%(credential)s”, so %(fields)s cannot change. "
                        "Make a new credential, and propose it as a change of the interface.",
                        interface=used[0].display_name,
                        credential=credential.display_name,
                        fields=", ".join(
                            self._fields[name]._description_string(self.env) for name in changed
                        ),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._raise_if_relied_on(self.env["integration.credential.version"])

    def _relying(self):
        """Interfaces, seen or not, that were reviewed with this credential."""
        found = self.with_context(active_test=False)._interfaces()
        return found.filtered(lambda interface: interface.state not in ("draft", "retired"))

    def _raise_if_relied_on(self, left):
        """Refuse what leaves only the versions ``left`` to interfaces that work with a secret."""
        for credential in self.filtered("usable"):
            # sudo: interfaces that its editor may not see count as well
            used = credential.sudo()._relying()
            if used and not any(version._usable() for version in left & credential.version_ids):
                raise UserError(
                    self.env._(
                        "“%(interface)s” works with the last usable secret of “%(credential)s”. "
                        "Rotate it and give the new one to the partner first. If the secret "
                        "became known, use “Revoke”.",
                        interface=used[0].display_name,
                        credential=credential.display_name,
                    )
                )
