from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..engine import operations
from ..tools import acts
from ..tools.acts import Act


class IntegrationMessage(models.Model):
    """What an operator does to messages; ``integration.message.operation`` asks for the note."""

    _inherit = "integration.message"

    def action_retry(self):
        """Send or handle again now what waits for its next attempt, is quarantined or dead."""
        return self._operate(Act.RETRY)

    def action_replay(self, note=""):
        """Send or handle once more what is finished, as a new message."""
        return self._operate(Act.REPLAY, note)

    def action_park(self, note=""):
        """Hold messages until somebody releases them.

        Committed at once and for good, as said in :meth:`_operate`.
        """
        return self._operate(Act.PARK, note)

    def action_release(self, note=""):
        """Put parked messages back into their queue."""
        return self._operate(Act.RELEASE, note)

    def action_cancel(self, note=""):
        """Withdraw messages that are not done yet.

        Committed at once and for good, as said in :meth:`_operate`.
        """
        return self._operate(Act.CANCEL, note)

    def action_resolve(self, note=""):
        """Close messages that failed, because their purpose was reached in another way."""
        return self._operate(Act.RESOLVE, note)

    def _operate(self, act, note=""):
        """Do ``act`` where it is possible and tell the operator the result.

        Most acts belong to the caller's transaction. Parking and cancelling do not: drains claim
        such messages all the time, and in the snapshot of a request the act would collide again
        and again. They are committed before this returns, all of them or none, with their audit
        entries, and stay when the caller fails afterwards. A caller that is run again then finds
        them parked or cancelled already, and is told so.

        :return: a notification for the web client
        :raises UserError: the note is missing, or it is possible for none of these messages
        """
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))
        note = (note or "").strip()
        if act in acts.NOTED and not note:
            raise UserError(self.env._("Write a note: others must be able to read why."))
        self.check_access("read")
        if act in (Act.PARK, Act.CANCEL):
            report = operations.operate_apart(self, act, note)
        else:
            report = operations.operate(self, act, note)
        if not report.moved:
            reasons = "\n".join(self._refusal_lines(report.refused))
            raise UserError(self.env._("Nothing was done.\n%s", reasons))
        return self._act_notification(act, report)

    @api.model
    def _refusal_lines(self, refused):
        """``["3 not possible: parked; release instead."]``, the most frequent reason first."""
        return [
            self.env._(
                "%(count)s not possible: %(reason)s",
                count=count,
                reason=self.env._(acts.REFUSALS[code]),
            )
            for code, count in refused.most_common()
        ]

    @api.model
    def _act_notification(self, act, report):
        count = len(report.moved)
        done = {
            Act.RETRY: self.env._("%s queued again.", count),
            Act.REPLAY: self.env._("%s queued once more, each as a new message.", count),
            Act.PARK: self.env._("%s parked.", count),
            Act.RELEASE: self.env._("%s released.", count),
            Act.CANCEL: self.env._("%s cancelled.", count),
            Act.RESOLVE: self.env._("%s resolved.", count),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if report.refused else "success",
                "message": "\n".join([done[act], *self._refusal_lines(report.refused)]),
                "sticky": bool(report.refused),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
