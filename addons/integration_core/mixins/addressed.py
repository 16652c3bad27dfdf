import secrets
from datetime import UTC, timedelta
from email.utils import format_datetime
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import audit

#: How long the old address stays in force, unless somebody says otherwise.
OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 90 * 24


class IntegrationInterfaceAddressed(models.AbstractModel):
    """An inbound interface has an address of its own, whose last part is secret. Part of
    ``integration.interface``.

    A new address is given without an approval, for it opens nothing: every request has to prove
    itself as well. The old one is in force for an overlap, so that the partner changes over when it
    can; only its digest is kept. There is one old address: a second renewal ends the first.
    """

    _name = "integration.interface.addressed"
    _description = "Interface with an Address of Ours"

    token = fields.Char(
        copy=False,
        readonly=True,
        default=lambda self: secrets.token_urlsafe(24),
        groups="integration_core.group_administrator",
        help="Secret part of the inbound address.",
    )
    former_address_digest = fields.Char(
        copy=False, readonly=True, groups="integration_core.group_administrator"
    )
    former_address_until = fields.Datetime(
        string="Old address until",
        copy=False,
        readonly=True,
        help="What the partner sends to the address before this one is taken until then.",
    )
    former_address_used_at = fields.Datetime(
        string="Old address last used",
        copy=False,
        readonly=True,
        help="The last time that something was taken there, to a few minutes. As long as it moves "
        "on, the partner has not changed over.",
    )
    former_address_valid = fields.Boolean(compute="_compute_former_address_valid")

    @api.depends("former_address_until")
    def _compute_former_address_valid(self):
        now = fields.Datetime.now()
        for interface in self:
            until = interface.former_address_until
            interface.former_address_valid = bool(until and until > now)

    # ------------------------------------------------------------------
    # what the door asks
    # ------------------------------------------------------------------

    def _inbound_addresses(self) -> dict[str, dict]:
        """``{sha256 of the last part of an address: what differs in the specification there}``."""
        self.ensure_one()
        if not self.token:
            return {}
        found = {sha256(self.token.encode()).hexdigest(): {}}
        if self.former_address_digest and self.former_address_valid:
            # Sunset (RFC 8594) is said of an address, so it tells whoever reads it to change over.
            end = self.former_address_until
            sunset = format_datetime(end.replace(tzinfo=UTC), usegmt=True)
            found[self.former_address_digest] = {"former_until": end, "sunset": sunset}
        return found

    def _has_address(self) -> bool:
        """Whether partners reach it at an address of ours."""
        self.ensure_one()
        return self.direction == "inbound" and self.transport != "none" and not self.revision_of_id

    # ------------------------------------------------------------------
    # a new address
    # ------------------------------------------------------------------

    def action_ask_new_address(self):
        """Open the dialog that asks why, and how long the old one stays in force."""
        self.ensure_one()
        self._require_address()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New address"),
            "res_model": "integration.new.address",
            "view_mode": "form",
            "target": "new",
            "context": {"default_interface_id": self.id},
        }

    def _renew_address(self, reason, overlap_hours):
        """Give the partner another address, whose last part nobody knows yet.

        :param overlap_hours: how long the old one stays in force; 0: it ends now
        :raises AccessError: the user may not change interfaces
        :raises UserError: this interface has no address of ours
        """
        self.ensure_one()
        self.check_access("write")
        self._require_address()
        until = fields.Datetime.now() + timedelta(hours=overlap_hours) if overlap_hours else False
        # sudo: closed columns; the right was checked above, and the entry below tells of them
        interface = self.sudo()
        interface.write(
            {
                "former_address_digest": until and sha256(interface.token.encode()).hexdigest(),
                "former_address_until": until,
                "former_address_used_at": False,
                "token": secrets.token_urlsafe(24),
            }
        )
        ends = fields.Datetime.to_string(until) if until else self.env._("now")
        audit.record(self, "readdress", reason=reason, changes={"former_address_until": ("", ends)})
        self.message_post(body=self._new_address_text(reason, until))

    def _new_address_text(self, reason, until):
        if until:
            return self.env._(
                "The partner gets a new address; the old one is in force until %(time)s UTC. "
                "%(reason)s",
                time=fields.Datetime.to_string(until),
                reason=reason,
            )
        return self.env._(
            "The partner gets a new address. What is sent to the old one is refused. %s", reason
        )

    def _require_address(self):
        if not self._has_address():
            raise UserError(self.env._("Only an inbound interface has an address to renew."))

    # ------------------------------------------------------------------
    # the end of the old one
    # ------------------------------------------------------------------

    def action_ask_end_former_address(self):
        self.ensure_one()
        used = self.former_address_used_at
        warning = self.env._("What the partner still sends to the old address is refused then.")
        if used:
            seen = self.env._("It was last used at %s UTC.", fields.Datetime.to_string(used))
            warning = f"{warning}\n{seen}"
        return self._ask_reason(
            "action_end_former_address", self.env._("End the old address now"), warning=warning
        )

    def action_end_former_address(self, reason):
        """End an overlap before its time, for example because strangers know the old address."""
        self._governance_require_reason(reason)
        self.check_access("write")
        ending = self.filtered("former_address_until")
        ending._forget_former_address()
        audit.record(ending, "revoke", reason=reason, changes={"former_address_until": ("✓", "✗")})
        for interface in ending:
            interface.message_post(body=self.env._("The old address has ended. %s", reason))

    def _forget_former_address(self):
        # sudo: closed columns; callers have checked the right, or are the cron
        self.sudo().write(
            {
                "former_address_digest": False,
                "former_address_until": False,
                "former_address_used_at": False,
            }
        )

    @api.model
    def _cron_former_addresses(self):
        """Tell of old addresses whose time is over. The door refused them from the minute on."""
        over = self.with_context(active_test=False).search(
            [("former_address_until", "<=", fields.Datetime.now())]
        )
        for interface in over:
            used = interface.former_address_used_at
            interface._forget_former_address()
            audit.record(interface, "expire", changes={"former_address_until": ("✓", "✗")})
            interface.message_post(body=interface._former_address_over_text(used))

    def _former_address_over_text(self, used):
        if used:
            return self.env._(
                "The old address has ended. It was last used at %s UTC.",
                fields.Datetime.to_string(used),
            )
        return self.env._("The old address has ended. It was not used since the new one was given.")
