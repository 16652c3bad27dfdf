from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import intake, keys

from ..mixins.overview_parts import OBSERVER

#: Shorter texts would find what nobody looks for.
SHORTEST = 3
#: Messages that one way of looking considers, and cases that are listed, the latest first.
CONSIDERED = 200
LISTED = 20


class IntegrationTrace(models.AbstractModel):
    """Finds business cases by what a person knows of them, and tells what happened in one.

    A case is everything that has one correlation id. All is read with the rights of the reader;
    what he may not read of a document is told by its kind, and keys are shown as they are stored,
    of clinical interfaces as pseudonyms.
    """

    _name = "integration.trace"
    _description = "Trace of a Business Case"
    _inherit = ["integration.trace.case"]

    @api.model
    @api.readonly
    def find(self, text):
        """Cases in which a text is known, exactly as it is written.

        :param text: a correlation id, a message's or an event's id, a key, control id or external
            identifier of a partner, the number of a document, or what addons let one look for
        :return: list of ``{"correlation_id", "at", "count", "failed", "what", "by"}``, the latest
            first
        :raises odoo.exceptions.AccessError: the reader is no observer
        """
        if not self.env.user.has_group(OBSERVER):
            raise AccessError(self.env._("Traces are for observers. Ask for the role Observer."))
        text = (text or "").strip()
        if len(text) < SHORTEST:
            return []
        by_case = {}
        for label, domain in self._ways(text):
            found = self.env["integration.message"].search_fetch(
                domain, ["correlation_id"], order="id desc", limit=CONSIDERED
            )
            for message in found.filtered("correlation_id"):
                by_case.setdefault(message.correlation_id, (message, label))
        latest = sorted(by_case.values(), key=lambda one: -one[0].id)[:LISTED]
        return self._described(latest)

    def _described(self, found):
        """What a person recognises a case by."""
        ids = [message.correlation_id for message, _label in found]
        groups = self.env["integration.message"]._read_group(
            [("correlation_id", "in", ids)],
            ["correlation_id", "state"],
            ["__count", "created_at:min"],
        )
        cases = {one: {"count": 0, "failed": 0, "at": None} for one in ids}
        for correlation_id, state, count, since in groups:
            case = cases[correlation_id]
            case["count"] += count
            case["failed"] += count if state in ("dead", "quarantined") else 0
            case["at"] = min(case["at"] or since, since)
        return [
            {
                "correlation_id": message.correlation_id,
                "what": message.kind_name or message.message_type or "",
                "document": message.document_label or "",
                "interface": message.interface_id.display_name,
                "by": label,
                **{
                    key: self._moment(value) if key == "at" else value
                    for key, value in cases[message.correlation_id].items()
                },
            }
            for message, label in found
        ]

    # ------------------------------------------------------------------
    # ways to find messages; each costs a look into an index
    # ------------------------------------------------------------------

    def _ways(self, text):
        """``(what was recognised, domain of messages)`` for everything that the text may be."""
        ways = [
            (self.env._("Correlation id"), Domain("correlation_id", "=", text)),
            (self.env._("Message id"), Domain("uuid", "=", text)),
            (self.env._("Control id"), Domain("wire_id", "=", text)),
            (self.env._("Idempotency key"), Domain("uuid", "in", self._of_keys(text))),
            (self.env._("Event id"), self._of_event(text)),
            (self.env._("External id"), self._of_pointers(self._linked(text))),
            (self.env._("Document"), self._of_pointers(self._named(text))),
        ]
        return [way for way in [*ways, *self._search_extra(text)] if way[1] != Domain.FALSE]

    @api.model
    def _search_extra(self, text):
        """Further ways of looking, for addons: list of ``(label, domain of messages)``.

        They search with the rights of the reader, and find nothing that he could not find himself.
        """
        return [
            (label, Domain(domain))
            for label, domain in self.env["integration.message"]._trace_ways(text)
        ]

    def _of_keys(self, text):
        """Ids of messages that senders gave this id, also where a pseudonym stands in its place."""
        interfaces = (
            self.env["integration.interface"]
            .with_context(active_test=False)
            .search([("id", "!=", False)])
        )
        ring = keys.optional_ring(self.env.cr)
        wanted = []
        for interface in interfaces:
            wanted.append((interface.id, text))
            if interface.data_class == "clinical" and ring is not None:
                spec = {"id": interface.id, "data_class": interface.data_class}
                wanted.append((interface.id, intake.stored_key(spec, text, ring)))
        if not wanted:
            return []
        self.env.cr.execute(
            """
            SELECT message_uuid FROM integration_idempotency
             WHERE (interface_id, key) IN %s LIMIT %s
            """,
            [tuple(wanted), CONSIDERED],
        )
        return [uuid for (uuid,) in self.env.cr.fetchall()]

    def _of_event(self, text):
        event = self.env["integration.event"].search([("uuid", "=", text)], limit=1)
        return Domain("event_id", "in", event.ids) if event else Domain.FALSE

    def _linked(self, text):
        """Records that a partner knows under this identifier."""
        links = self.env["integration.record.link"].search(
            [("external_id", "=", text)], limit=CONSIDERED
        )
        return self._readable([(link.res_model, link.res_id) for link in links])

    def _named(self, text):
        """Documents of this name or number, of the kinds that interfaces touch."""
        pointers = []
        for name in sorted(self.env["integration.record.sync"]._touched_models()):
            model = self.env.get(name)
            if model is None or model._abstract or not model.has_access("read"):
                continue
            field = model._fields.get(model._rec_name or "")
            # Only where looking is cheap and sure: a name that is stored as text.
            if field is None or not field.store or field.type not in ("char", "text"):
                continue
            if field.translate or not model._has_field_access(field, "read"):
                continue
            found = model.search([(field.name, "=", text)], limit=CONSIDERED)
            pointers += [(name, record_id) for record_id in found.ids]
        return pointers

    def _readable(self, pointers):
        """Those of the records that the reader may read: others must not be found by a number."""
        found = []
        for name in {model for model, _id in pointers}:
            if name in self.env and self.env[name].has_access("read"):
                ids = [record_id for model, record_id in pointers if model == name]
                found += [(name, one) for one in self.env[name].search([("id", "in", ids)]).ids]
        return found

    def _of_pointers(self, pointers):
        by_model = {}
        for model, record_id in pointers:
            by_model.setdefault(model, []).append(record_id)
        return Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", ids)
            for model, ids in sorted(by_model.items())
        )
