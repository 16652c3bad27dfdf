import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..engine import audit
from ..tools import three_way

_logger = logging.getLogger(__name__)


class IntegrationRevision(models.Model):
    """Submitting, approving, applying, rolling back."""

    _inherit = "integration.revision"

    _reason_acts = ("action_send_back", "action_emergency", "action_undo", "action_return_to")

    def action_open_proposal(self):
        """Edit what is proposed, in the form of the interface."""
        self.ensure_one()
        action = self.proposal_id.get_formview_action()
        action["name"] = self.display_name
        return action

    def action_submit(self):
        for revision in self:
            if not revision.summary:
                raise UserError(self.env._("Say in “What and why” what this change is for."))
        self.check_access("write")
        self._freeze()
        self._governance_submit()
        # sudo: closed column; under review the copy does not change either
        self.sudo().proposal_id.write({"state": "in_review"})

    def action_send_back(self, reason):
        self._governance_send_back(reason)
        # sudo: an approver does not configure
        self.sudo().proposal_id.write({"state": "draft"})

    def action_approve(self):
        for revision in self:
            if revision.state == "emergency":
                revision._approve_emergency()
            else:
                revision._governance_approve()
                revision._tell_consumers()
                if not revision._planned_later():
                    revision._come_into_force()

    def _come_into_force(self):
        self._apply()
        # sudo: closed column; the change was approved
        self.sudo().state = "in_force"
        audit.record(self, "apply", changes=self._audit_changes())

    def _audit_changes(self):
        return {
            line["name"]: (line["before"], line["after"])
            for line in json.loads(self.differences or "[]")
        }

    def action_discard(self):
        """Give the proposal up; what is in force stays."""
        self.check_access("write")
        if any(not revision._is_open() for revision in self):
            raise UserError(self.env._("Only a proposal that is not in force can be discarded."))
        # sudo: closed columns
        self.sudo().state = "discarded"
        audit.record(self, "discard")
        self._governance_settle()
        self._drop_proposal()
        return self[:1].interface_id.get_formview_action()

    # ------------------------------------------------------------------
    # emergencies
    # ------------------------------------------------------------------

    def action_ask_emergency(self):
        return self._ask_reason(
            "action_emergency",
            self.env._("Emergency change"),
            confirm=self.env._("Apply now"),
            warning=self.env._(
                "The change comes into force at once, without a second person. The approvers are "
                "told. It is rolled back in 24 hours unless one of them approves it."
            )
            + f" {self.interface_id._emergency_warning()}",
        )

    def action_emergency(self, reason):
        """Apply a draft without approval, for at most 24 hours (break-glass)."""
        self.ensure_one()
        self.check_access("write")
        self._governance_require_reason(reason)
        if self.state not in ("draft", "in_review"):
            raise UserError(self.env._("This revision is decided already."))
        self.interface_id._require_emergency_allowed()
        if self.state == "draft":
            self._freeze()
        self._apply()
        self._begin_emergency(reason)

    def _begin_emergency(self, reason):
        now = fields.Datetime.now()
        # sudo: closed columns; the act is audited and undone unless a second person agrees
        self.sudo().write(
            {
                "state": "emergency",
                "emergency_reason": reason,
                "submitted_by_id": self.env.uid,
                "submitted_at": now,
                "applied_at": now,
                "expires_at": now + self._hours_of_emergency(),
            }
        )
        audit.record(self, "break_glass", reason=reason, changes=self._audit_changes())
        self._governance_settle()
        self._governance_ask_approvers()
        self.interface_id._tell_of_repeated_emergency(self, reason)
        self._tell_consumers(self.env._("Emergency change: %s", reason))

    def _approve_emergency(self):
        self.check_access("read")
        self._governance_check_approver()
        # sudo: an approver decides, but does not configure
        self.sudo().write(
            {
                "state": "in_force",
                "approved_by_id": self.env.uid,
                "approved_at": fields.Datetime.now(),
                "expires_at": False,
            }
        )
        # sudo: as above. An interface that was activated in the emergency is approved by this.
        interface = self.interface_id.sudo()
        if not interface.approved_at:
            interface.write({"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
        audit.record(self, "approve")
        self._governance_settle()
        self._governance_settle_alert()

    def action_ask_undo(self):
        return self._ask_reason("action_undo", self.env._("Roll back the emergency change"))

    def action_undo(self, reason):
        """Take an emergency change back: by its author, another administrator or an approver."""
        self.ensure_one()
        self.check_access("read")
        self._governance_require_reason(reason)
        if not (
            self.env.su
            or self.env.user.has_group("integration_core.group_approver")
            or self.env.user.has_group("integration_core.group_administrator")
        ):
            raise UserError(self.env._("Only approvers and administrators may roll back."))
        if self.state != "emergency":
            raise UserError(self.env._("Only an emergency change is rolled back like this."))
        self._undo(reason)

    def _undo(self, reason):
        interface = self.interface_id.sudo()  # sudo: an approver does not configure
        base, proposed = json.loads(self.base), json.loads(self.proposed)
        changed = three_way.changes(base, proposed)
        back = {name: base.get(name) for name in changed}
        clash = three_way.collisions(proposed, interface._configuration(), back)
        if clash:
            raise UserError(
                self.env._(
                    "“%(interface)s” has been changed again since: %(fields)s. Propose a change.",
                    interface=interface.display_name,
                    fields=", ".join(clash),
                )
            )
        before = self.search(
            [
                ("interface_id", "=", interface.id),
                ("state", "=", "superseded"),
                ("approved_by_id", "!=", False),
                ("number", "<", self.number),
            ],
            limit=1,
        )
        if changed:
            interface._write_approved(back)
            before.sudo().state = "in_force"  # sudo: closed column
        else:
            interface._set_lifecycle("draft", emergency=True)  # activated without any approval
        # sudo: closed column
        self.sudo().write({"state": "rolled_back", "expires_at": False})
        audit.record(self, "rollback", reason=reason)
        self._governance_settle()

    # ------------------------------------------------------------------
    # going back
    # ------------------------------------------------------------------

    def action_ask_return_to(self):
        return self._ask_reason(
            "action_return_to",
            self.env._("Return to this revision"),
            warning=self.env._(
                "Everything that needs approval becomes again what it was in this revision, at "
                "once. It was approved then, so nobody needs to approve it now."
            ),
        )

    def action_return_to(self, reason):
        """Put an older approved revision in force again."""
        self.ensure_one()
        interface = self.interface_id
        interface.check_access("write")
        self._governance_require_reason(reason)
        self._require_no_emergency(interface)
        if self.state != "superseded" or not self.approved_by_id:
            raise UserError(self.env._("Only an older revision that was approved can come back."))
        # sudo: the whole configuration, whichever fields the user may read
        base = interface.sudo()._configuration()
        changed = self._differing(base)
        before = audit.readable(interface, sorted(changed))
        self._write_again(changed)
        after = audit.readable(interface, sorted(changed))
        told = audit.differences(before, after).get(interface.id, {})
        self._in_force_of(interface).state = "superseded"
        revision = self._returned(base, changed, told, reason)
        audit.record(revision, "rollback", reason=reason, changes=told)
        revision._tell_consumers(reason)
        return revision.get_formview_action()

    def _differing(self, base):
        """What this revision says otherwise than ``base``, which is in force.

        :raises UserError: nothing
        """
        then = json.loads(self.proposed)
        names = self.interface_id._governed_names()
        changed = three_way.changes(base, {name: then[name] for name in names if name in then})
        if not changed:
            raise UserError(self.env._("Nothing differs from what is in force."))
        return changed

    def _write_again(self, changed):
        """Write what was approved then, if it means today what it meant.

        :raises UserError: what it refers to has another content by now
        """
        interface = self.interface_id
        interface._write_approved(changed)
        # sudo: the whole configuration, whichever fields the user may read
        interface = interface.sudo()
        interface._require_complete()
        if self.fingerprint != interface._fingerprint():
            raise UserError(
                self.env._(
                    "The policy or an event type that this revision refers to has been changed "
                    "since it was approved. Propose the change instead."
                )
            )

    def _returned(self, base, changed, told, reason):
        """The revision that says that this one is in force again."""
        interface = self.interface_id
        return self._new(
            interface,
            state="in_force",
            base=json.dumps(base),
            proposed=json.dumps({**base, **changed}),
            summary=self.env._(
                "Return to revision %(number)s: %(reason)s", number=self.number, reason=reason
            ),
            rollback_of_id=self.id,
            fingerprint=self.fingerprint,
            submitted_by_id=self.env.uid,
            approved_by_id=self.approved_by_id.id,
            approved_at=self.approved_at,
            applied_at=fields.Datetime.now(),
            differences=json.dumps(
                [
                    {
                        "field": interface._fields[name]._description_string(self.env),
                        "name": name,
                        "before": old,
                        "after": new,
                        "governed": True,
                    }
                    for name, (old, new) in told.items()
                ],
                ensure_ascii=False,
            ),
        )

    # ------------------------------------------------------------------
    # time
    # ------------------------------------------------------------------

    @api.model
    def _cron_revisions(self):
        """Apply what is due, and roll back emergencies that nobody approved."""
        now = fields.Datetime.now()
        for revision in self.search([("state", "=", "approved"), ("planned_at", "<=", now)]):
            revision._try(revision._come_into_force, revision._planned_failed)
        for revision in self.search([("state", "=", "emergency"), ("expires_at", "<=", now)]):
            revision._try(revision._expire, revision._expiry_failed)

    def _try(self, act, otherwise):
        try:
            with self.env.cr.savepoint():
                act()
        except UserError as exc:
            otherwise(str(exc))
        except Exception:  # one revision must not keep the others waiting
            _logger.exception("Revision %s is tried again in a minute", self.id)

    def _expire(self):
        self._undo(self.env._("Nobody approved the emergency change within 24 hours."))
        self._tell_consumers(self.env._("The emergency change was rolled back."))

    def _planned_failed(self, reason):
        self.state = "draft"
        self.proposal_id.write({"state": "draft"})
        audit.record(self, "send_back", reason=reason)
        self._alert(
            self.submitted_by_id, self.env._("A planned change could not come into force"), reason
        )

    def _expiry_failed(self, reason):
        """It cannot be taken back by itself: stop the traffic until a person decides."""
        interface = self.interface_id
        if not interface.processing_paused:
            interface.action_pause()
            self._alert(
                interface.owner_id, self.env._("Paused: an emergency change has expired"), reason
            )

    def _alert(self, user, summary, reason):
        self.interface_id.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=user.id or self.env.uid,
            summary=summary,
            note=plaintext2html(reason),
        )

    def _tell_consumers(self, introduction=""):
        """Post the notice where the owners of the interface and of the system see it."""
        for revision in self.sudo():  # sudo: the chatter of an interface that an approver reads
            interface = revision.interface_id
            owners = interface.owner_id | interface.system_id.business_owner_id
            text = "\n".join(filter(None, (introduction, revision.summary, revision.notice)))
            when = fields.Datetime.to_string(revision.planned_at) if revision.planned_at else ""
            if when:
                text += "\n" + self.env._("Comes into force: %s UTC", when)
            interface.message_post(
                body=plaintext2html(text),
                subject=revision.display_name,
                partner_ids=owners.partner_id.ids,
            )

    def action_write_to_partner(self):
        """Prepare a mail to the support contact of the system; a person sends it."""
        self.ensure_one()
        contact = self.system_id.support_contact_id
        if not contact:
            raise UserError(self.env._("The system has no support contact."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self.interface_id._name,
                "default_res_ids": self.interface_id.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": contact.ids,
                "default_subject": self.display_name,
                "default_body": plaintext2html(
                    "\n".join(filter(None, (self.summary, self.notice)))
                ),
            },
        }
