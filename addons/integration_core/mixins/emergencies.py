from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import audit

# So far back, emergencies that ended without an approval count.
WINDOW = timedelta(days=7)
# So many of them pass; after that an approver has to release the next one.
TOLERATED = 2
# How long such a release holds.
RELEASED_FOR = timedelta(hours=24)
CLOSED_RELEASE = frozenset({"emergency_released_until", "emergency_released_by_id"})


class IntegrationInterfaceEmergencies(models.AbstractModel):
    """The emergency way is for emergencies: it does not become the way around approvers.

    The first one passes with a reason, whatever the hour. After one that was rolled back without
    an approval, the next within seven days passes as well, because the emergency may last longer
    than a weekend without approvers; but all approvers and the owners are alerted, with the count.
    The one after that needs the release of an approver, who need not have looked at the change: a
    word on the phone is enough, and somebody else knows.

    Part of ``integration.interface``, in a file of its own.
    """

    _name = "integration.interface.emergencies"
    _description = "Interface with Limited Emergencies"

    emergency_count = fields.Integer(
        string="Emergencies without approval",
        compute="_compute_emergency_count",
        help="Emergency changes and activations of the last seven days that were rolled back "
        "because nobody approved them.",
    )
    emergency_locked = fields.Boolean(compute="_compute_emergency_count")
    emergency_released_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="Until then one more emergency passes, which an approver has released.",
    )
    emergency_released_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    @api.depends("revision_ids.state", "emergency_released_until")
    def _compute_emergency_count(self):
        now = fields.Datetime.now()
        # sudo: who may read the interface may know that it is being changed
        counts = dict(
            self.env["integration.revision"]
            .sudo()
            ._read_group(
                [
                    ("interface_id", "in", self.ids),
                    ("state", "=", "rolled_back"),
                    ("emergency_reason", "!=", False),
                    ("applied_at", ">=", now - WINDOW),
                ],
                ["interface_id"],
                ["__count"],
            )
        )
        for interface in self:
            interface.emergency_count = counts.get(interface, 0)
            released = interface.emergency_released_until
            interface.emergency_locked = interface.emergency_count >= TOLERATED and not (
                released and released >= now
            )

    def _closed_names(self):
        return super()._closed_names() | CLOSED_RELEASE

    # ------------------------------------------------------------------
    # what an emergency asks
    # ------------------------------------------------------------------

    def _require_emergency_allowed(self):
        """Refuse one emergency too many, and use up a release if that is what lets it pass.

        :raises UserError: an approver has to release it first
        """
        self.ensure_one()
        self.invalidate_recordset(["emergency_count", "emergency_locked"])
        if self.emergency_locked:
            raise UserError(
                self.env._(
                    "“%(interface)s” had %(count)s emergencies within 7 days without an approval. "
                    "Call an approver: he approves the change, or presses “Release an emergency” "
                    "on the interface.",
                    interface=self.display_name,
                    count=self.emergency_count,
                )
            )
        if self.emergency_count < TOLERATED:
            return
        # sudo: closed columns
        interface = self.sudo()
        if interface.emergency_released_by_id == self.env.user:
            raise UserError(
                self.env._("You released this emergency yourself. Somebody else must apply it.")
            )
        interface.write({"emergency_released_until": False, "emergency_released_by_id": False})

    def _tell_of_repeated_emergency(self, revision, reason):
        """Alert people when emergencies of before ended without an approval."""
        self.ensure_one()
        if not self.emergency_count:
            return
        interface = self.sudo()  # sudo: whoever declares it need not read the system's owner
        people = (
            revision._governance_approvers()
            | interface.owner_id
            | interface.system_id.business_owner_id
        )
        revision._governance_alert(
            self.env._(
                "Emergency number %(count)s within 7 days: %(interface)s",
                count=self.emergency_count + 1,
                interface=self.display_name,
            ),
            self.env._(
                "%(user)s has used the emergency way again. Rolled back before without an "
                "approval: %(count)s. Reason: %(reason)s. Approve it or roll it back, and find out "
                "why nobody approves.",
                user=self.env.user.name,
                count=self.emergency_count,
                reason=reason,
            ),
            people - self.env.user,
        )

    def _emergency_warning(self) -> str:
        """What somebody should know who is about to declare another one."""
        self.ensure_one()
        if not self.emergency_count:
            return ""
        return self.env._(
            "It is number %s within 7 days, and none before was approved: all approvers and the "
            "owners are alerted.",
            self.emergency_count + 1,
        )

    # ------------------------------------------------------------------
    # release
    # ------------------------------------------------------------------

    def action_ask_release_emergency(self):
        return self._ask_reason(
            "action_release_emergency",
            self.env._("Release an emergency"),
            warning=self.env._(
                "Within 24 hours an administrator may use the emergency way once more. You do not "
                "approve what he changes: it is rolled back after 24 hours unless it is approved."
            ),
        )

    def action_release_emergency(self, reason):
        """Let one more emergency pass within 24 hours; by an approver."""
        self.ensure_one()
        self._governance_require_reason(reason)
        self.check_access("read")
        self._governance_require_role()
        if not self.emergency_locked:
            raise UserError(self.env._("An emergency of this interface needs no release."))
        # sudo: an approver does not configure
        interface = self.sudo()
        interface.write(
            {
                "emergency_released_until": fields.Datetime.now() + RELEASED_FOR,
                "emergency_released_by_id": self.env.uid,
            }
        )
        audit.record(self, "release", reason=reason)
        interface.message_post(body=self.env._("One more emergency was released: %s", reason))
