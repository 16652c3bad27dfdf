from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine import conversion, payloads, trials
from ..tools import canonical_json, data_classes, errors, event_filter, json_text

# Characters of an event that are shown: more than a person reads.
SHOWN_CHARS = 200_000


class IntegrationInterfaceFiltered(models.AbstractModel):
    """An interface that sends some events and leaves others out. Part of ``integration.interface``.

    The filter is checked when it is entered, and can be tried on an event before it is approved.
    """

    _name = "integration.interface.filtered"
    _description = "Interface with a Filter of Events"

    @api.constrains("event_filter")
    def _check_event_filter(self):
        for interface in self.filtered("event_filter"):
            try:
                event_filter.EventFilter.compile(interface.event_filter)
            except event_filter.FilterError as exc:
                raise ValidationError(exc.message[:1].upper() + exc.message[1:]) from exc

    def try_filter(self, event_id, expression, reason=""):
        """What a filter says of an event; nothing is stored or sent.

        The event is read with the rights of the person who tries; private content is revealed for
        a reason, as it is everywhere.

        :param expression: the filter as it stands in the form, saved or not
        :param reason: why private content is needed; asked for when it is not revealed
        :return: ``matches`` (or None), ``problem`` and ``refused`` (sentences, or ``""``), ``text``
            (what the filter saw), ``needs_reason``, and ``seconds`` after which private content
            has to go (0 if it is not private)
        :raises UserError: the user has tried out too much of late
        """
        event = self._event_to_try(event_id)
        found = {
            "matches": None,
            "problem": "",
            "refused": "",
            "text": "",
            "needs_reason": False,
            "seconds": 0,
        }
        data_class = event._effective_class()
        if data_class in data_classes.PRIVATE:
            if not event._may_reveal(data_class):
                return found | {"refused": event._role_sentence(data_class)}
            if reason.strip():
                event._reveal(reason)
            elif not event._revealed():
                return found | {"needs_reason": True}
            found["seconds"] = event._look()
        with trials.charged(self.env):
            self._run_filter(found, event, expression)
        return found

    def _event_to_try(self, event_id):
        """The event, if the person may see it and its content."""
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            raise AccessError(
                self.env._(
                    "A trial shows content. Ask an administrator for the role “Content viewer”."
                )
            )
        event = self.env["integration.event"].browse(event_id).exists()
        if not event:
            raise UserError(self.env._("This event does not exist any more. Choose another one."))
        event.check_access("read")
        return event

    def _run_filter(self, found, event, expression):
        try:
            # sudo: the content's group was checked, and the name is content
            subject = event.sudo().subject or None
            content = conversion.as_filtered(
                event.type_code,
                self._canonical_content(event),
                event.occurred_at,
                event.uuid,
                subject,
            )
            found["text"] = json_text.indented(content)[:SHOWN_CHARS]
            found["matches"] = event_filter.EventFilter.compile(expression or "").passes(content)
        except errors.IntegrationError as exc:
            found["problem"] = exc.message

    def _canonical_content(self, event):
        """The content of an event as the filters of interfaces see it."""
        # sudo: the content's group was checked; the ciphertext is closed to everybody
        event = event.sudo()
        data, body, encoding = event._stored()[event.id]
        ring = self.env["integration.credential"]._key_ring()
        snapshot = canonical_json.loads(payloads.open_event(data, body, encoding, event.uuid, ring))
        event_type = event.type_id
        if not event_type.mapping_id:
            return snapshot
        context = (
            # sudo: the code of its system, which the form shows anyway
            conversion.mapping_context(self.sudo())
            if self
            else {"system": None, "company": self.env.company.id}
        )
        step = conversion.canonical_step(event_type, context)
        return step.apply(snapshot, event.occurred_at)
