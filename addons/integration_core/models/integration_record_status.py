from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import acts, plain_words
from .integration_record_sync import SEVERITY, status_rows, worst_state

# A status in these states changes without anybody's doing, most often within seconds …
MOVING = ("pending", "sent")
# … unless its message is in one of these, and a partner that confirms at all mostly does soon.
STUCK = ("held", "quarantined", "dead")
SOON = timedelta(minutes=1)


class IntegrationRecordSync(models.Model):
    """What the status widget of a document asks. The rights on the document decide."""

    _inherit = "integration.record.sync"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @api.readonly
    def status_of(self, res_model, res_id):
        """What became of a document, for whoever may read it.

        :param res_model: name of a model
        :param res_id: id of a record
        :return: ``state`` (the worst, or False), ``moving`` (whether asking again soon pays),
            ``rows`` (one for each interface: interface, state, reason in words, since as UTC
            text; for observers also message_id, for operators also can_retry), and for observers
            the numbers of ``messages`` and ``links``, otherwise False
        :raises AccessError: the user may not read the document, or is no internal user
        """
        record = self._readable_document(res_model, res_id)
        observer = self.env["integration.message"].has_access("read")
        operator = self.env.user.has_group("integration_core.group_operator")
        rows = self._status_rows(record)
        worst = min((row["state"] for row in rows), key=SEVERITY.index, default=False)
        return {
            "state": worst,
            "moving": any(map(_is_moving, rows)) or self._is_in_outbox(record),
            "rows": [self._status_row(row, observer, operator) for row in rows],
            "messages": observer and self._count("integration.message", record),
            "links": observer and self._count("integration.record.link", record),
        }

    def _readable_document(self, res_model, res_id):
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The sync status is for employees."))
        if res_model not in self.env or self.env[res_model]._abstract:
            raise AccessError(self.env._("There is no document model “%s”.", res_model))
        record = self.env[res_model].browse(res_id)
        record.check_access("read")
        return record

    def _status_rows(self, record) -> list[dict]:
        self.env.cr.execute(
            SQL(
                """
                SELECT i.name AS interface, s.state, s.reason, s.changed_at, s.message_id,
                       e.state AS message_state, e.held_reason, e.error_class, e.error_code
                    %s AND s.res_id = %s
                 ORDER BY %s, i.sequence, i.name
                """,
                status_rows(record),
                record.id,
                worst_state(),
            )
        )
        return self.env.cr.dictfetchall()

    def _status_row(self, row, observer, operator) -> dict:
        words = self._words(row)
        shown = {
            "interface": row["interface"],
            "state": row["state"],
            "reason": words.reason,
            "next_step": words.next_step,
            "since": fields.Datetime.to_string(row["changed_at"].replace(microsecond=0)),
        }
        if observer:
            # The message's own rules apply when it is opened; its id tells nothing.
            shown["message_id"] = row["message_id"] or False
            shown["detail"] = row["reason"] if row["reason"] not in (None, words.reason) else ""
        if operator:
            state = row["message_state"]
            shown["can_retry"] = bool(state) and not acts.refusal(acts.Act.RETRY, state)
        return shown

    def _words(self, row) -> plain_words.Words:
        """What a status means to the people who work with the document.

        The text of an error is for operators. Other texts were written for everybody.

        :param row: ``state``, ``reason``, and of the message ``message_state``, ``held_reason``,
            ``error_class`` and ``error_code``
        """
        failed = row["state"] == "failed"
        if failed or row["message_state"] == "retry":
            words = plain_words.of_failure(row["error_class"], row["error_code"])
            if words:
                next_step = words.next_step if failed else plain_words.PATIENCE
                return plain_words.Words(self.env._(words.reason), self.env._(next_step))
        next_step = {"failed": plain_words.UNKNOWN.next_step, "conflict": plain_words.CONTRADICTION}
        return plain_words.Words(
            row["reason"] or self._reason_in_words(row),
            self.env._(next_step[row["state"]]) if row["state"] in next_step else "",
        )

    def _reason_in_words(self, row) -> str:
        if row["message_state"] == "held":
            held = self.env["integration.message"]._fields["held_reason"]
            return dict(held._description_selection(self.env)).get(row["held_reason"], "")
        words = {
            "pending": self.env._("It will be sent as soon as possible."),
            "sent": self.env._("It has been sent; the other side has not acknowledged it yet."),
            "waiting": self.env._("It was delivered; the other side has not confirmed it yet."),
            "synchronised": self.env._("The other side has it as it stood then."),
            "failed": self.env._(plain_words.UNKNOWN.reason),
            "conflict": self.env._("The two sides contradict each other."),
            "cancelled": self.env._("It will not be delivered."),
        }
        return words[row["state"]]

    def _is_in_outbox(self, record) -> bool:
        """Whether an event of the document still waits to become messages."""
        for model, ids in record._integration_sync_documents().items():
            self.env.cr.execute(
                "SELECT EXISTS (SELECT FROM integration_event WHERE res_model = %s "
                "AND res_id = ANY(%s) AND dispatched_at IS NULL)",
                [model, list(ids)],
            )
            if self.env.cr.fetchone()[0]:
                return True
        return False

    def _count(self, model, record) -> int:
        return sum(self.env[model].search_count(domain) for domain in _of_document(record))

    @api.model
    def open_messages(self, res_model, res_id):
        """Action: the messages of a document, for those who may see messages."""
        self.env["integration.message"].check_access("read")
        return self._open_of_document(
            "integration_core.action_integration_message", res_model, res_id
        )

    @api.model
    def open_links(self, res_model, res_id):
        """Action: under which names other systems know a document."""
        self.env["integration.record.link"].check_access("read")
        action = self._open_of_document(
            "integration_core.action_integration_record_link", res_model, res_id
        )
        action["context"] = {"default_record_ref": f"{res_model},{res_id}"}
        return action

    def _open_of_document(self, xmlid, res_model, res_id):
        record = self._readable_document(res_model, res_id)
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = list(Domain.OR(_of_document(record)))
        action["context"] = {}
        return action


def _of_document(record) -> list[list]:
    """Domains of what belongs to a document, for models with ``res_model`` and ``res_id``."""
    return [
        [("res_model", "=", model), ("res_id", "in", list(ids))]
        for model, ids in record._integration_sync_documents().items()
    ]


def _is_moving(row: dict) -> bool:
    if row["state"] == "waiting":
        return row["changed_at"] > fields.Datetime.now() - SOON
    return row["state"] in MOVING and row["message_state"] not in STUCK
