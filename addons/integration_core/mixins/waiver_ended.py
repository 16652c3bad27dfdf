from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..engine import audit, contract_impact


class IntegrationContractVersionWaiverEnded(models.AbstractModel):
    """Versions that broke their consumers by a waiver, and what happens when it ends.

    Nothing stops then: a calendar must not cut the traffic of those who follow the version, and to
    take it back would break those who have moved by now. But nothing begins either: no further
    interface may use the version, and people are asked until an approver has confirmed that its
    consumers have moved, another waiver is granted, or the version is retired.

    Part of ``integration.contract.version``, in a file of its own.
    """

    _name = "integration.contract.version.waiver.ended"
    _description = "Contract Version Whose Waiver Ended"

    waiver_ended_at = fields.Datetime(
        string="Waiver ended on",
        readonly=True,
        copy=False,
        help="Since then nobody allows this version to break those who follow it. No further "
        "interface may use it.",
    )
    waiver_ended_why = fields.Char(string="How the waiver ended", readonly=True, copy=False)

    def _waiver_ended(self, why, owner):
        """Called when a waiver of these versions ends; as superuser, whoever ended it.

        :param owner: the user who asked for the waiver
        """
        for version in self:
            if version.state != "approved" or version._break_is_waived():
                continue
            broken = [c.interface for c in contract_impact.impact(version).stopped]
            if not broken:
                continue  # nobody who carries traffic follows it
            version.write({"waiver_ended_at": fields.Datetime.now(), "waiver_ended_why": why})
            audit.record(version, "expire", reason=why)
            version._tell_of_ended_waiver(broken, owner)

    def _tell_of_ended_waiver(self, broken, owner):
        self.ensure_one()
        # Without names: approvers of one company do not read the interfaces of another.
        text = self.env._(
            "%(why)s. %(count)s interfaces that carry traffic follow %(version)s, which may break "
            "them. They go on, but no further interface may use it. Confirm that they have moved, "
            "have another waiver approved, or retire the version.",
            why=self.waiver_ended_why,
            count=len(broken),
            version=self.display_name,
        )
        self.message_post(body=plaintext2html(text))
        summary = self.env._("Waiver ended: %s", self.display_name)
        self._governance_alert(summary, text, self._governance_approvers() | owner)
        for interface in broken:
            self._tell_owner(interface, text, must_act=True)

    def _settle_ended_waiver(self):
        """What the waiver allowed is in order again, or the version is out of force."""
        # sudo: closed columns, and activities of others; callers checked who decides
        ended = self.sudo().filtered("waiver_ended_at")
        ended.write({"waiver_ended_at": False, "waiver_ended_why": False})
        ended._governance_settle_alert()

    def action_ask_confirm_moved(self):
        return self._ask_reason(
            "action_confirm_moved",
            self.env._("Consumers have moved"),
            confirm=self.env._("Confirm"),
            warning=self.env._(
                "You answer for it that everybody who follows this version copes with it by now. "
                "Further interfaces may use it again."
            ),
        )

    def action_confirm_moved(self, reason):
        """A second person confirms that nobody is broken any more."""
        self._governance_require_reason(reason)
        self.check_access("read")
        self._governance_check_approver()
        if any(not version.waiver_ended_at for version in self):
            raise UserError(self.env._("No waiver of this version has ended."))
        # sudo: who asked for the waivers, which may be of another company
        if self.env.user in self.sudo().waiver_ids.submitted_by_id:
            raise UserError(
                self.env._("You asked for the waiver yourself. Another approver must confirm it.")
            )
        self._settle_ended_waiver()
        audit.record(self, "confirm", reason=reason)
        for version in self.sudo():  # sudo: an approver does not configure
            version.message_post(body=self.env._("Consumers have moved: %s", reason))
