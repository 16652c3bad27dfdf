from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import audit

from ..tools.error_groups import Act


class IntegrationErrorGroupAct(models.AbstractModel):
    """What people do with groups of failures.

    Groups are written by these acts alone; each checks the right of whoever acts, and leaves an
    audit entry: who is told of what afterwards depends on it.
    """

    _name = "integration.error.group.act"
    _description = "Acts on Groups of Failures"

    def action_acknowledge(self):
        """Say that it is known."""
        self._act(Act.ACKNOWLEDGE)
        audit.record(self, "acknowledge")

    def action_take(self):
        """Look after it oneself."""
        self._give(self.env.user)

    def action_assign(self, user_id):
        """Give it to a person, who gets an activity."""
        self._require_operator()
        user = self.env["res.users"].browse(user_id).exists()
        # sudo: groups of another person are not readable for everybody
        if not user.sudo().has_group("integration_core.group_operator"):
            raise UserError(self.env._("Only an integration operator can look after failures."))
        self._give(user)
        for group in self:
            group._ask(
                user,
                self.env._(
                    "%(who)s asks you to look after: %(title)s",
                    who=self.env.user.name,
                    title=group.title,
                ),
            )

    def action_release(self):
        """Give it back: it is open again for everybody."""
        self._give(self.env["res.users"])

    def action_snooze(self, hours, note):
        """Have it back after some hours, or when its failures multiply.

        :param hours: 1 to 720
        :param note: why it is of no interest
        """
        self._require_operator()
        if not 1 <= hours <= 720:
            raise UserError(self.env._("Snooze it for 1 to 720 hours."))
        if not (note or "").strip():
            raise UserError(self.env._("Say why it is of no interest for now."))
        now = fields.Datetime.now()
        lately = self._failures_since(fields.Datetime.subtract(now, hours=24))
        for group in self:
            group._act(
                Act.SNOOZE,
                snoozed_until=fields.Datetime.add(now, hours=hours),
                usual=lately.get(group.id, 0) / 24,
                note=note.strip(),
            )
        hours = self.env._("%s hours", hours)
        audit.record(self, "snooze", reason=note.strip(), changes={"snoozed_until": ("", hours)})

    def action_wake(self):
        """Have it back now."""
        self._act(Act.WAKE, snoozed_until=False, note=False)
        audit.record(self, "wake")

    def action_resolve(self, way, note):
        """Say that the cause is dealt with, and how, for whoever meets it next.

        :param way: one of ``integration.error.resolution``
        """
        self._require_operator()
        if not (note or "").strip():
            raise UserError(self.env._("Say what was done, for whoever meets it next."))
        now = fields.Datetime.now()
        self._act(Act.RESOLVE, resolved_at=now, snoozed_until=False, note=False)
        # sudo: resolutions are written by this act alone, whose right was checked above
        self.env["integration.error.resolution"].sudo().create(
            [
                {
                    "group_id": group.id,
                    "way": way,
                    "note": note.strip(),
                    "resolved_at": now,
                    "user_id": self.env.uid,
                }
                for group in self
            ]
        )
        audit.record(self, "resolve", reason=note.strip())

    def _give(self, user):
        """Let somebody look after it; nobody: without a user."""
        # sudo: the names of people who may have left, for the audit trail
        before = {group.id: group.user_id.name or "" for group in self.sudo()}
        self._act(Act.ASSIGN if user else Act.RELEASE, user_id=user.id)
        changes = {key: {"user_id": (name, user.name or "")} for key, name in before.items()}
        audit.record(self, "assign" if user else "release", changes=changes)

    def _act(self, act, **values):
        self._require_operator()
        # sudo: groups are written by acts alone, whose right was checked above
        self.sudo()._move(act, **values)

    # ------------------------------------------------------------------
    # what is to be done with the messages
    # ------------------------------------------------------------------

    def _waiting_domain(self):
        """Messages of these groups that wait for a person."""
        return [
            ("interface_id", "in", self.interface_id.ids),
            ("error_fingerprint", "in", self.mapped("fingerprint")),
            ("state", "in", ["quarantined", "dead"]),
        ]

    def action_retry(self):
        """Ask for a bulk retry of what waits: with a preview, a reason, a pace and progress."""
        self.ensure_one()
        self._require_operator()
        if not self.waiting_now:
            raise UserError(self.env._("Nothing of this kind waits."))
        return self.env["integration.replay.task"]._propose(self._waiting_domain(), "retry")

    def _wizard(self, model, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_group_ids": [fields.Command.set(self.ids)]},
        }

    def action_ask_snooze(self):
        self._require_operator()
        return self._wizard("integration.error.snooze", self.env._("Snooze"))

    def action_ask_resolve(self):
        self._require_operator()
        return self._wizard("integration.error.resolve", self.env._("Resolve"))

    def action_ask_assign(self):
        self._require_operator()
        return self._wizard("integration.error.assign", self.env._("Assign"))
