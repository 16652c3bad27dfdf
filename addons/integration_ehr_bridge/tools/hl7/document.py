# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The JSON form of a message, which mappings and contracts work with, and the way back.

.. code-block:: json

    {"type": "ADT", "trigger": "A01", "version": "2.5.1",
     "segments": [{"id": "MSH", "f1": "|", "f2": "^~\\\\&", "f9": [{"c1": "ADT", "c2": "A01"}]},
                  {"id": "PID", "f3": [{"c1": "4711", "c4": "HOSP", "c4s2": "1.2.3", "c5": "MR"}],
                   "f8": [{"c1": "F"}], "f19": [{"c1": ""}]}],
     "PID": [{"id": "PID", "f3": "…"}],
     "groups": {"ORC": [{"ORC": ["…"], "RQD": ["…", "…"]}]}}

* ``segments`` has all segments in order; each is also in the list with its name, so that a mapping
  says ``PV1[0].f3[0].c4`` for PV1-3.4 and ``PID[0].f3[?c5=='MR'].c1 | [0]`` for the record number.
* A field is always a list of its repetitions, a repetition always an object: that a sender repeats
  a field, or adds a component, changes nothing for what a mapping already reads. For the same
  reason ``c4`` is the first subcomponent, and further ones are beside it: ``c4s2``.
* What is absent is not there, so that it is null to a mapping; HL7 null (``""``, delete the value)
  is empty text.
* ``groups`` has, by the segment that begins them, the groups of :mod:`.groups`: the items of an
  order are ``item.RQD`` of a mapping's section with the source ``groups.ORC``.
* Texts are plain (:mod:`.escapes`). Only MSH-1 and MSH-2 are bare texts.

On the way back ``segments`` is read, and nothing else but what it names: a list within it is taken
for its items, and ``{"insert": "charges"}`` for the list ``charges`` of the document, which a
section of a mapping made. A repetition may be a plain text or whole number, and a field one
repetition without a list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from . import delimiters
from .charsets import ASCII
from .delimiters import HEADERS, STANDARD, Delimiters
from .errors import Hl7Error, Place
from .groups import groups
from .limits import DEFAULT, MAX_COMPONENTS, Limits
from .message import Message, create
from .segment import Component, Segment

_FIELD: Final = re.compile(r"f([1-9]\d{0,3})")
_PART: Final = re.compile(r"c([1-9]\d{0,3})(?:s([1-9]\d{0,3}))?")
#: Names of components by their numbers, as many as limits allow.
_COMPONENTS: Final = tuple(f"c{number}" for number in range(1, MAX_COMPONENTS + 1))
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def view(message: Message) -> dict[str, Any]:
    """The JSON form of a message.

    :raises Hl7Error: ``hl7_unstorable``: a text holds NUL, or bytes that are not of the character
        set, which neither JSON nor the database can hold.
    """
    header = message.header
    document: dict[str, Any] = {
        "type": header.value(9) or "",
        "trigger": header.value(9, 1, 2) or message.get("EVN-1") or "",
        "version": header.value(12) or "",
    }
    segments = []
    for segment in message:
        named = document.setdefault(segment.name, [])
        viewed = _segment(segment, len(named) + 1)
        named.append(viewed)
        segments.append(viewed)
    document["segments"] = segments
    document["groups"] = {
        anchor: [_group(segments, numbers) for numbers in found]
        for anchor, found in groups(message.segments).items()
    }
    return document


def _group(segments: list[dict[str, Any]], numbers: list[int]) -> dict[str, list[dict[str, Any]]]:
    group: dict[str, list[dict[str, Any]]] = {}
    for number in numbers:
        group.setdefault(segments[number]["id"], []).append(segments[number])
    return group


def _segment(segment: Segment, occurrence: int) -> dict[str, Any]:
    viewed: dict[str, Any] = {"id": segment.name}
    trees = segment.trees()
    start = 1
    if segment.is_header:
        start = 3
        viewed["f1"], viewed["f2"] = (tree[0][0] for tree in trees[1:3])
    for number, tree in enumerate(trees[start:], start):
        if not tree:
            continue
        text = tree[0][0]
        if len(tree) == 1 and len(tree[0]) == 1 and isinstance(text, str):
            viewed[f"f{number}"] = [{"c1": text if text != '""' else ""}]
            continue
        repetitions = [_repetition(components) for components in tree]
        if any(repetitions):
            viewed[f"f{number}"] = repetitions
    if not segment.is_plain:
        _check(viewed, segment.name, occurrence)
    return viewed


def repetitions(segment: Segment, field: int) -> list[dict[str, str]]:
    """The repetitions of one field, as :func:`view` has them."""
    return [_repetition(components) for components in segment.tree(field)]


def _repetition(components: Sequence[Component]) -> dict[str, str]:
    found = {}
    for name, component in zip(_COMPONENTS, components, strict=False):
        if not component:
            continue
        if isinstance(component, str):
            found[name] = component if component != '""' else ""
            continue
        for sub, text in enumerate(component, 1):
            if text:
                found[name if sub == 1 else f"{name}s{sub}"] = text if text != '""' else ""
    return found


def _check(viewed: dict[str, Any], name: str, occurrence: int) -> None:
    for member, field in viewed.items():
        for repetition in field if isinstance(field, list) else ():
            if any(map(_UNSTORABLE.search, repetition.values())):
                raise Hl7Error(
                    "the text holds NUL, or bytes that are not in the character set of the message",
                    Place(name, occurrence, int(member[1:])),
                    code="hl7_unstorable",
                )


# -- the way back --------------------------------------------------------------------------


def build(document: Mapping[str, Any], limits: Limits = DEFAULT) -> Message:
    """The message of a JSON form. Segments and values are written as they come.

    The first segment is MSH; its delimiters are the standard's unless it names others, and its
    character set is that of MSH-18.

    :raises Hl7Error: ``hl7_document``: it is no JSON form of a message; with the place.
    """
    items = list(_items(document, document.get("segments")))
    if not items or items[0].get("id") != "MSH":
        raise _wrong("the first of the segments is MSH")
    message = _empty(items[0], limits)
    _write(message.header, items[0], Place("MSH", 1), limits)
    _append(message, items[1:])
    return message


def append(message: Message, document: Mapping[str, Any]) -> None:
    """Add the segments of a JSON form to a message, in its delimiters and its character set.

    :param document: its segments without a header
    :raises Hl7Error: as of :func:`build`
    """
    _append(message, list(_items(document, document.get("segments"))))


def _append(message: Message, items: Sequence[Mapping[str, Any]]) -> None:
    if len(message) + len(items) > message.limits.segments:
        raise _wrong(f"there are more than {message.limits.segments} segments")
    for item in items:
        name = item.get("id")
        if not isinstance(name, str) or len(name) != 3:
            raise _wrong("each segment has its name, three characters, in id")
        if name in HEADERS:
            raise _wrong("a message has one header", Place(name))
        segment = message.append(name)
        _write(segment, item, Place(name, len(message.all(name))), message.limits)


def _items(document: Mapping[str, Any], listed: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The segments of a list, those of lists within it and of inserted ones included."""
    if not isinstance(listed, list) or depth > 4:
        raise _wrong("the segments are a list")
    for item in listed:
        if isinstance(item, list):
            yield from _items(document, item, depth + 1)
        elif not isinstance(item, Mapping):
            raise _wrong("each segment is an object")
        elif "insert" in item:
            yield from _items(document, document.get(str(item["insert"])), depth + 1)
        else:
            yield item


def _empty(header: Mapping[str, Any], limits: Limits) -> Message:
    """A message with the delimiters and the character set of its header."""
    marks = _marks(header.get("f1"), header.get("f2"))
    charset = header.get("f18")
    while isinstance(charset, list) and charset:
        charset = charset[0]
    if isinstance(charset, Mapping):
        charset = charset.get("c1")
    message = create(marks, charset=ASCII, limits=limits)
    if isinstance(charset, str) and charset:
        message = create(marks, charset=charset, limits=limits)
    return message


def _marks(field: Any, encoding: Any) -> Delimiters:
    if field is None and encoding is None:
        return STANDARD
    if not isinstance(field, str) or not isinstance(encoding, str):
        raise _wrong("the delimiters are two texts, f1 and f2", Place("MSH", field=1))
    return delimiters.declared(field, encoding)


def _write(segment: Segment, item: Mapping[str, Any], place: Place, limits: Limits) -> None:
    for name, content in item.items():
        found = _FIELD.fullmatch(name)
        if not found:
            if name == "id":
                continue
            raise _wrong("the members of a segment are id and fields such as f3", place)
        number = int(found[1])
        if content is None or (number < 3 and segment.is_header):
            continue
        at = Place(place.segment, place.occurrence, number)
        for repetition, parts in enumerate(content if isinstance(content, list) else [content], 1):
            _write_repetition(segment, parts, at, repetition, limits)


def _write_repetition(
    segment: Segment, parts: Any, field: Place, repetition: int, limits: Limits
) -> None:
    parts = parts if isinstance(parts, Mapping) else {"c1": parts}
    at = Place(field.segment, field.occurrence, field.field, repetition)
    if not parts and repetition > 1:
        segment.set_raw("", at, limits)  # an empty one keeps its number
    for name, text in parts.items():
        found = _PART.fullmatch(name)
        if not found:
            raise _wrong("the members of a repetition are components such as c1 or c4s2", at)
        if text is None:
            continue
        if isinstance(text, bool) or not isinstance(text, str | int):
            raise _wrong("a value is text or a whole number; write others as text", at)
        sub = int(found[2]) if found[2] else None
        place = Place(at.segment, at.occurrence, at.field, repetition, int(found[1]), sub)
        _write_value(segment, str(text), place, limits)


def _write_value(segment: Segment, text: str, place: Place, limits: Limits) -> None:
    # The first subcomponent is the component unless further ones were written already.
    if place.subcomponent is None and segment.has_subcomponents(place):
        place = Place(
            place.segment, place.occurrence, place.field, place.repetition, place.component, 1
        )
    segment.set_value(text, place, limits)


def _wrong(message: str, place: Place | None = None) -> Hl7Error:
    text = message if place else f"The JSON form of a message: {message}."
    return Hl7Error(text, place, code="hl7_document")
