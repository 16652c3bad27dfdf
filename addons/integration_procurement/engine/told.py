"""Which messages of master data say something newer than what is known of their records.

Messages come late: one that waited for a person, or is replayed, is as old as it was. What a system
said of a record (under whatever identifier) counts until it says something newer; of two of the
same time, the one that arrived later does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odoo import fields
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import arrivals
from odoo.addons.integration_core.tools import errors, moments
from odoo.addons.integration_core.tools.ticks import Place, tick


class Told:
    """Consecutive messages of one system about records of one model.

    :ivar counting: those messages that are applied, in their order
    :ivar older: those that change nothing
    """

    def __init__(
        self,
        handler: BaseModel,
        model: str,
        messages: Sequence[tuple[Any, dict[str, Any]]],
        known: Mapping[str, BaseModel],
    ) -> None:
        """Sort out messages that are older than what is known.

        :param messages: facts and data of each; ``number`` is the identifier, ``issued_at`` when
            the system said it. What does not say so is as old as its arrival.
        :param known: records by identifier
        :raises errors.ContractError: ``moment_in_future``
        :raises errors.ConflictError: ``out_of_order``: one of several is behind a newer one
        """
        self._env = handler.env
        self._model = model
        self._links = handler.env["integration.record.link"]
        self.counting: list[tuple[Any, dict[str, Any]]] = []
        self.older: list[tuple[Any, dict[str, Any]]] = []
        self._ticks: dict[str, str] = {}
        if not messages:
            return
        self._system_id = messages[0][0].system_id
        self._sort_out(messages, known)

    def _sort_out(
        self, messages: Sequence[tuple[Any, dict[str, Any]]], known: Mapping[str, BaseModel]
    ) -> None:
        records = self._env[self._model].union(*known.values())
        before = self._links._newest_of(self._system_id, records)
        newest: dict[int | str, str] = {**before}
        arrived = arrivals.of(self._env.cr, [received.id for received, _data in messages])
        for received, data in messages:
            number = data["number"]
            about = known[number].id if number in known else number
            now = _said(received, data, arrived.get(received.id))
            if now >= newest.get(about, ""):
                newest[about] = self._ticks[number] = now
                self.counting.append((received, data))
                continue
            if newest[about] != before.get(about):
                # Which of the two changed the record is known when they are handled one by one.
                raise errors.ConflictError(
                    "A message is older than one about the same record right before it.",
                    code="out_of_order",
                )
            self.older.append((received, data))

    def remember(self) -> None:
        """Remember when what was applied was said. The identifiers are linked by now."""
        self._links._remember_newest(self._system_id, self._model, self._ticks)

    def note(self, records: Mapping[str, BaseModel]) -> None:
        """Tell in the history of the records which messages changed nothing.

        :param records: by identifier
        """
        if not self.older:
            return
        # sudo: whose message it is, and the history of what it left alone, need no further right
        system = self._env["integration.system"].sudo().browse(self._system_id)
        uuids: dict[int, list[str]] = {}
        for received, data in self.older:
            uuids.setdefault(records[data["number"]].id, []).append(received.uuid)
        self._env[self._model].browse(uuids).sudo()._message_log_batch(
            bodies={
                record_id: self._env._(
                    "%(system)s had said something newer of this already, so what is older changed "
                    "nothing (message %(messages)s).",
                    system=system.name,
                    messages=", ".join(every),
                )
                for record_id, every in uuids.items()
            }
        )


def _said(received: Any, data: Mapping[str, Any], arrival: arrivals.Arrival | None) -> str:
    """When something was said, as a tick."""
    if arrival is None:
        arrival = arrivals.Arrival(fields.Datetime.now(), Place(received.arrived))
    said = data.get("issued_at")
    # To the second: of what arrives at once, the order of arrival is the better witness.
    at = moments.read_past_moment(said) if said else arrival.at.replace(microsecond=0)
    return tick(at, arrival.place)
