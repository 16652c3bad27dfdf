"""What an operator does to messages: retry, replay, park, release, cancel, resolve.

Callers check rights first. Each act runs in the caller's transaction, with its audit entries and
with what it means for business records and for the activities of those who were told of failures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from psycopg2.errors import LockNotAvailable

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..tools.acts import Act
from ..tools.states import State
from . import audit, conflicts, ledger, notice, renewal, replay, sync, wakeup
from .assessment import Assessment, assess
from .cursors import own_cursor

#: How long an act waits for messages that others are changing (PostgreSQL ``lock_timeout``).
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class Report:
    """What came of an act.

    ``moved`` are the ids of the messages that it moved, for a replay those of the new messages.
    ``refused`` counts the others by a key of :data:`..tools.acts.REFUSALS`.
    ``results`` names, by the message that was acted on, the one that moved; ``reasons`` has the
    refusal of each of the others.
    """

    moved: Sequence[int]
    refused: Counter[str]
    results: Mapping[int, int]
    reasons: Mapping[int, str]


def operate(
    messages: BaseModel, act: Act | str, note: str = "", *, yielding: bool = False
) -> Report:
    """Apply ``act`` to those messages for which it is possible.

    Messages that a drain or another operator changes at the same time make the transaction fail
    with a serialization error; Odoo runs it again, on what is then the case.

    :param note: why, in the operator's words; the audit trail keeps it
    :param yielding: what is retried yields to new traffic, as replays do anyway
    """
    act = Act(act)
    # sudo: an operator need not be allowed to read the interface, the document or its activities
    messages = messages.sudo()
    found = assess(messages, act)
    chosen = messages.browse(found.possible)
    touched = chosen.browse(_ACTS[act](chosen, found, note))
    messages.env.invalidate_all()
    if act is not Act.REPLAY:
        # Claimed since the assessment, where the transaction sees that (see operate_apart).
        for message_id in set(chosen.ids) - set(touched.ids) - set(found.reasons):
            found.refuse(message_id, "processing")
        audit.record(touched, act, reason=note)
        notice.settle(touched)
    if act is Act.RETRY and yielding:
        replay.give_way(messages.env.cr, touched.ids)
    wakeup.wake_interfaces_after_commit(messages.env.cr, touched.interface_id.ids)
    return Report(touched.ids, +found.refused, _results(touched, found), found.reasons)


def _results(touched: BaseModel, found: Assessment) -> dict[int, int]:
    if found.act is not Act.REPLAY:
        return {message_id: message_id for message_id in touched.ids}
    by_original = {message.original_id.id: message.id for message in touched}
    return {message_id: by_original[found.originals[message_id]] for message_id in found.possible}


def operate_apart(messages: BaseModel, act: Act | str, note: str = "") -> Report:
    """As :func:`operate`, in a READ COMMITTED transaction of its own, committed at once.

    For acts on messages that drains claim all the time: seen from the snapshot of a request, some
    of a large selection have always changed meanwhile, and the request would collide each time it
    is run again. Here such messages are counted as refused.

    Either all of it is done and stays, whatever becomes of the caller's transaction, or nothing.

    :raises UserError: somebody holds a message for longer than :data:`LOCK_TIMEOUT`. It may be the
        caller's own transaction, which would wait for itself for ever.
    """
    env = messages.env
    try:
        with own_cursor(env.registry) as cr:
            cr.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            report = operate(messages.with_env(env(cr=cr)), act, note)
    except LockNotAvailable as exc:
        raise UserError(
            env._(
                "Nothing was done: one of the messages is being changed by somebody else, or was "
                "changed before in the same step. Try again, or do one thing at a time."
            )
        ) from exc
    env.invalidate_all()
    return report


def _move(
    messages: BaseModel, target: State, assign: Mapping[str, object], condition: str = "true"
) -> list[int]:
    """``condition`` repeats what the assessment found beyond the state."""
    return ledger.move(
        messages.env.cr,
        target,
        where=f"id = ANY(%(ids)s) AND {condition}",
        values={"ids": messages.ids},
        assign=assign,
    )


def _retry(messages: BaseModel, found: Assessment, _note: str) -> list[int]:
    failed = renewal.renew(messages.browse(set(messages.ids) - found.kept))
    if failed and len(failed) == len(messages):
        raise UserError(next(iter(failed.values())))
    for message_id in failed:
        found.refuse(message_id, "snapshot")
    moved = _move(
        messages.browse(set(messages.ids) - set(failed)),
        State.QUEUED,
        {
            "attempts": 0,
            "held_reason": None,
            "available_at": messages.env.cr.now(),
            "error_class": None,
            "error_code": None,
            "error_message": None,
            "error_fingerprint": None,
            "error_title": None,
        },
        "state IN ('retry', 'quarantined', 'dead')",
    )
    sync.mark(messages.env.cr, moved, "pending", None)
    return moved


def _replay(messages: BaseModel, found: Assessment, note: str) -> list[int]:
    by_original = replay.create(messages, sorted(found.originals.values()))
    messages.env.invalidate_all()
    replays = messages.browse(by_original.values())
    new = {message.original_id.id: message.uuid for message in replays}
    audit.record(
        messages,
        Act.REPLAY,
        reason=note,
        changes={m.id: {"replay_ids": ("", new[found.originals[m.id]])} for m in messages},
    )
    audit.record(
        replays,
        Act.REPLAY,
        reason=note,
        changes={m.id: {"original_id": ("", m.original_id.uuid)} for m in replays},
    )
    return replays.ids


def _park(messages: BaseModel, _found: Assessment, _note: str) -> list[int]:
    moved = _move(messages, State.HELD, {"held_reason": "parked"})
    return moved + ledger.keep_held(messages.env.cr, messages.ids, "parked")


def _release(messages: BaseModel, _found: Assessment, _note: str) -> list[int]:
    return _move(messages, State.QUEUED, {"held_reason": None}, "held_reason = 'parked'")


def _close(messages: BaseModel, _found: Assessment, note: str) -> list[int]:
    moved = _move(messages, State.CANCELLED, {"resolution": note or None, "held_reason": None})
    conflicts.void(messages.env, moved)
    # Not the note: everybody who may read the document sees its status.
    sync.mark(messages.env.cr, moved, "cancelled", messages.env._("Closed by an operator."))
    return moved


_ACTS: Mapping[Act, Callable[[BaseModel, Assessment, str], list[int]]] = {
    Act.RETRY: _retry,
    Act.REPLAY: _replay,
    Act.PARK: _park,
    Act.RELEASE: _release,
    Act.CANCEL: _close,
    Act.RESOLVE: _close,
}
