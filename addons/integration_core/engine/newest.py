"""Which messages of master data say something newer than what is known of their records.

Messages come late: one that waited for a person, or is replayed, is as old as it was. What a system
said of a record, under whatever identifier, counts until it says something newer; of two of the
same time, the one that arrived later does. What is older is done and changes nothing: a note on the
record tells so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from odoo import api, fields
from odoo.models import BaseModel

from ..tools import errors, moments
from ..tools.ticks import Place, tick
from . import arrivals
from .inbound_run import Received

#: Links of one statement.
PAGE = 5000


class Saying(NamedTuple):
    """What is asked of a message.

    :ivar number: the identifier of the record that it is about
    :ivar issued_at: when the system said it (RFC 3339); without it, when it arrived
    """

    received: Received
    number: str
    issued_at: str | None = None


class Newest:
    """Consecutive messages of one system about records of one model.

    :ivar counting: places of those messages that are to be applied, in their order
    """

    def __init__(
        self, records: BaseModel, said: Sequence[Saying], known: Mapping[str, BaseModel]
    ) -> None:
        """Sort out what is older than what is known.

        :param records: of the model
        :param said: one or more
        :param known: records by identifier
        :raises errors.ContractError: ``moment_in_future``
        :raises errors.ConflictError: ``out_of_order``: of several, one is behind a newer one about
            the same record; which of them changed it is known when they are handled one by one
        """
        self._records = records.browse()
        self._links = records.env["integration.record.link"]
        self._system_id = said[0].received.system_id
        self.counting: list[int] = []
        self._older: list[Saying] = []
        self._ticks: dict[str, str] = {}
        self._sort_out(said, known)

    def _sort_out(self, said: Sequence[Saying], known: Mapping[str, BaseModel]) -> None:
        before = self._links._newest_of(self._system_id, self._records.union(*known.values()))
        newest: dict[int | str, str] = {**before}
        arrived = arrivals.of(self._records.env.cr, [one.received.id for one in said])
        for place, one in enumerate(said):
            about = known[one.number].id if one.number in known else one.number
            now = _tick(one, arrived.get(one.received.id))
            if now >= newest.get(about, ""):
                newest[about] = self._ticks[one.number] = now
                self.counting.append(place)
            elif newest[about] != before.get(about):
                raise errors.ConflictError(
                    "A message is older than one about the same record right before it.",
                    code="out_of_order",
                )
            else:
                self._older.append(one)

    def remember(self) -> None:
        """Remember when what was applied was said. Its identifiers are linked by now."""
        self._links._remember_newest(self._system_id, self._records._name, self._ticks)

    def note(self, records: Mapping[str, BaseModel]) -> None:
        """Tell in the history of the records which messages changed nothing.

        :param records: by identifier
        """
        if not self._older:
            return
        env = self._records.env
        # sudo: whose message it is, and the history of what it left alone, need no further right
        system = env["integration.system"].sudo().browse(self._system_id)
        records_sudo = self._records.sudo()  # sudo: as above
        uuids: dict[int, list[str]] = {}
        for one in self._older:
            uuids.setdefault(records[one.number].id, []).append(one.received.uuid)
        records_sudo.browse(uuids)._message_log_batch(
            bodies={
                record_id: env._(
                    "%(system)s had said something newer of this already, so what is older changed "
                    "nothing (message %(messages)s).",
                    system=system.name,
                    messages=", ".join(every),
                )
                for record_id, every in uuids.items()
            }
        )


def _tick(said: Saying, arrival: arrivals.Arrival | None) -> str:
    if arrival is None:
        arrival = arrivals.Arrival(fields.Datetime.now(), Place(said.received.arrived))
    if said.issued_at:
        return tick(moments.read_past_moment(said.issued_at), arrival.place)
    # To the second: of what arrives at once, the order of arrival is the better witness.
    return tick(arrival.at.replace(microsecond=0), arrival.place)


# -- upgrades ----------------------------------------------------------------------------------


def from_ledger(env: api.Environment, handler: str, model: str) -> None:
    """Remember when the newest arrived that a handler applied, as far as the ledger has it.

    For upgrades: otherwise the first retry or replay afterwards would put something old in place of
    what came before them.

    :param model: of the records that the handler returns
    """
    last = 0
    while rows := _applied(env, handler, model, last):
        last = rows[-1][0]
        known = arrivals.of(env.cr, [message for *_link, message in rows if message])
        ticks: dict[int, dict[str, str]] = {}
        for _id, system_id, number, message in rows:
            if arrival := known.get(message):
                at = arrival.at.replace(microsecond=0)
                ticks.setdefault(system_id, {})[number] = tick(at, arrival.place)
        for system_id, said in ticks.items():
            env["integration.record.link"]._remember_newest(system_id, model, said)


def _applied(env: api.Environment, handler: str, model: str, last: int) -> list[tuple[Any, ...]]:
    """The next links, each with the message that arrived last of those applied to its record."""
    env.cr.execute(
        """
        SELECT l.id, l.system_id, l.external_id, n.id
          FROM (SELECT id, system_id, external_id, res_id FROM integration_record_link
                 WHERE res_model = %(model)s AND newest IS NULL AND id > %(last)s
                 ORDER BY id LIMIT %(page)s) l
          LEFT JOIN LATERAL (
               SELECT m.id FROM integration_message m
                 JOIN integration_interface i ON i.id = m.interface_id
                WHERE m.res_model = %(model)s AND m.res_id = l.res_id AND m.state = 'done'
                  AND m.direction = 'inbound' AND i.system_id = l.system_id
                  AND (i.handler = %(handler)s OR EXISTS (
                       SELECT 1 FROM integration_routing_line r
                        WHERE r.routing_id = i.routing_id AND r.handler = %(handler)s
                          AND starts_with(m.message_type, rtrim(r.message_type, '*'))))
                ORDER BY coalesce(m.original_id, m.id) DESC LIMIT 1) n ON true
         ORDER BY l.id
        """,
        {"model": model, "handler": handler, "last": last, "page": PAGE},
    )
    return env.cr.fetchall()
