from dataclasses import replace

from odoo import fields, models
from odoo.exceptions import AccessError, LockError, UserError

from ..engine import audit, conflict_values, conversion, operations, owned_values
from ..engine.disputes import KEEP, TAKE
from ..tools import data_classes
from ..tools.acts import Act
from ..tools.conflict_points import Point
from ..tools.states import State


class IntegrationConflictDecision(models.AbstractModel):
    """Comparing both sides of a conflict, and deciding. Part of ``integration.conflict``.

    Values are content: they are read when somebody who may see content asks, and stored nowhere
    but with the message.
    """

    _name = "integration.conflict.decision"
    _description = "Integration Conflict: Decision"

    # ------------------------------------------------------------------
    # looking
    # ------------------------------------------------------------------

    def compare(self, reason=""):
        """Both sides of a conflict, field by field.

        :param reason: why private content is looked at; asked for when it is not revealed
        :return: dict with ``rows`` (field: key of the :class:`Point`, label, heading: of the first
            row of each of several new records, owner, odoo, proposed, changed: the value in Odoo
            is another one than when the message came, same: both sides agree now, decides: the
            field is not owned, but makes the record the owner's, decision: what was decided before
            and stands), ``seen`` (to be handed to :meth:`decide`), ``needs_reason``, ``refused`` (a
            sentence instead of rows), ``may_decide``
        """
        self.ensure_one()
        self.check_access("read")
        found = {
            "rows": [],
            "seen": "",
            "needs_reason": False,
            "refused": self._refusal_to_show() or "",
            "may_decide": self.state == "open" and self._may_decide(),
        }
        if found["refused"]:
            return found
        if self._is_private() and not self.message_id._revealed() and not (reason or "").strip():
            found["needs_reason"] = True
            return found
        values = self._values()
        if values is None:
            found["refused"] = self.env._(
                "The values are not stored any more, or cannot be read with the keys of this "
                "server. Retry the message: it is compared anew."
            )
            return found
        self._note_look(reason)
        today = self._today(values)
        found["seen"] = conflict_values.seen(today)
        found["rows"] = self._rows(values, today)
        return found

    def _note_look(self, reason):
        """Private content is looked at: the audit trail tells it, and why."""
        if not self._is_private():
            return
        if not self.message_id._revealed():
            self.message_id._reveal(reason)
        self.message_id._look()

    def _rows(self, values, today):
        headed = set()
        rows = []
        for line in self.line_ids:
            point = line._point()
            if point.key not in today:
                continue
            row = self._row(point, values[point.key], today[point.key])
            row["decision"] = line.decision or False
            if self.new_count > 1 and point.number not in headed:
                row["heading"] = f"{point.number}. {today[point.key].title}"
                headed.add(point.number)
            rows.append(row)
        return rows

    def _row(self, point, stored, sides):
        return {
            "field": point.key,
            "label": self._label(point, sides.languages),
            "heading": False,
            # sudo: whose field it is belongs to the question
            "owner": self.sudo().owner_system_id.name or "",
            "odoo": sides.present["text"],
            "proposed": sides.proposed["text"],
            "changed": not owned_values.same(sides.present, stored.present),
            "same": bool(point.name) and owned_values.same(sides.present, sides.proposed),
            "decides": sides.decides,
        }

    def _label(self, point, languages):
        """What is in dispute, as people read it."""
        if not point.name:
            return self.env._("The record as a whole")
        label = owned_values.label(self.env, self.env[self.res_model], point.name)
        if languages:
            known = dict(self.env["res.lang"].get_installed())
            names = ", ".join(known.get(code, code) for code in languages.split(","))
            label = self.env._("%(field)s in %(language)s", field=label, language=names)
        if point.turn > 1:
            label = self.env._("%(field)s, value %(number)s", field=label, number=point.turn)
        return label

    def _refusal_to_show(self):
        """Why the user may not see the values, if he may not."""
        if self.res_model not in self.env:
            return self.env._("The records “%s” are not installed any more.", self.res_model)
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            return self.env._(
                "The values are content. Ask an administrator for the role “Content viewer”."
            )
        message = self.message_id
        if not message._may_see_class():
            return message._role_sentence(message._effective_class())
        if self.res_id:
            record = self.env[self.res_model].browse(self.res_id).exists()
            if not record:
                return self.env._(
                    "The record was deleted meanwhile. Resolve the message, or retry it."
                )
            if not record.has_access("read"):
                return self.env._("You may not read the record itself.")
            for line in self.line_ids:
                field = record._fields.get(line.field_name or "")
                if field is not None and not record._has_field_access(field, "read"):
                    return self.env._("You may not read one of the fields.")
        return None

    def _is_private(self) -> bool:
        return self.message_id._effective_class() in data_classes.PRIVATE

    def _values(self):
        """What was stored of this conflict, or None."""
        # sudo: whether the user may see it was checked before
        found = conflict_values.read_values(self.env(su=True), [self.message_id.id])
        return found.get(self.message_id.id, {}).get(self._place_key())

    def _place_key(self):
        return conflict_values.place_key(self.kind, self.res_model, self.res_id)

    def _today(self, values):
        """The stored values, with what Odoo has now in place of what it had then."""
        if self.kind != "write":
            return values
        # sudo: checked before; of related records only names are read
        record = self.env[self.res_model].browse(self.res_id).sudo()
        return {
            key: self._side_by_side(record, name, sides)
            for key, sides in values.items()
            if (name := Point.parse(key).name) in record._fields
        }

    def _side_by_side(self, record, name, sides):
        present = owned_values.present(record, name, sides.languages)
        # Where the message meets what it has changed itself, that does not change with Odoo.
        met = present if owned_values.same(sides.met, sides.present) else sides.met
        return replace(sides, present=present, met=met)

    # ------------------------------------------------------------------
    # deciding
    # ------------------------------------------------------------------

    def decide(self, decisions, reason, seen):
        """Keep or take, field by field, and let the message be handled once more.

        :param decisions: ``{field: "keep" or "take"}`` for every row of :meth:`compare`
        :param reason: why, for others to read
        :param seen: the token of :meth:`compare`
        :return: a notification for the web client
        :raises UserError: somebody decided before, or a value has changed since it was shown
        """
        self.ensure_one()
        self._check_decider(reason)
        self._lock_open()
        values = self._values()
        if self._refusal_to_show() or values is None:
            raise UserError(self._refusal_to_show() or self.env._("The values are gone."))
        today = self._today(values)
        if set(decisions) != set(today) or set(decisions.values()) - {KEEP, TAKE}:
            raise UserError(self.env._("Decide about every field."))
        if conflict_values.seen(today) != seen:
            raise UserError(
                self.env._(
                    "A value has changed since you looked at it. Compare again, then decide."
                )
            )
        self._check_rights_on_record(decisions)
        self._write_down(decisions, today, reason.strip())
        return self._go_on(decisions, reason.strip())

    def _check_decider(self, reason):
        self.check_access("read")
        if not self._may_decide():
            raise AccessError(
                self.env._(
                    "Only people with the role “Data steward” of Integrations decide conflicts."
                )
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason that others will understand."))

    def _may_decide(self) -> bool:
        return self.env.user.has_group("integration_core.group_steward")

    def _lock_open(self):
        """Two people decide one after the other; the second one is told.

        Also about different conflicts of one message: whoever is last lets it go on, and each must
        see what the other one decided.
        """
        try:
            # sudo: conflicts are closed to writes of people, also to their locks
            self.sudo().search([("message_id", "=", self.message_id.id)]).lock_for_update()
        except LockError as exc:
            raise UserError(
                self.env._(
                    "Somebody else is deciding this at this very moment, or something else about "
                    "the same message. Look again."
                )
            ) from exc
        self.invalidate_recordset()
        if self.state != "open":
            raise UserError(
                self.env._(
                    "%(who)s decided this already: “%(why)s”",
                    # sudo: the name of a colleague whom company rules may hide
                    who=self.sudo().decided_by_id.name or self.env._("Somebody"),
                    why=self.reason or "",
                )
                if self.reason
                else self.env._("There is nothing to decide any more: the message was closed.")
            )
        if self.message_id.state != State.QUARANTINED:
            raise UserError(self.env._("The message is being handled. Look again in a moment."))

    def _check_rights_on_record(self, decisions):
        """Taking a value is writing it: with the rights of whoever decides."""
        if TAKE not in decisions.values():
            return
        model = self.env[self.res_model]
        if self.kind == "create":
            model.check_access("create")
            return
        record = model.browse(self.res_id)
        record.check_access("unlink" if self.kind == "delete" else "write")
        for key, decision in decisions.items():
            name = Point.parse(key).name
            if name and decision == TAKE:
                record._check_field_access(record._fields[name], "write")

    def _write_down(self, decisions, today, reason):
        for line in self.sudo().line_ids:  # sudo: closed to writes of people
            line.decision = decisions[line._point().key]
        # sudo: as above
        self.sudo().write(
            {
                "state": "decided",
                "decided_at": fields.Datetime.now(),
                "decided_by_id": self.env.uid,
                "reason": reason,
            }
        )
        self._store_seen(today)
        hidden = self._is_private()
        for act in (KEEP, TAKE):
            changes = {
                key: ("•••", "•••") if hidden else (sides.present["text"], sides.proposed["text"])
                for key, sides in today.items()
                if Point.parse(key).name and decisions[key] == act
            }
            if act in decisions.values():
                audit.record(self, act, reason=reason, changes=changes)

    def _store_seen(self, today):
        """What was decided upon is what counts when the message is handled again."""
        # sudo: values are content that only the engine stores; who decides was checked before
        env = self.env(su=True)
        # sudo: as above
        message = self.sudo().message_id
        stored = conflict_values.read_values(env, [message.id]).get(message.id, {})
        stored[self._place_key()] = dict(today)
        plan = conversion.PlanCache().inbound(env, message.interface_id.id)
        conflict_values.write_values(env, plan, message.id, message.uuid, stored)

    def _go_on(self, decisions, reason):
        """The message is handled again, when nothing else of it waits for a decision."""
        self.env.flush_all()
        # sudo: those that the user may not see keep the message waiting as well
        siblings = self.sudo().search(
            [("message_id", "=", self.message_id.id), ("state", "=", "open")]
        )
        if self.kind != "write" and KEEP in decisions.values():
            # What shall not come into being, or shall not go, cannot be left out of a message.
            operations.operate(self.message_id, Act.RESOLVE, reason)
            said = self.env._("Kept. The message is closed without an effect.")
        elif siblings:
            said = self.env._("Decided. The message waits for %s more decision(s).", len(siblings))
        else:
            operations.operate(self.message_id, Act.RETRY, reason)
            said = self.env._("Decided. The message is being applied accordingly.")
        self.sudo()._settle_tasks()  # sudo: tasks of others
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": said},
        }
