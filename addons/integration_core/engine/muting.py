"""Muted events: what a bulk import changes is remembered, not told, and caught up afterwards.

While a mute is in force, :func:`withhold` takes the entries of its event types out of what a
transaction is about to write to the outbox, and remembers type and record in
``integration_event_muted``: one slim row for each, however often the record changes, one statement
for each flush. :func:`catch_up` turns those rows, batch by batch, into one event each with the
content of that moment; rows and events change in one transaction, so that a catch-up that is
interrupted goes on where it stopped, loses nothing and tells nothing twice.

Only a deletion keeps its content, as it was when the record went. A document that changed is told
as it is afterwards, without a list of its changes: they were many, in many transactions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools import canonical_json, data_classes
from ..tools.keyring import KeyRing, KeyRingError, KeyRingMissing
from . import causation, snapshots
from .cursors import insert_quietly
from .outbox import Entry
from .snapshots import Snapshot
from .triggers import Trigger

#: Records of one transaction of a catch-up.
BATCH = 200

_Pending = MutableMapping[Trigger, dict[int, Entry]]
#: Writes the events of records and returns how many.
Collect = Callable[[BaseModel, Trigger, Mapping[int, Entry]], int]


@dataclass(frozen=True)
class Mute:
    """A mute in force, as the flush of a transaction sees it.

    ``until`` is naive UTC. Records of ``company_id`` are muted, and those that all companies share.
    """

    id: int
    until: datetime
    user_id: int | None
    company_id: int

    def holds(self, now: datetime, uid: int | None) -> bool:
        """Whether it concerns changes of this user, now."""
        return now < self.until and self.user_id in (None, uid)


# -- while it is muted -------------------------------------------------------------------------


def withhold(env: api.Environment, pending: _Pending, uid: int | None) -> None:
    """Take out of ``pending`` what is muted, and remember it.

    Without a mute this is one look-up for a transaction that has events at all.

    :param env: as superuser
    :param uid: the user of the request or job
    """
    mutes: Mapping[int, Sequence[Mute]] = env["integration.event.mute"]._muting()
    if not mutes:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    ring = env["integration.credential"]._key_ring()
    rows = []
    for trigger, entries in pending.items():
        for mute in mutes.get(trigger.type_id, ()):
            if mute.holds(now, uid):
                rows += [
                    _row(mute, trigger, record_id, entries.pop(record_id), ring)
                    for record_id in _muted(env, mute, trigger, entries)
                ]
    if rows:
        _remember(env, rows)


def _muted(
    env: api.Environment, mute: Mute, trigger: Trigger, entries: Mapping[int, Entry]
) -> list[int]:
    """Which entries a mute withholds.

    Not what this transaction has told already and only renews, and not what a catch-up tells.
    """
    found = [
        record_id
        for record_id, entry in entries.items()
        if not entry.renewed and entry.mute_id is None
    ]
    gone = {i: entries[i].snapshot.company_id for i in found if entries[i].snapshot}  # type: ignore[union-attr]
    living = env[trigger.model].browse([i for i in found if i not in gone]).exists()
    companies = gone | {record.id: snapshots.company_of(record) for record in living}
    return [i for i in found if companies.get(i) in (None, mute.company_id)]


def _row(
    mute: Mute, trigger: Trigger, record_id: int, entry: Entry, ring: KeyRing | None
) -> tuple[Any, ...]:
    gone = entry.snapshot
    data, body, problem = None, None, gone.problem if gone else None
    if gone:
        data = canonical_json.dumps(gone.data).decode()
        if trigger.data_class in data_classes.PRIVATE:
            try:
                body = _sealed(data, _context(mute.id, trigger.type_id, record_id), ring)
                data = None
            except KeyRingError:
                # A person's deletion goes on. Nothing is stored in clear instead, and the event
                # will say what was missing.
                data, problem = "{}", "The server had no key ring, which private content needs."
    return (
        mute.id,
        trigger.type_id,
        record_id,
        entry.cause.system_id if entry.cause else None,
        data,
        body,
        gone.subject if gone and trigger.data_class not in data_classes.PRIVATE else None,
        gone.company_id if gone else None,
        gone.partner_id if gone else None,
        problem,
    )


def _sealed(data: str, context: str, ring: KeyRing | None) -> bytes:
    """
    :raises tools.keyring.KeyRingError: there is no key to encrypt with
    """
    if ring is None:
        raise KeyRingMissing("Private content needs a key ring.")
    return ring.encrypt(data.encode(), context)


def _context(mute_id: int, type_id: int, res_id: int) -> str:
    """What the content of a deleted record is bound to."""
    return f"integration.event.muted|{mute_id}|{type_id}|{res_id}"


def _remember(env: api.Environment, rows: Sequence[tuple[Any, ...]]) -> None:
    # An update, although it mostly changes nothing: a catch-up that takes the row at this moment
    # would have read the record before this transaction, so one of the two has to begin again.
    insert_quietly(
        env.cr,
        """
        INSERT INTO integration_event_muted AS m (
            mute_id, type_id, res_id, cause_system_id, data, body, subject, company_id,
            partner_id, problem)
        VALUES %s
        ON CONFLICT (mute_id, type_id, res_id) DO UPDATE
           SET cause_system_id = CASE WHEN m.cause_system_id = EXCLUDED.cause_system_id
                                      THEN m.cause_system_id END,
               data = EXCLUDED.data, body = EXCLUDED.body, subject = EXCLUDED.subject,
               problem = EXCLUDED.problem
        """,
        rows,
        template="(%s, %s, %s, %s::int, %s, %s::bytea, %s, %s::int, %s::int, %s)",
    )


# -- afterwards --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One batch of a catch-up.

    :ivar taken: rows that were dealt with
    :ivar told: records of which an event was written; the others are gone, do not match the
        condition of the event type any more, or have no subscriber
    """

    taken: int
    told: int


def catch_up(env: api.Environment, mute_id: int, limit: int, collect: Collect) -> Step:
    """Tell of the next records that changed under a mute, the oldest change first.

    The caller commits, or rolls back if it raises.

    :param env: as superuser
    :param collect: :func:`.capture.caught_up`
    :raises tools.keyring.KeyRingError: the content of a deleted record cannot be decrypted
    """
    rows = _take(env, mute_id, min(limit, BATCH))
    told = 0
    for trigger, group in _by_trigger(env, rows):
        told += _tell(env, mute_id, trigger, group, collect)
    return Step(len(rows), told)


@dataclass(frozen=True)
class _Row:
    id: int
    type_id: int
    res_id: int
    cause_system_id: int | None
    data: str | None
    body: bytes | None
    subject: str | None
    company_id: int | None
    partner_id: int | None
    problem: str | None

    def content(self, mute_id: int, ring: KeyRing | None) -> str | None:
        """The snapshot of a deleted record.

        :raises tools.keyring.KeyRingError: it cannot be decrypted; it waits until it can.
        """
        if self.body is None:
            return self.data
        if ring is None:
            raise KeyRingMissing("The content of a deleted record needs a key ring.")
        context = _context(mute_id, self.type_id, self.res_id)
        return ring.decrypt(bytes(self.body), context).decode()

    def entry(self, mute_id: int, ring: KeyRing | None) -> Entry:
        cause = None
        if self.cause_system_id:
            # The message that caused it may be one of many; its system must not hear its own words.
            cause = causation.Cause(None, None, None, self.cause_system_id, 1)
        gone = None
        data = self.content(mute_id, ring)
        if data is not None:
            gone = Snapshot(
                json.loads(data),
                self.company_id,
                self.subject or "",
                self.partner_id,
                self.problem,
            )
        return Entry(cause, snapshot=gone, mute_id=mute_id)


def _take(env: api.Environment, mute_id: int, limit: int) -> list[_Row]:
    env.cr.execute(
        """
        WITH next AS MATERIALIZED (
            SELECT id FROM integration_event_muted WHERE mute_id = %s
             ORDER BY id LIMIT %s FOR UPDATE
        )
        DELETE FROM integration_event_muted m USING next WHERE m.id = next.id
        RETURNING m.id, m.type_id, m.res_id, m.cause_system_id, m.data, m.body, m.subject,
                  m.company_id, m.partner_id, m.problem
        """,
        [mute_id, limit],
    )
    return sorted((_Row(*row) for row in env.cr.fetchall()), key=lambda row: row.id)


def _by_trigger(env: api.Environment, rows: Sequence[_Row]) -> Iterator[tuple[Trigger, list[_Row]]]:
    """Rows by event type, in the order in which things happened."""
    triggers = {
        trigger.type_id: trigger
        for watch in env["integration.event.type"]._watched().values()
        for trigger in watch.triggers
    }
    group: list[_Row] = []
    for row in rows:
        if group and group[0].type_id != row.type_id:
            yield from _known(triggers, group)
            group = []
        group.append(row)
    yield from _known(triggers, group)


def _known(
    triggers: Mapping[int, Trigger], group: list[_Row]
) -> Iterator[tuple[Trigger, list[_Row]]]:
    """The group, if its event type has a subscriber still."""
    if group and group[0].type_id in triggers:
        yield triggers[group[0].type_id], group


def _tell(
    env: api.Environment, mute_id: int, trigger: Trigger, rows: Sequence[_Row], collect: Collect
) -> int:
    ring = env["integration.credential"]._key_ring()
    entries = {row.res_id: row.entry(mute_id, ring) for row in rows}
    return collect(env[trigger.model], trigger, entries)
