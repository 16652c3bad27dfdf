"""Sends messages over MLLP, one after the other on each connection."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from functools import partial

from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.outbound_sources import Outgoing
from odoo.addons.integration_core.tools import errors

from ..tools.sending import header
from ..tools.sending.answers import Answer
from ..tools.sending.connection import Target
from ..tools.sending.expectations import QUERY, Expectations
from ..tools.sending.header import HeaderRules
from . import hl7_answers, hl7_outcomes
from .mllp_holding import Holding, LeaseLost
from .mllp_keeper import Keeper, keeper
from .mllp_leases import lease_seconds

_logger = logging.getLogger(__name__)

#: How long a message waits for a connection beyond the lease of a holder that may be dead.
_PATIENCE = 2.0


@dataclass(frozen=True)
class Partner:
    """Everything about a partner's listener; read once a batch while a cursor is open.

    :ivar url: the address as the interface has it
    :ivar connections: how many may be open at once, over all workers
    """

    interface_id: int
    system_id: int
    url: str
    target: Target
    header: HeaderRules
    expected: Expectations
    connections: int = 1


class MllpSender:
    """Sends one message and waits for its acknowledgement. Thread safe; needs no cursor of the
    caller's, and none while it waits for the partner."""

    def __init__(self, registry: Registry, partner: Partner, keeper_: Keeper = keeper) -> None:
        self._registry = registry
        self._partner = partner
        self._keeper = keeper_
        self._hear = partial(hl7_answers.hear, registry, partner.system_id)

    def __call__(self, message: Outgoing) -> Outcome:
        identifier = header.control_id(message.external_key)
        try:
            body = header.complete(
                message.document, self._partner.header, message.external_key, message.occurred_at
            )
        except errors.IntegrationError as exc:
            return Outcome(error=exc)
        outcome = Outcome(sent=body, sent_type=hl7_answers.CONTENT_TYPE, wire_id=identifier)
        try:
            answer = self._deliver(body, identifier)
        except errors.IntegrationError as exc:
            return hl7_outcomes.failed(outcome, exc, self._partner.expected)
        except Exception as exc:  # a thread must bring home an outcome for each message
            # The type alone: the text of an unknown exception may quote what was sent.
            _logger.error("Sending failed unexpectedly with %s", type(exc).__name__)
            return replace(outcome, error=errors.classify(exc))
        return hl7_outcomes.judged(outcome, answer, self._partner.expected)

    def _deliver(self, body: bytes, identifier: str) -> Answer | None:
        """Send a message; its acknowledgement, or ``None`` if none is waited for."""
        with self._keeper.lend(
            self._registry,
            self._partner.interface_id,
            self._partner.connections,
            lease_seconds() + _PATIENCE,
            self._hear,
        ) as holding:
            try:
                return self._exchange(holding, body, identifier)
            except errors.UnknownOutcomeError:
                if self._partner.expected.on_silence != QUERY:
                    raise
            return self._ask(holding, body, identifier)

    def _ask(self, holding: Holding, body: bytes, identifier: str) -> Answer | None:
        """Ask what became of a message, as HL7 lets one ask: by the same message once more.

        A receiver that knows control ids answers a repetition with what it answered before. One
        repetition, at once: whatever comes of it, there is no third.
        """
        try:
            return self._exchange(holding, body, identifier)
        except LeaseLost as exc:
            # Others may be further by now, and this message would come behind later ones.
            unknown = errors.UnknownOutcomeError(
                "The partner did not acknowledge the message, and could not be asked at once: the "
                "connection passed to another worker. Ask the partner whether it has the message, "
                "then retry or close it.",
                code="hl7_unanswered",
            )
            raise unknown from exc
        except errors.IntegrationError as exc:
            unknown = errors.UnknownOutcomeError(
                "The partner acknowledged neither the message nor its one repetition. Ask the "
                "partner whether it has the message, then retry or close it.",
                code="hl7_unanswered",
            )
            raise unknown from exc

    def _exchange(self, holding: Holding, body: bytes, identifier: str) -> Answer | None:
        partner = self._partner
        connection = holding.connected(partner.target, partner.url)
        started = time.monotonic()
        try:
            holding.require()
            deadline = connection.send(body, partner.target)
            if not partner.expected.waits_for_answer:
                holding.note(time.monotonic() - started)
                return None
            answer = connection.answer(identifier, deadline, partner.target, self._hear)
        except errors.IntegrationError:
            # What comes on it from now on would be late.
            holding.disconnect()
            raise
        holding.note(time.monotonic() - started)
        return answer
