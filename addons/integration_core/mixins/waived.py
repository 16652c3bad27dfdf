from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..engine import audit, routes
from ..tools import net_guard


class IntegrationInterfaceWaived(models.AbstractModel):
    """Unencrypted connections: within this machine, or by a waiver; clinical never.

    Part of ``integration.interface``, in a file of its own.
    """

    _name = "integration.interface.waived"
    _description = "Interface with Waivers"

    waiver_ids = fields.One2many("integration.waiver", "interface_id")
    waiver_count = fields.Integer(compute="_compute_waiver_count")
    pause_reason = fields.Char(
        readonly=True, copy=False, help="Why the system paused this interface by itself."
    )

    @api.depends("waiver_ids.state")
    def _compute_waiver_count(self):
        for interface in self:
            interface.waiver_count = len(
                interface.waiver_ids.filtered(lambda w: w.state in ("in_review", "approved"))
            )

    def _plaintext_allowed(self) -> bool:
        """Whether the address may be an ``http://`` one."""
        self.ensure_one()
        if self.data_class == "clinical":
            return False
        if net_guard.stays_on_this_machine(self.url or ""):
            return True
        # A proposed change is a copy of the interface that the waiver names.
        subject = self.revision_of_id or self
        return self.env["integration.waiver"]._covers("plaintext", subject)

    def _sends_plaintext(self) -> bool:
        self.ensure_one()
        return self.direction == "outbound" and (self.url or "").lower().startswith("http:")

    def _missing_leave(self) -> list[str]:
        """What is missing before traffic can flow, as far as it is a matter of waivers."""
        self.ensure_one()
        unwaived = self._sends_plaintext() and not self._plaintext_allowed()
        return [self._plaintext_text()] if unwaived else []

    def _bound_versions(self):
        """The versions of contracts that this interface works with: chosen for it, or followed."""
        versions = self.contract_version_id | self.event_type_ids.contract_id.current_version_id
        for route in routes.of_interface(self):
            versions |= route.wire
        codes = routes.contract_codes(self)
        if codes:
            followed = self.env["integration.contract"].search([("code", "in", sorted(codes))])
            versions |= followed.current_version_id
        return versions

    def _missing_by_ended_waivers(self) -> list[str]:
        """Sentences about versions that this interface may not begin to use.

        What carries traffic goes on. A proposed change of it may do everything but use another
        version of this kind, so that it can still be mended.
        """
        self.ensure_one()
        if self._is_open():
            return []
        begun = self._bound_versions() - self.revision_of_id._bound_versions()
        return [
            self.env._(
                "%(version)s breaks those who followed the version before, and its waiver ended on "
                "%(day)s. Have it confirmed on the version that its consumers have moved, or use "
                "another version.",
                version=version.display_name,
                day=fields.Date.to_string(version.waiver_ended_at),
            )
            for version in begun.filtered("waiver_ended_at")
        ]

    def _plaintext_text(self) -> str:
        if self.data_class == "clinical":
            return self.env._("Clinical content needs an address that begins with https://.")
        return self.env._(
            "The address does not begin with https://, so all that is sent can be read on its way. "
            "Enter an https address, or have a waiver approved in Governance / Waivers."
        )

    # ------------------------------------------------------------------
    # while it carries traffic
    # ------------------------------------------------------------------

    def _stop_if_unwaived(self) -> bool:
        """Pause an interface that would send in clear without leave; whether it was so.

        The outbound drain asks before each batch, so messages wait with a reason that a person can
        act on, and none is spent on a refusal.
        """
        self.ensure_one()
        missing = self._missing_leave()
        if missing:
            self._pause_by_system("\n".join(missing))
        return bool(missing)

    def _pause_by_system(self, reason, ask=True):
        """Hold the messages of an interface for a reason.

        :param ask: whether to ask its owner to act; false for a caller that does so itself
        """
        for interface in self.sudo():  # sudo: acts of the system, whoever caused them
            if not interface._carries_traffic() or interface.processing_paused:
                continue
            interface.write({"processing_paused": True, "pause_reason": reason})
            audit.record(interface, "pause", reason=reason)
            interface.message_post(body=self.env._("Paused by the system: %s", reason))
            if ask:
                owner = interface.owner_id or interface.create_uid
                interface.activity_schedule(
                    "mail.mail_activity_data_warning",
                    user_id=owner.id,
                    summary=self.env._("Paused: %s", interface.name),
                    note=plaintext2html(reason),
                )
            interface._wake()

    def _require_leave(self):
        """Refuse to resume what the system would pause again at once."""
        for interface in self:
            missing = interface._missing_leave()
            if missing:
                raise UserError("\n".join(missing))

    def action_open_waivers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_waiver"
        )
        action["domain"] = [("interface_id", "=", self.id)]
        action["context"] = {"default_rule": "plaintext", "default_interface_id": self.id}
        return action
