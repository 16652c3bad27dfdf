"""Values that value maps lack: which quarantined messages wait for them, and who can go on.

The values are content, so they are stored nowhere: the messages are converted once more, in memory
and without any effect, whenever somebody asks. Which messages come into question is read from a
small partial index (``error_code = 'missing_value'``), in bounded pages.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools import canonical_json, errors, payload_codec
from ..tools.mapping_functions import MissingValue
from ..tools.mapping_trial import Trial, Unmapped
from . import conversion, payloads, routes

CODE = MissingValue.default_code
#: Messages converted between two looks at the clock.
PAGE = 100


@dataclass
class Progress:
    """How far a walk over waiting messages came: behind this message of this interface."""

    interface_id: int = 0
    message_id: int = 0
    done: bool = False


@dataclass(frozen=True)
class Stored:
    """A message with what its conversion starts from; not to be logged."""

    id: int
    interface_id: int
    direction: str
    uuid: str
    message_type: str
    created_at: datetime
    body: bytes | None
    encoding: str | None
    content_type: str | None
    data: str | None
    event_body: bytes | None
    event_encoding: str | None
    event_uuid: str | None
    occurred_at: datetime | None

    @property
    def moment(self) -> datetime:
        """The moment whose value maps apply (see :class:`conversion.Conversion`)."""
        return self.occurred_at or self.created_at


class Reconversion:
    """Converts stored messages once more. ``env`` is a superuser's: callers check rights."""

    def __init__(self, env: api.Environment) -> None:
        self.env = env
        self._plans = conversion.PlanCache()

    def value(self, stored: Stored) -> Any:
        """What the conversion starts from: what arrived, or the snapshot of the event.

        :raises errors.IntegrationError: it is gone, unreadable or no JSON.
        """
        ring = self.env["integration.credential"]._key_ring()
        if stored.direction == "outbound":
            raw = payloads.open_event(
                stored.data, stored.event_body, stored.event_encoding, stored.event_uuid or "", ring
            )
            return canonical_json.loads(raw)
        if stored.body is None:
            raise errors.PermanentError("The content of this message is no longer stored.")
        try:
            raw = payload_codec.decode(
                bytes(stored.body), stored.encoding, stored.uuid, "received", ring
            )
        except (ValueError, zlib.error) as exc:
            raise errors.PermanentError("The content cannot be read.") from exc
        plan = self._plans.inbound(self.env, stored.interface_id)
        return plan.codec.decode(raw, stored.content_type or "")

    def conversion(self, stored: Stored) -> conversion.Conversion:
        """How messages of this kind are converted today.

        :raises errors.IntegrationError: the configuration does not allow it.
        """
        if stored.direction == "outbound":
            plan = self._plans.outbound(self.env, stored.interface_id)
            return plan.conversion_of(stored.message_type)
        plan = self._plans.inbound(self.env, stored.interface_id).of_type(stored.message_type)
        found = plan.conversion
        if isinstance(found, errors.IntegrationError):
            raise found
        return found

    def before_mapping(self, stored: Stored) -> Any:
        """What the interface's own mapping starts from: an event type may have one before it.

        :raises errors.IntegrationError: as the other methods do
        """
        value = self.value(stored)
        if stored.direction == "inbound":
            return value
        origin = self.conversion(stored).origin
        return origin.apply(value, stored.moment) if origin else value

    def unmapped(self, stored: Stored) -> list[Unmapped]:
        """All values of a message that value maps lack; none if it cannot be converted at all."""
        trial = Trial()
        try:
            self.conversion(stored).attempt(self.value(stored), stored.moment, trial)
        except errors.IntegrationError:
            return []
        return trial.unmapped

    def converts(self, stored: Stored) -> bool:
        """Whether the message could be converted now."""
        try:
            self.conversion(stored).apply(self.value(stored), stored.moment)
        except errors.IntegrationError:
            return False
        return True


def stored(env: api.Environment, message_ids: Sequence[int]) -> list[Stored]:
    """The messages with their content, in the order of their ids."""
    env.cr.execute(
        """
        SELECT m.id, m.interface_id, m.direction, m.uuid, m.message_type, m.created_at,
               p.body, p.encoding, p.content_type, e.data, e.body, e.encoding, e.uuid, e.occurred_at
          FROM integration_message m
          LEFT JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received'
          LEFT JOIN integration_event e ON e.id = m.event_id
         WHERE m.id = ANY(%s) ORDER BY m.id
        """,
        [list(message_ids)],
    )
    return [Stored(*row) for row in env.cr.fetchall()]


def waiting(
    env: api.Environment, interface_ids: Sequence[int], progress: Progress, seconds: float
) -> Iterator[list[Stored]]:
    """Pages of the messages of these interfaces that wait for a value, until the time is up.

    There is time for one page at least. ``progress`` says where to begin and is kept up to date,
    so that a later walk can go on.
    """
    end = time.monotonic() + seconds
    while not progress.done:
        env.cr.execute(
            """
            SELECT interface_id, id FROM integration_message
             WHERE state = 'quarantined' AND error_code = 'missing_value'
               AND interface_id = ANY(%s) AND (interface_id, id) > (%s, %s)
             ORDER BY interface_id, id LIMIT %s
            """,
            [list(interface_ids), progress.interface_id, progress.message_id, PAGE],
        )
        rows = env.cr.fetchall()
        progress.done = len(rows) < PAGE
        if rows:
            progress.interface_id, progress.message_id = rows[-1]
            yield stored(env, [row[1] for row in rows])
        if time.monotonic() > end:
            return


def interfaces_of(value_maps: BaseModel) -> BaseModel:
    """The interfaces whose mapping may look these maps up, as far as the user may read them."""
    return (
        value_maps.env["integration.interface"]
        .with_context(active_test=False)
        .search(routes.with_mapping("value_map_ids", "in", value_maps.ids))
    )
