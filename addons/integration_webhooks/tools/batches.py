"""One request, many messages: JSON arrays and batches of CloudEvents.

The items are cut out of the body as they stand there, byte for byte, so that what is stored is what
came. Nothing is judged here: an item that breaks its contract is put aside by itself, later.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Content type of a batch of CloudEvents, and that of one of its items.
BATCH_TYPE: Final = "application/cloudevents-batch+json"
EVENT_TYPE: Final = "application/cloudevents+json"
#: Longest id that is stored as it is.
MAX_ID: Final = 255

_BOM: Final = "\ufeff"
_SPACE: Final = " \t\n\r"
# Only ids are read of what is decoded, so a number may stay what it was: text.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


class TooManyItems(ValueError):
    """The array has more items than the receiver takes at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """One item: its bytes, and its value for reading an id out of it (numbers are text)."""

    raw: bytes = field(repr=False)
    value: Any = field(repr=False)


def split(body: bytes, limit: int) -> list[Part] | None:
    """The items of a JSON array.

    :param limit: most items
    :return: ``None`` when the body is no JSON array; it is one message then, good or bad
    :raises TooManyItems: there are more than ``limit``
    """
    try:
        text = body.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError:
        return None
    start = _skip(text, 0)
    if text[start : start + 1] != "[":
        return None
    try:
        return _items(text, start + 1, limit)
    except TooManyItems:
        raise
    except (ValueError, RecursionError):
        return None  # a malformed array is one malformed message


def _items(text: str, position: int, limit: int) -> list[Part] | None:
    parts: list[Part] = []
    position = _skip(text, position)
    if text[position : position + 1] == "]":
        return parts if _ends(text, position + 1) else None
    while True:
        value, end = _DECODER.raw_decode(text, position)
        if len(parts) >= limit:
            raise TooManyItems
        parts.append(Part(text[position:end].encode(), value))
        position = _skip(text, end)
        mark = text[position : position + 1]
        if mark == "]":
            return parts if _ends(text, position + 1) else None
        if mark != ",":
            return None
        position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _ends(text: str, position: int) -> bool:
    return _skip(text, position) == len(text)


def event_id(value: Any) -> str | None:
    """What names a CloudEvent for good: its source and its id; ``None`` if it has none."""
    if not isinstance(value, Mapping):
        return None
    source, name = value.get("source"), value.get("id")
    if not isinstance(source, str) or not isinstance(name, str) or not source or not name:
        return None
    if " " in source:
        return None  # no URI reference; and no two pairs are to look alike
    return clean_id(f"{source} {name}")


def scalar_id(found: Any) -> str | None:
    """An id out of a value that an expression found: a text or a number that is not empty."""
    if isinstance(found, bool) or not isinstance(found, (str, int)) or found == "":
        return None
    return clean_id(str(found))


def clean_id(text: str) -> str:
    """An id as it may be stored: what is long or unprintable is replaced by its digest."""
    if len(text) <= MAX_ID and text.isprintable():
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256-id:{digest}"


def ids(
    parts: list[Part], find: Callable[[Any], str | None], fallback: str | None
) -> list[str | None]:
    """An id for each part: its own, or its place in a request that has an id.

    :param find: reads the id of a part out of its value
    :param fallback: the sender's id of the whole request, the same on every retry
    """
    return [
        find(part.value) or (clean_id(f"{fallback}/{number}") if fallback else None)
        for number, part in enumerate(parts)
    ]
