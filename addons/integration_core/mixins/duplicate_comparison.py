from odoo import models
from odoo.exceptions import AccessError

from ..engine import conversion, documents
from ..engine.pieces import UNREADABLE
from ..tools import data_classes, json_text


class IntegrationDuplicateComparison(models.AbstractModel):
    """What was sent beside what Odoo has of the similar records. Part of ``integration.duplicate``.

    Values are content: they are read when somebody who may see content asks, and kept nowhere.
    """

    _name = "integration.duplicate.comparison"
    _description = "Possible Duplicate: Comparison"

    def compare(self, reason=""):
        """What the message says, and what Odoo would say of each similar record in its place.

        :param reason: why private content is looked at; asked for when it is not revealed
        :return: dict with ``columns`` (names of the records), ``rows`` (member of the message,
            ``sent``, ``values``: one text for each column, and ``same``: whether it is what was
            sent), ``needs_reason`` and ``refused`` (a sentence instead of rows)
        """
        self.ensure_one()
        self.check_access("read")
        found = {"columns": [], "rows": [], "needs_reason": False, "refused": ""}
        message = self.message_id
        if refused := self._refusal_to_show():
            return {**found, "refused": refused}
        private = message._effective_class() in data_classes.PRIVATE
        if private and not message._revealed():
            if not (reason or "").strip():
                return {**found, "needs_reason": True}
            message._reveal(reason)
        sent = self._sent()
        if not isinstance(sent, dict):
            return {
                **found,
                "refused": self.env._(
                    "What was sent cannot be shown in the shape of its contract. Open the message."
                ),
            }
        if private:
            message._look()  # the audit trail tells it
        names = documents.readable_names(self.candidate_ids)
        columns, ours = [], []
        for one in self.candidate_ids:
            if name := names.get((one.res_model, one.res_id)):
                columns.append(name)
                # What the sender calls it, and not what Odoo does.
                named = dict.fromkeys(self._named(sent), one.known_as)
                ours.append({**self._known(one), **named})
        return {**found, "columns": columns, "rows": _rows(sent, ours)}

    def _named(self, sent) -> set[str]:
        """Members of the message that hold the sender's own identifier of the record."""
        return {member for member, value in sent.items() if value == self.external_id}

    def _refusal_to_show(self):
        """Why the user may not see what was sent, if he may not."""
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            return self.env._(
                "What was sent is content. Ask an administrator for the role “Content viewer”."
            )
        if not self.message_id._may_see_class():
            return self.message_id._role_sentence(self.message_id._effective_class())
        return None

    def _sent(self):
        """The canonical content of the message; ``None`` if it cannot be read any more."""
        # sudo: whether the user may see it was checked before
        whole = self.env(su=True)
        pieces = self.message_id._content_pieces()
        received = next((piece for piece in pieces if piece.stage == "received"), None)
        if received is None:
            return None
        plan = conversion.PlanCache().inbound(whole, self.interface_id.id)
        try:
            raw = received.open(self.env["integration.credential"]._key_ring())
            return plan.convert(raw, received.content_type or "", received.created_at)
        except UNREADABLE:
            return None

    def _known(self, candidate) -> dict:
        """The record in the shape of the contract, as far as the user may read it."""
        handler = self.env.get(self.interface_id.sudo().handler or "")  # sudo: of no secrets
        record = self.env[candidate.res_model].browse(candidate.res_id)
        if handler is None:
            return {}
        try:
            snapshots = record._integration_snapshots(handler._contract)
        except AccessError:
            return {}
        return snapshots[record.id].data if record.id in snapshots else {}


def _rows(sent, ours) -> list[dict]:
    rows = []
    for member, value in sent.items():
        known = [_text(one.get(member)) for one in ours]
        told = _text(value)
        rows.append(
            {
                "member": member,
                "sent": told,
                "values": [{"text": text, "same": text == told} for text in known],
            }
        )
    return rows


def _text(value) -> str:
    """As people read it; empty for nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text.indented(value)
