from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import plaintext2html

from ..tools import credential_versions

SOON_DAYS = credential_versions.NOTICE_DAYS[0]


class IntegrationCredentialExpiry(models.AbstractModel):
    """When the last secret of a credential ends, and who hears of it before. Part of
    ``integration.credential``."""

    _name = "integration.credential.expiry"
    _description = "End of a Credential"

    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Is reminded 30, 14, 7 and 1 days before the last secret ends, and when it has. If "
        "this is empty or the person is gone, the owners of the interfaces are.",
    )
    ends_at = fields.Datetime(
        string="Ends",
        compute="_compute_status",
        compute_sudo=True,
        help="When the last valid secret, or its certificate, ends. Empty: never.",
    )
    last_used_at = fields.Datetime(string="Last used", compute="_compute_status", compute_sudo=True)
    status = fields.Selection(
        [
            ("ok", "Valid"),
            ("rotating", "Being rotated"),
            ("soon", "Ends soon"),
            ("expired", "Expired"),
            ("none", "No valid secret"),
        ],
        compute="_compute_status",
        compute_sudo=True,
    )
    noticed_days = fields.Integer(readonly=True, copy=False)
    noticed_end = fields.Datetime(readonly=True, copy=False)

    @api.depends(
        "version_ids.not_before",
        "version_ids.not_after",
        "version_ids.sign_from",
        "version_ids.revoked_at",
        "version_ids.last_used_at",
        "version_ids.has_secret",
    )
    def _compute_status(self):
        now = fields.Datetime.now()
        for credential in self:
            versions = credential.version_ids
            ends = credential._ends_at(now)
            credential.ends_at = ends
            credential.last_used_at = max(
                filter(None, versions.mapped("last_used_at")), default=False
            )
            if not credential.usable:
                expired = any(version.state == "expired" for version in versions)
                credential.status = "expired" if expired else "none"
            elif ends and ends <= now + timedelta(days=SOON_DAYS):
                credential.status = "soon"
            else:
                credential.status = "rotating" if credential.rotating else "ok"

    def _ends_at(self, now):
        """When the last valid version ends or, when none is valid any more, when it ended."""
        self.ensure_one()
        spans = [version._span() for version in self.version_ids if not version.revoked_at]
        if not spans or any(span.ends is None and not span.empty for span in spans):
            return False
        alive = credential_versions.last_end(spans, now)
        return alive or max((span.ends for span in spans if span.ends), default=False)

    # ------------------------------------------------------------------
    # reminding
    # ------------------------------------------------------------------

    @api.model
    def _cron_credentials(self):
        """Tell of credentials whose end is near or has come, once for each of the notices."""
        now = fields.Datetime.now()
        for credential in self.search([("version_ids.not_after", "!=", False)]) | self.search(
            [("version_ids.certificate_ends_at", "!=", False)]
        ):
            ends = credential._ends_at(now)
            if not ends:
                continue
            told = credential.noticed_days if credential.noticed_end == ends else None
            days = credential_versions.notice_due(ends, now, told)
            if days is None:
                continue
            credential.write({"noticed_days": days, "noticed_end": ends})
            if credential._relying() or days:
                credential._tell_of_end(ends, days)

    def _tell_of_end(self, ends, days):
        """An activity: on the credential for its responsible, else on the interfaces for their
        owners, who need not be allowed to read credentials."""
        self.ensure_one()
        summary = (
            self.env._(
                "The secret of “%(name)s” ends on %(date)s", name=self.name, date=ends.date()
            )
            if days
            else self.env._("The secret of “%s” has expired", self.name)
        )
        note = plaintext2html(self._consequence(days))
        kind = "integration_core.mail_activity_credential"
        person = self.user_id
        if person.active and person.has_group("integration_core.group_administrator"):
            self._replace_activity(self, kind, person, summary, note, ends)
            return
        for interface in self._relying():
            owner = interface.owner_id or interface.create_uid
            self._replace_activity(interface, kind, owner, summary, note, ends)

    def _consequence(self, days) -> str:
        names = ", ".join(self._relying().mapped("name"))
        if not days:
            return self.env._(
                "Interfaces with it have stopped: %s. What they have to send waits; what the "
                "partner sends is refused. Rotate the credential, and all of it goes on.",
                names,
            )
        return self.env._(
            "Rotate it before: the new secret is accepted at once, and the old one until its end. "
            "Interfaces with it: %s. Without a new one they stop.",
            names,
        )

    @api.model
    def _replace_activity(self, record, kind, person, summary, note, ends):
        """One open activity a credential: the newer notice replaces the older one."""
        old = record.activity_search([kind], user_id=person.id)
        old.filtered(lambda activity: self.name in (activity.summary or "")).unlink()
        record.with_context(mail_activity_quick_update=True).activity_schedule(
            kind, date_deadline=ends.date(), user_id=person.id, summary=summary, note=note
        )
