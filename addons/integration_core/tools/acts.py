# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an operator may do to a message, when, and what may happen a second time by it.

Pure data and rules. The sentences are English and marked for translation; whoever shows them
translates them (``env._``).
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .states import ATTENTION, TERMINAL, State


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


class Act(StrEnum):
    """What an operator does. Values are what the database stores."""

    RETRY = "retry"  #: try again now what failed
    REPLAY = "replay"  #: send or handle once more what is finished, as a new message
    PARK = "park"  #: hold until a person releases it
    RELEASE = "release"  #: end of parking
    CANCEL = "cancel"  #: withdraw what is not done yet
    RESOLVE = "resolve"  #: close what failed: its purpose was reached in another way


#: Acts that need a note: whoever reads the history later must learn why.
NOTED: Final = frozenset({Act.REPLAY, Act.PARK, Act.CANCEL, Act.RESOLVE})

#: Why an act is not possible; completes "3 not possible: …".
REFUSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "processing": _("being sent or handled this very moment; try again shortly."),
        "queued": _("in the queue already."),
        "awaited": _("sent; the acknowledgement is awaited until its deadline."),
        "parked": _("parked; release instead."),
        "parked_already": _("parked already."),
        "not_parked": _("not parked."),
        "paused": _("the interface is paused or not active; resume or activate it."),
        "attention": _("failed, and held back by that already; retry or resolve instead."),
        "resolve": _("failed; resolve instead, with a note on how the matter ended."),
        "cancel": _("not failed; cancel instead if no longer wanted."),
        "retry": _("failed without an effect; retry instead, no second message is needed."),
        "under_way": _("still under way; only what is finished can be replayed."),
        "replay": _("finished; replay if the same is needed once more."),
        "closed": _("finished already."),
        "effect": _(
            "it had its effect, and the handler would have it a second time. Correct the document "
            "in Odoo, or ask the sender for a new message."
        ),
        "fetched": _(
            "it has fetched what it was to fetch. Replay the notification to fetch once more, or "
            "the fetched content to handle it once more."
        ),
        "no_handler": _(
            "nothing handles such messages: the handler is not installed, or the routing of the "
            "interface has no rule that handles them."
        ),
        "content": _(
            "the content is not there any more, removed by the retention of the policy or never "
            "stored; ask for a new message."
        ),
        "open_replay": _("a replay is not finished yet; wait for it, or act on that one."),
        "snapshot": _("the content of the document still cannot be taken; open one to see why."),
        "retired": _("the interface is retired or archived."),
        "same_original": _("another replay of the same original is in the selection."),
        "changed": _("dealt with by somebody else since the task was started."),
        "forbidden": _("whoever runs the task may not see it any more."),
        "gone": _("removed by retention since the task was started."),
        "unreadable": _("the content cannot be read with the keys of this server."),
    }
)

#: What happens a second time; completes "3 …".
EFFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "again": _(
            "will be applied once more, which by the handler's promise leaves what is there now."
        ),
        "first": _("will be applied for the first time."),
        "fetched_again": _(
            "will have their content fetched from the partner once more, as it is there now, and "
            "applied once more, which by the handler's promise leaves what the content says."
        ),
        "fetched_first": _("will have their content fetched from the partner and applied."),
        "asked": _("will be fetched from the partner, as the content is there now."),
        "recognised": _(
            "will be sent again under the same id, by which the partner recognises it."
        ),
        "kept": _(
            "may have reached the partner before, so will be sent under the same id and with the "
            "content of then. What is wrong with that content can only be told in a new message."
        ),
        "new": _("will be sent for the first time."),
        "renewed": _("will be sent with the present content of the document, under a new id."),
    }
)

_POSSIBLE: Final[Mapping[Act, frozenset[State]]] = MappingProxyType(
    {
        Act.RETRY: frozenset({State.RETRY}) | ATTENTION,
        Act.REPLAY: TERMINAL,
        Act.PARK: frozenset({State.RECEIVED, State.QUEUED, State.RETRY}),
        Act.RELEASE: frozenset(),
        Act.CANCEL: frozenset(
            {State.RECEIVED, State.QUEUED, State.WAITING, State.RETRY, State.HELD}
        ),
        Act.RESOLVE: ATTENTION,
    }
)
# By act: the refusal of messages that are finished, that failed, and that are under way.
_OTHERWISE: Final[Mapping[Act, tuple[str, str, str]]] = MappingProxyType(
    {
        Act.RETRY: ("replay", "", "queued"),
        Act.REPLAY: ("", "retry", "under_way"),
        Act.PARK: ("closed", "attention", "awaited"),
        Act.RELEASE: ("closed", "not_parked", "not_parked"),
        Act.CANCEL: ("closed", "resolve", ""),
        Act.RESOLVE: ("closed", "", "cancel"),
    }
)


def refusal(act: Act | str, state: State | str, held_reason: str | None = None) -> str | None:
    """Why ``act`` is not possible in ``state``: a key of :data:`REFUSALS`, ``None`` if it is.

    :param held_reason: why a held message is held: ``paused``, ``inactive`` or ``parked``
    :raises ValueError: no such act or state
    """
    act, state = Act(act), State(state)
    if state is State.HELD:
        return _refusal_held(act, held_reason)
    if state in _POSSIBLE[act]:
        return None
    finished, failed, live = _OTHERWISE[act]
    if state in TERMINAL:
        return finished
    if state in ATTENTION:
        return failed
    if state is State.PROCESSING and act is not Act.REPLAY:
        return "processing"
    if state is State.WAITING and act is Act.RETRY:
        return "awaited"
    return live


def possible_states(act: Act) -> frozenset[State]:
    """States in which ``act`` is possible, held messages apart."""
    return _POSSIBLE[act]


def _refusal_held(act: Act, reason: str | None) -> str | None:
    """Held messages by reason: what an operator parked is his, the rest follows the interface."""
    parked = reason == "parked"
    by_act = {
        Act.RETRY: "parked" if parked else "paused",
        Act.REPLAY: "under_way",
        # A message of a paused interface may be taken out of the backlog before it is resumed.
        Act.PARK: "parked_already" if parked else None,
        Act.RELEASE: None if parked else "paused",
        Act.CANCEL: None,
        Act.RESOLVE: "cancel",
    }
    return by_act[act]


@dataclass(frozen=True)
class Finished:
    """What decides whether a finished message may be replayed.

    ``had_effect``: it, or a replay of it, was applied or taken by the partner. ``attempted``: it
    may have reached the partner. ``repeatable``: its handler may be given it twice. ``source``: the
    received bytes, or the event, are still kept. ``fetch``: it asks a partner for content.
    """

    outbound: bool
    had_effect: bool
    attempted: bool
    repeatable: bool
    source: bool
    open_replay: bool
    retired: bool
    handler: bool = True
    fetch: bool = False


def replay_refusal(message: Finished) -> str | None:
    """Why a finished message may not be replayed: a key of :data:`REFUSALS`, or ``None``."""
    if message.retired:
        return "retired"
    if message.open_replay:
        return "open_replay"
    if not message.source:
        return "content"
    if message.outbound:
        # What it fetched would be handled a second time, whatever the handler promises.
        return "fetched" if message.fetch and message.had_effect else None
    if not message.handler:
        return "no_handler"
    return "effect" if message.had_effect and not message.repeatable else None


def effect(
    *,
    outbound: bool,
    had_effect: bool,
    attempted: bool,
    renewed: bool = False,
    kept: bool = False,
    fetch: bool = False,
) -> str:
    """What a repetition means: a key of :data:`EFFECTS`.

    :param renewed: an outbound message that never left takes a new snapshot of its document
    :param kept: an outbound message that would take one, had it not reached the partner perhaps
    :param fetch: an outbound message that fetches content, or an inbound one that makes us do so
    """
    if fetch and outbound:
        return "asked"
    if fetch:
        return "fetched_again" if had_effect else "fetched_first"
    if not outbound:
        return "again" if had_effect else "first"
    if renewed:
        return "renewed"
    if kept:
        return "kept"
    return "recognised" if had_effect or attempted else "new"
