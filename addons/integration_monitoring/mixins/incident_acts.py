from dataclasses import replace

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit

from ..engine import incident_book
from ..tools import telling
from ..tools.incident_states import Act, ActRefused, State, after


class IntegrationIncidentActs(models.AbstractModel):
    """What people do with an incident. Part of ``integration.incident``.

    Operators act. Each act is a line of the timeline and an entry of the audit.
    """

    _name = "integration.incident.acts"
    _description = "Acts on an Incident"

    def _require_operator(self):
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))

    def _require_words(self, text):
        if not (text or "").strip():
            raise UserError(self.env._("Write a few words that others will understand."))
        return text.strip()

    def _each(self, act, change):
        """Do ``change(book, case)`` with each of these, one process at a time.

        :raises UserError: it is not possible in the present state
        """
        # sudo: closed to writes of people; the right was checked
        book = incident_book.Book(self.sudo().env, incident_book.now())
        for incident in self:
            try:
                if incident.sudo().state == State.CLOSED.value:  # sudo: as above
                    raise ActRefused(State.CLOSED, act)
                change(book, book.case_of(incident.sudo()))  # sudo: as above
            except ActRefused as refused:
                raise UserError(incident._refusal(refused)) from refused
        book.save()
        self.invalidate_recordset()

    def _refusal(self, refused):
        """Why an act is not possible, and what is."""
        states = dict(self._fields["state"]._description_selection(self.env))
        if refused.state is State.CLOSED:
            return self.env._("“%s” is healed. What comes back is a new incident.", self.name)
        if refused.state is State.RESOLVED:
            return self.env._("“%s” is resolved already. Open it again if it goes on.", self.name)
        return self.env._(
            "This is not possible with “%(incident)s”, which is: %(state)s.",
            incident=self.name,
            state=states[refused.state.value],
        )

    # ------------------------------------------------------------------
    # acknowledge, assign
    # ------------------------------------------------------------------

    def action_acknowledge(self):
        """I look after it: nobody else is woken for it now."""
        self._require_operator()
        self._look_after(self.env.user, "acknowledge")

    def action_assign(self, user_id):
        """Somebody else looks after it.

        :param user_id: id of an operator who may see it
        """
        self._require_operator()
        user = self.env["res.users"].browse(user_id).exists()
        if not user.has_group("integration_core.group_operator"):
            raise UserError(self.env._("Choose somebody who is an integration operator."))
        for incident in self:
            if not incident.with_user(user).has_access("read"):
                raise UserError(
                    self.env._(
                        "%(person)s may not see “%(incident)s”.",
                        person=user.name,
                        incident=incident.name,
                    )
                )
        self._look_after(user, "assign")
        told = self.filtered(lambda incident: incident.user_id != self.env.user)
        told._ask_to_look_after(user)

    def _look_after(self, user, act):
        def change(book, case):
            standing = case.standing
            if standing.state is not State.ACKNOWLEDGED or act == "acknowledge":
                if case.record.user_id == user and standing.state is State.ACKNOWLEDGED:
                    return
                if standing.state is not State.ACKNOWLEDGED:
                    standing = replace(standing, state=after(standing.state, Act.ACKNOWLEDGE))
                case.standing = replace(standing, acknowledged_at=book.now)
            case.record.user_id = user

        self._each(Act.ACKNOWLEDGE, change)
        self._note(act, by=self.env.uid, user=user.id)
        audit.record(self, act, changes={"user_id": ("", user.name)})

    def action_ask_assign(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who looks after it?"),
            "res_model": "integration.incident.assign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_incident_ids": [fields.Command.set(self.ids)]},
        }

    # ------------------------------------------------------------------
    # escalate, resolve, reopen
    # ------------------------------------------------------------------

    def action_ask_escalate(self):
        return self._ask_reason(
            "action_escalate",
            self.env._("Escalate"),
            warning=self.env._(
                "The next people of the ladder are told at once, whatever the hour. Say what you "
                "need of them."
            ),
        )

    def action_escalate(self, reason):
        """Ask for help: the next step of the ladder is told at once."""
        self._require_operator()
        reason = self._require_words(reason)
        self._each(
            Act.ESCALATE,
            lambda book, case: book.noted(case, telling.asked(case.standing, book.now)),
        )
        self._note("escalate", text=reason)
        audit.record(self, "escalate", reason=reason)

    def action_ask_resolve(self):
        return self._ask_reason(
            "action_resolve",
            self.env._("Resolve"),
            warning=self.env._(
                "Say how the cause was dealt with. Nobody is woken for it any more, until a new "
                "signal comes or it lasts for too long. It is healed when its signals have ended."
            ),
        )

    def action_resolve(self, reason):
        """The cause is dealt with, by a person's word."""
        self._require_operator()
        reason = self._require_words(reason)

        def change(book, case):
            state = after(case.standing.state, Act.RESOLVE)
            case.standing = replace(case.standing, state=state, resolved_at=book.now)
            case.record.write({"resolution": reason, "user_id": self.env.uid})

        self._each(Act.RESOLVE, change)
        self._note("resolve", text=reason)
        audit.record(self, "resolve", reason=reason)

    def action_ask_reopen(self):
        return self._ask_reason(
            "action_reopen",
            self.env._("Open again"),
            warning=self.env._("Those on duty are told again, and the ladder begins anew."),
        )

    def action_reopen(self, reason):
        """It goes on although it was resolved."""
        self._require_operator()
        reason = self._require_words(reason)
        self._each(Act.REOPEN, lambda book, case: book.reopen(case, "person"))
        self._note("reopen", text=reason)
        audit.record(self, "open_again", reason=reason)

    # ------------------------------------------------------------------
    # notes
    # ------------------------------------------------------------------

    def action_ask_note(self):
        return self._ask_reason(
            "action_note",
            self.env._("Add a note"),
            warning=self.env._("Write what others should know. Never content of a message."),
        )

    def action_note(self, reason):
        """Leave a line on the timeline."""
        self._require_operator()
        self._note("note", text=self._require_words(reason))
