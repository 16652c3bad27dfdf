# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Identifiers that tie together what belongs together, across systems.

A *correlation id* names one business story (an order from request to confirmation). A
*traceparent* places one step of it in a distributed trace (W3C Trace Context, level 1).
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from .identifiers import ordered_uuid, ordered_uuids, random_hex, random_hexes

_TRACEPARENT: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?",
    re.ASCII,
)
_MAX_TRACEPARENT: Final = 256
#: Visible ASCII without quotes, angle brackets or anything else that needs escaping in a header,
#: a log line or a search.
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}", re.ASCII)
_SAMPLED: Final = 0x01


@dataclass(frozen=True, slots=True)
class TraceParent:
    """One step of a trace. ``str()`` gives the header's value.

    :param trace_id: 32 lower-case hex digits, not all zero: the whole trace.
    :param span_id: 16 lower-case hex digits, not all zero: the caller's step ("parent-id").
    :param flags: 0 to 255; bit 0 says that the caller records the trace.
    """

    trace_id: str
    span_id: str
    flags: int = _SAMPLED

    def child(self) -> "TraceParent":
        """The next step of the same trace: a new span id, and only the flag that is defined."""
        return replace(self, span_id=random_hex(8), flags=self.flags & _SAMPLED)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"


def new_id() -> str:
    """An identifier of its own (UUID version 7, with dashes)."""
    return ordered_uuid()


def new_ids(count: int) -> list[str]:
    """As many of :func:`new_id`, for messages that come at once."""
    return ordered_uuids(count)


def next_steps(parent: TraceParent | None, count: int) -> list[str]:
    """Headers of the next step of a trace, for each of several messages.

    :param parent: the step before; without one, each is the first step of a trace of its own
    """
    if parent is None:
        traces = random_hexes(16, count)
        spans = random_hexes(8, count)
        return [f"00-{trace}-{span}-01" for trace, span in zip(traces, spans, strict=True)]
    flags = f"{parent.flags & _SAMPLED:02x}"
    return [f"00-{parent.trace_id}-{span}-{flags}" for span in random_hexes(8, count)]


def new_traceparent() -> TraceParent:
    """The first step of a new trace."""
    return TraceParent(random_hex(16), random_hex(8))


def parse_traceparent(value: str | None) -> TraceParent | None:
    """Read a ``traceparent`` header; ``None`` if it is absent or invalid.

    As W3C Trace Context 3.2.2 and 4.3 demand: lower-case hex only, no all-zero ids, version
    ``ff`` refused, version ``00`` without anything behind the flags, higher versions read as
    far as this one goes.
    """
    if not value or len(value) > _MAX_TRACEPARENT:
        return None
    match = _TRACEPARENT.fullmatch(value)
    if not match or match["version"] == "ff":
        return None
    if match["version"] == "00" and match["rest"] is not None:
        return None
    if not int(match["trace_id"], 16) or not int(match["span_id"], 16):
        return None
    return TraceParent(match["trace_id"], match["span_id"], int(match["flags"], 16))


def accept_correlation_id(value: str | None) -> str | None:
    """A partner's correlation id if it is fit to be adopted, else ``None``.

    1 to 128 characters out of letters, digits and ``. _ : / + = @ -``, the first one a letter
    or digit: it will stand in headers, logs and searches, where anything else could be abused.
    """
    value = (value or "").strip()
    return value if _CORRELATION_ID.fullmatch(value) else None
