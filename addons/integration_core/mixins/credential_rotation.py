from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import audit
from ..tools.credential_keys import InvalidSecret

OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 90 * 24
MAX_LEAD_HOURS = 30 * 24


class IntegrationCredentialRotation(models.AbstractModel):
    """Adding and replacing secrets without an interruption. Part of ``integration.credential``.

    A new version is accepted from the partner at once. We use it for what we send from a time that
    is chosen, so that the partner can enter it first; the old one is accepted for an overlap after
    that, so that the partner can change over later. Secrets are arguments and results of calls,
    never columns of a dialog.
    """

    _name = "integration.credential.rotation"
    _description = "Rotation of a Credential"

    rotating = fields.Boolean(
        compute="_compute_rotating", compute_sudo=True, help="Two versions are valid at this time."
    )
    undoable = fields.Boolean(compute="_compute_rotating", compute_sudo=True)

    @api.depends("version_ids.not_after", "version_ids.sign_from", "version_ids.revoked_at")
    def _compute_rotating(self):
        for credential in self:
            states = credential.version_ids.mapped("state")
            credential.rotating = len([s for s in states if s in OVERLAPPING]) > 1
            credential.undoable = bool(credential._pending())

    def _pending(self):
        """The version that a rotation made and that is not in use yet."""
        self.ensure_one()
        now = fields.Datetime.now()
        return self._newest_first().filtered(
            lambda one: one.state == "coming" and one.sign_from and one.sign_from > now
        )[:1]

    def action_open_rotation(self):
        """Open the dialog that asks for the new secret and its times."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.rotate_credential",
            "params": {"credential_id": self.id},
        }

    def rotation_setup(self):
        """What the dialog shows before anything is entered; no secret.

        :return: ``first`` (there is nothing to replace), ``can_generate``, ``multiline``, ``asks``
            (fields of the version), ``shared`` (the partner needs the secret itself), ``login``,
            ``certificate``, ``interfaces``, ``overlap_hours``
        """
        self.ensure_one()
        self.check_access("write")
        kind = self._kind()
        latest = self._newest_first()[:1]
        return {
            "name": self.name,
            "kind": self.kind,
            "kind_name": dict(self._fields["kind"]._description_selection(self.env))[self.kind],
            "first": not any(version._usable() for version in self.version_ids),
            "can_generate": kind.can_generate,
            "multiline": kind.multiline,
            "asks": list(kind.needs),
            "shared": not (kind.multiline and kind.can_generate),
            "login": latest.login or "",
            # sudo: names of the interfaces that are concerned, also those of other companies
            "interfaces": self.sudo()._relying().mapped("display_name"),
            "overlap_hours": OVERLAP_HOURS,
        }

    def rotate(self, values, secret=""):
        """Add a version and, where there is one in use, replace it after an overlap.

        :param values: ``generate`` (make the secret here), ``login``, ``certificate``,
            ``lead_hours`` (until we use the new one), ``overlap_hours`` (how long the old one is
            accepted after that), ``valid_until`` (text in UTC, after which the new one is neither
            used nor accepted; empty: no end)
        :param secret: the secret when it is entered; never stored but encrypted
        :return: ``secret``, the generated one, which is shown this once, or ``""``; ``public``, a
            key that the partner may know; ``sign_from`` and ``old_until`` as texts in UTC;
            ``sooner``: the old ones end before the time that was chosen, so the new one is used
            from their end
        """
        self.ensure_one()
        self.check_access("write")
        self._require_terms()
        self._require_no_rotation()
        generated = ""
        if values.get("generate"):
            secret = generated = self._generate()
        now = fields.Datetime.now()
        old = self.version_ids.filtered(lambda one: one._usable())
        chosen = now + timedelta(hours=self._hours(values, "lead_hours", MAX_LEAD_HOURS))
        sign_from = self._without_gap(old, chosen)
        until = self._valid_until(values, sign_from)
        version = self._add_version(
            values,
            secret,
            {"sign_from": sign_from if old and sign_from > now else False, "not_after": until},
        )
        old_until = self._end_versions(old, version, sign_from, values)
        audit.record(version, "rotate" if old else "generate" if generated else "create")
        return {
            "secret": generated if self._kind().code not in ("ed25519", "private_key_jwt") else "",
            "public": version.public_key or "",
            "sign_from": fields.Datetime.to_string(version.sign_from) or "",
            "old_until": fields.Datetime.to_string(old_until) or "",
            "sooner": sign_from < chosen,
        }

    def _without_gap(self, old, sign_from):
        """``sign_from``, or the end of the last old version if that comes first."""
        ends = [version._ends_at() for version in old]
        return min(sign_from, max(ends)) if ends and all(ends) else sign_from

    def _hours(self, values, name, most) -> float:
        hours = values.get(name) or 0
        if not isinstance(hours, (int, float)) or not 0 <= hours <= most:
            raise UserError(self.env._("Choose a time between now and %s days.", most // 24))
        return hours

    def _generate(self) -> str:
        try:
            return self._kind().generate(self._terms())
        except InvalidSecret as exc:
            raise UserError(str(exc)) from None

    def _require_terms(self):
        missing = [name for name in self._kind().terms if not self[name]]
        if missing:
            names = (self._fields[name]._description_string(self.env) for name in missing)
            raise UserError(self.env._("Fill in first: %s.", ", ".join(names)))

    def _require_no_rotation(self):
        if self._pending():
            raise UserError(
                self.env._(
                    "A rotation is under way already. Wait until the new secret is in use, or undo "
                    "that rotation first."
                )
            )

    def _valid_until(self, values, sign_from):
        try:
            until = fields.Datetime.to_datetime(values.get("valid_until") or False)
        except (TypeError, ValueError):
            raise UserError(self.env._("“Valid until” is not a time.")) from None
        if until and until <= sign_from:
            raise UserError(
                self.env._(
                    "“Valid until” is not later than the time from which the new secret is used. "
                    "Choose a later end, or leave it empty."
                )
            )
        return until or False

    def _add_version(self, values, secret, times):
        if not (secret or "").strip():
            raise UserError(self.env._("Enter the secret, or have one made."))
        versions = self.env["integration.credential.version"]
        asked = {
            name: (values.get(name) or "").strip() or False
            for name in self._kind().needs
            if name in values
        }
        version = versions.create({"credential_id": self.id, "secret": secret, **asked})
        if any(times.values()):
            version.sudo().write(times)  # sudo: closed to writes of people
        return version

    def _end_versions(self, old, new, sign_from, values):
        """Let older versions end after the overlap; return when the last one does."""
        if not old:
            return None
        ends = sign_from + timedelta(hours=self._hours(values, "overlap_hours", MAX_OVERLAP_HOURS))
        for version in old.filtered(lambda one: not one.not_after or one.not_after > ends):
            # sudo: closed to writes of people
            version.sudo().write(
                {
                    "former_not_after": version.not_after,
                    "not_after": max(ends, version.not_before or ends),
                    "ended_by_id": new.id,
                }
            )
        return max(version._ends_at() for version in old)

    def action_undo_rotation(self):
        """Take back a rotation whose new secret is not in use yet; the old one stays."""
        self.ensure_one()
        self.check_access("write")
        version = self._pending()
        if not version:
            raise UserError(
                self.env._("There is no rotation to undo: the new secret is in use already.")
            )
        # sudo: closed to writes of people
        for old in version.sudo().search([("ended_by_id", "=", version.id)]):
            old.write({"not_after": old.former_not_after, "ended_by_id": False})
        # sudo: as above
        version.sudo().write(
            {
                "revoked_at": fields.Datetime.now(),
                "revoke_reason": self.env._("The rotation was undone."),
            }
        )
        audit.record(version, "rollback")
        self.message_post(body=self.env._("Rotation undone: %s", version.display_name))

    def _sign_by_the_next(self, now):
        """After the version in use was revoked: a coming one takes over, if it is accepted yet."""
        self.ensure_one()
        alive = self._newest_first().filtered(lambda one: one._usable())
        if alive and not any(one._span().may_sign_at(now) for one in alive):
            alive[:1].sudo().sign_from = now  # sudo: closed to writes of people


OVERLAPPING = ("coming", "signing", "verifying")
