import base64

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import audit, keys
from ..engine.sealed_columns import SealedColumn
from ..engine.sealed_secrets import SealedSecret
from ..tools import credential_keys, credential_versions, keyring
from ..tools.credential_kinds import KINDS, Entered
from ..tools.credential_versions import Span

# Written by actions alone, which check what they must and leave an audit entry.
CLOSED = frozenset(
    {
        "not_before",
        "sign_from",
        "not_after",
        "revoked_at",
        "revoke_reason",
        "public_key",
        "certificate_ends_at",
        "key_id",
        "last_used_at",
        "ended_by_id",
        "former_not_after",
    }
)
# What a secret was checked together with.
BOUND = ("login", "certificate")


class IntegrationCredentialVersion(models.Model):
    """One secret of a credential and the time in which it is used."""

    _name = "integration.credential.version"
    _description = "Integration Credential Version"
    _inherit = [
        "integration.closed.columns",
        "integration.audited",
        "integration.reason.mixin",
    ]
    _closed_fields = CLOSED
    _audit_parent = "credential_id"
    _audit_excluded = (*sorted(CLOSED - {"not_before", "sign_from", "not_after"}), "number")
    _reason_acts = ("action_revoke",)
    _order = "id desc"
    _sealed_columns = (
        SealedColumn(
            column="ciphertext",
            key_column="key_id",
            context="'integration.credential.version|' || t.id || '|secret'",
            base64=True,
        ),
    )

    credential_id = fields.Many2one(
        "integration.credential", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(related="credential_id.kind")
    number = fields.Integer(
        string="Version", readonly=True, copy=False, help="Counts the secrets of the credential."
    )
    not_before = fields.Datetime(
        string="Accepted from",
        readonly=True,
        help="From then on the partner may use it. Empty: at once.",
    )
    sign_from = fields.Datetime(
        string="Used by us from",
        readonly=True,
        copy=False,
        help="From then on Odoo uses it for what it sends. Empty: as soon as it is accepted.",
    )
    not_after = fields.Datetime(
        string="Valid until",
        readonly=True,
        help="From then on it is neither used nor accepted. Empty: no end.",
    )
    revoked_at = fields.Datetime(string="Revoked", readonly=True, copy=False)
    revoke_reason = fields.Char(string="Revoked because", readonly=True, copy=False)
    login = fields.Char(help="The name that belongs to the password. It is not secret.")
    certificate = fields.Text(
        help="PEM: our own certificate first, then those that lead to its authority. It is not "
        "secret; its private key is."
    )
    certificate_ends_at = fields.Datetime(string="Certificate ends", readonly=True, copy=False)
    certificate_name = fields.Char(compute="_compute_certificate_name")
    public_key = fields.Text(
        string="Public key",
        readonly=True,
        copy=False,
        help="Give it to the partner: it verifies with it.",
    )
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        copy=False,
        help="Enter a secret that the partner gave you. It is encrypted and never shown again.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret", compute_sudo=True)
    state = fields.Selection(
        [
            ("empty", "No secret yet"),
            ("coming", "Coming"),
            ("signing", "In use"),
            ("verifying", "Still accepted"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ],
        compute="_compute_state",
        compute_sudo=True,
        help="In use: for what we send, and accepted. Still accepted: an older one that the "
        "partner may use until its end. Coming: accepted already, not used by us yet.",
    )
    last_used_at = fields.Datetime(
        string="Last used",
        readonly=True,
        copy=False,
        help="The last time that something was sent or accepted with it, to a few minutes.",
    )
    ended_by_id = fields.Many2one(
        "integration.credential.version",
        string="Replaced by",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    former_not_after = fields.Datetime(readonly=True, copy=False)
    ciphertext = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    key_id = fields.Char(
        string="Encryption key",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Key of the key ring under which the secret is encrypted.",
    )

    # ------------------------------------------------------------------
    # what is shown
    # ------------------------------------------------------------------

    @api.depends("credential_id.name", "number", "sign_from", "not_before")
    def _compute_display_name(self):
        for version in self:
            since = version.sign_from or version.not_before or version.create_date
            version.display_name = self.env._(
                "%(credential)s, version %(number)s, from %(date)s",
                credential=version.credential_id.name or "",
                number=version.number,
                date=fields.Date.to_string(since) if since else "",
            )

    def _compute_secret(self):
        self.secret = False

    @api.depends("ciphertext")
    def _compute_has_secret(self):
        for version in self:
            version.has_secret = bool(version.ciphertext)

    @api.depends("certificate")
    def _compute_certificate_name(self):
        for version in self:
            version.certificate_name = (
                credential_keys.describe(version.certificate) if version.certificate else False
            )

    @api.depends("credential_id.version_ids", "not_before", "not_after", "sign_from", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for version in self:
            siblings = version.credential_id.version_ids | version
            version.state = credential_versions.state_of(
                version._span(), [one._span() for one in siblings], now
            )

    def _ends_at(self):
        """When it is no longer valid: its own end, or that of its certificate."""
        self.ensure_one()
        return min(filter(None, (self.not_after, self.certificate_ends_at)), default=None)

    def _span(self) -> Span:
        self.ensure_one()
        return Span(
            number=self._origin.id or 0,
            not_before=self.not_before or None,
            sign_from=self.sign_from or None,
            ends=self._ends_at(),
            revoked=bool(self.revoked_at),
            empty=not self.has_secret,
        )

    def _usable(self) -> bool:
        return self._span().valid_at(fields.Datetime.now())

    # ------------------------------------------------------------------
    # the secret
    # ------------------------------------------------------------------

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
        if self.revoked_at:
            raise UserError(self.env._("This version was revoked. Add a new one."))
        accepted = self._accept(secret.strip())
        try:
            keys.remember(self.env.cr)
            ring = keys.ring(self.env.cr)
            blob = ring.encrypt(accepted.secret.encode(), self._context_of_secret())
        except keyring.KeyRingError as exc:
            raise UserError(self.env._("The secret cannot be stored: %s", exc.message)) from exc
        former = self.env._("former secret") if self.has_secret else ""
        # sudo: the ciphertext column is closed to everybody, so that no form or export shows it
        self.sudo().write(
            {
                "ciphertext": base64.b64encode(blob).decode(),
                "key_id": ring.current_id,
                "public_key": accepted.public or False,
                "certificate_ends_at": accepted.ends,
            }
        )
        # That it was replaced, and by whom; neither secret nor ciphertext has a place in the audit.
        audit.record(self, "change", changes={"secret": (former, self.env._("new secret"))})

    def _accept(self, secret):
        """Check what was entered (see :class:`..tools.credential_kinds.Kind`)."""
        kind = self.credential_id.kind
        try:
            accepted = KINDS[kind].accept(self._entered(secret), self.credential_id._terms())
        except credential_keys.InvalidSecret as exc:
            raise ValidationError(str(exc)) from None
        self._check_secret(kind, accepted.secret)
        return accepted

    def _entered(self, secret) -> Entered:
        return Entered(secret, (self.login or "").strip(), (self.certificate or "").strip())

    def _context_of_secret(self) -> str:
        return f"integration.credential.version|{self.id}|secret"

    def _seal(self) -> SealedSecret:
        self.ensure_one()
        return SealedSecret(
            context=self._context_of_secret(),
            blob=base64.b64decode(self.ciphertext),
            span=self._span(),
            login=(self.login or "").strip(),
        )

    # ------------------------------------------------------------------
    # consistency
    # ------------------------------------------------------------------

    @api.constrains("not_before", "not_after")
    def _check_period(self):
        for version in self:
            if version.not_before and version.not_after and version.not_after <= version.not_before:
                raise ValidationError(self.env._("The end comes after the beginning."))

    @api.model_create_multi
    def create(self, vals_list):
        versions = super().create(self._numbered(vals_list))
        versions.credential_id._secrets_changed()
        return versions

    @api.model
    def load(self, fields, data):
        self.env["integration.credential"]._refuse_secrets_of_files(fields)
        return super().load(fields, data)

    @api.model
    def _numbered(self, vals_list):
        """Values with the number of each new version: one more than the highest so far, whatever
        they say themselves."""
        highest: dict[int, int] = {}
        numbered = []
        for vals in vals_list:
            owner = vals.get("credential_id")
            if owner not in highest:
                # sudo: counted before the right to create is checked
                versions = self.env["integration.credential"].browse(owner).sudo().version_ids
                highest[owner] = max(versions.mapped("number"), default=0)
            highest[owner] += 1
            numbered.append({**vals, "number": highest[owner]})
        return numbered

    def write(self, vals):
        if "number" in vals and not self.env.su:
            self._refuse_closed({"number"})
        if "credential_id" in vals:
            self._refuse_to_move(vals["credential_id"])
        if not self.env.su and not vals.get("secret") and any(name in vals for name in BOUND):
            self._refuse_unbound()
        res = super().write(vals)
        self.credential_id._secrets_changed()
        return res

    def _refuse_to_move(self, owner):
        """A secret was checked with the kind and the address of its credential: elsewhere it would
        be sent to somebody else. Not even a shell moves it."""
        if any(version.credential_id.id != owner for version in self):
            raise UserError(
                self.env._(
                    "A secret stays with its credential. Add it to the other one with “Rotate”."
                )
            )

    def _refuse_unbound(self):
        if any(version.has_secret for version in self):
            raise UserError(
                self.env._("Login and certificate belong to their secret: rotate the credential.")
            )

    def unlink(self):
        credentials = self.credential_id
        res = super().unlink()
        credentials._secrets_changed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        self._raise_if_last()

    def _raise_if_last(self):
        self.credential_id._raise_if_relied_on(self.credential_id.version_ids - self)

    # ------------------------------------------------------------------
    # revoking
    # ------------------------------------------------------------------

    def action_ask_revoke(self):
        self.ensure_one()
        others = self.credential_id.version_ids - self
        warning = self.env._(
            "From this moment on it is neither used nor accepted. Messages that the partner still "
            "signs with it are refused."
        )
        if not any(version._usable() for version in others):
            held = self.env._(
                "It is the last valid one: interfaces with this credential stop until you add "
                "another. What they have to send waits."
            )
            warning = f"{warning}\n{held}"
        return self._ask_reason(
            "action_revoke", self.env._("Revoke %s", self.display_name), warning=warning
        )

    def action_revoke(self, reason):
        """End it at once, for example because it became known. There is no way back."""
        self.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the secret is revoked."))
        open_ones = self.filtered(lambda version: not version.revoked_at)
        now = fields.Datetime.now()
        # sudo: these fields are closed to writes of people
        open_ones.sudo().write({"revoked_at": now, "revoke_reason": reason.strip()})
        audit.record(open_ones, "revoke", reason=reason.strip())
        for credential in open_ones.credential_id:
            credential.message_post(
                body=self.env._(
                    "Revoked: %(versions)s. %(reason)s",
                    versions=", ".join((open_ones & credential.version_ids).mapped("display_name")),
                    reason=reason.strip(),
                )
            )
            credential._sign_by_the_next(now)
