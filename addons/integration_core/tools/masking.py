# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The shape of content without the content: what stands where, but no value.

A masked view shows names of members, elements and segments, and the kind of each value. It hides
the values, their lengths and how many items a list has. What cannot be taken apart safely is
shown as nothing but :data:`MASK`: a mask that is too coarse is a nuisance, one too fine is a leak.

Names can be content as well (an object with a member per patient), so a name is shown only if it
looks like one that a programmer chose and if it does not repeat a value of the same content.

:func:`scrub` takes values of content out of a text about it, such as an error message.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

from . import canonical_json

MASK: Final = "•••"

#: Characters that are looked at, lines of a masked view, values that :func:`scrub` looks for.
MAX_CHARS: Final = 200_000
MAX_LINES: Final = 500
MAX_VALUES: Final = 20_000
# A shorter value is part of too many words to be looked for in names and sentences.
_SHORT: Final = 3
_KINDS: Final = {bool: "yes or no", int: "number", Decimal: "number", str: "text"}
#: Letters first, and no more than two digits in a row: identifiers and dates do not pass.
_NAME: Final = re.compile(r"(?!.*\d{3})[A-Za-z_@$][A-Za-z0-9_.:@$-]{0,39}", re.ASCII)
_SEGMENT: Final = re.compile(r"(?=.*[A-Z])[A-Z][A-Z0-9]{2}", re.ASCII)
_WORD: Final = re.compile(r"(?=\w*[A-Z\d])\w{4,}|[A-Z]\w{2}")
_HL7_START: Final = re.compile(r"(MSH|FHS|BHS)([^\w\s])")
#: A place in an HL7 message as sentences name it: ``PV1-19``, ``PID-3[2].1``.
_HL7_PLACE: Final = re.compile(
    r"(?<![\w-])[A-Z][A-Z0-9]{2}-\d{1,2}(?:\[\d{1,3}\])?(?:\.\d{1,2}){0,2}(?![\w-])", re.ASCII
)
#: Characters that nobody writes; they stand for places while values are looked for.
_FIRST_PRIVATE: Final = 0xE000
_MOST_PLACES: Final = 100
#: How an error of a mapping begins (:mod:`.mapping`).
_ITEM: Final = re.compile(r"item \d+ of [\w.]+(?=: )")
_XML_TOKEN: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<![^>]*(?:>|\Z)"
    # No "<" inside of a tag, not even quoted (XML 1.0, 3.1): each try ends at the next one.
    # A name is taken whole or not at all, and no longer than names are: no try ends inside of one.
    r"|<(/?)([^\s<>/=\"']{1,100}(?![^\s<>/=\"']))((?:\"[^\"<]*\"|'[^'<]*'|[^<>\"'])*?)(/?)>",
    re.DOTALL,
)
_XML_END: Final = re.compile(r"(?:</[^<>]{1,99}|/)>\s*\Z")
_ATTRIBUTE: Final = re.compile(r"([^\s=\"'<>/]{1,60})\s{0,9}=\s{0,9}(?:\"[^\"]*\"|'[^']*')")


def mask(raw: bytes) -> str:
    """The shape of ``raw`` (JSON, HL7 v2, XML, or anything else), without a value of it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"{MASK} (not text)"
    if not text.strip():
        return "(empty)"
    if len(text) > MAX_CHARS:
        return f"{MASK} (much text)"
    with suppress(canonical_json.JsonError):
        return mask_json(canonical_json.loads(raw))
    start = text.lstrip("\ufeff\x0b \t\r\n")
    if _HL7_START.match(start):
        return _mask_hl7(start)
    if start.startswith("<") and _XML_END.search(start):
        return _mask_xml(start)
    return f"{MASK} (text)"


def mask_json(value: Any) -> str:
    """The shape of a JSON value, as :func:`.canonical_json.loads` returns it, indented."""
    lines = _cut(_json_lines(value, _Names(leaves(value)), 0))
    return "\n".join(lines)


def _json_lines(value: Any, names: "_Names", level: int) -> Iterator[str]:
    pad = "  " * level
    if isinstance(value, dict) and value:
        yield "{"
        hidden = False
        for name, item in value.items():
            if not names.may_show(name):
                hidden = True
                continue
            inner = _json_lines(item, names, level + 1)
            yield f'{pad}  "{name}": {next(inner)}'
            yield from inner
        if hidden:
            yield f"{pad}  {MASK}"
        yield pad + "}"
    elif isinstance(value, list) and value:
        yield "["
        inner = _json_lines(value[0], names, level + 1)
        yield f"{pad}  {next(inner)}"
        yield from inner
        yield f"{pad}  …"
        yield pad + "]"
    elif isinstance(value, dict | list):
        yield "{}" if isinstance(value, dict) else "[]"
    elif value is None:
        yield "(empty)"
    else:
        yield f"{MASK} ({_KINDS.get(type(value), 'text')})"


def _mask_hl7(text: str) -> str:
    """Segments by name, and which of their fields are filled (HL7 v2.x, chapter 2.5)."""
    separator = _HL7_START.match(text)[2]  # type: ignore[index]  # the caller has matched it
    names = _Names(
        part
        for line in re.split(r"[\r\n]+", text)
        for part in re.split(r"[|^~\\&]", line.replace(separator, "|"))[1:]
    )
    return "\n".join(
        _cut(_hl7_line(line, separator, names) for line in re.split(r"[\r\n]+", text) if line)
    )


def _hl7_line(line: str, separator: str, names: "_Names") -> str:
    name, *fields = line.split(separator)
    if not _SEGMENT.fullmatch(name) or not names.may_show(name):
        return MASK
    return "|".join([name, *(MASK if field else "" for field in fields)])


def _mask_xml(text: str) -> str:
    """Elements and names of attributes. Not parsed: nothing is fetched, expanded or refused."""
    names = _Names(_xml_values(text))
    return "\n".join(_cut(_xml_lines(text, names)))


def _xml_values(text: str) -> Iterator[str]:
    end = 0
    for token in _XML_TOKEN.finditer(text):
        yield text[end : token.start()].strip()
        end = token.end()
        if not token[2]:
            yield token[0][2:-1].strip("-![]? \t\r\n")
            continue
        for value in re.findall(r"\"([^\"]*)\"|'([^']*)'", token[3]):
            yield from value
    yield text[end:].strip()


def _xml_lines(text: str, names: "_Names") -> Iterator[str]:
    end = level = 0
    for token in _XML_TOKEN.finditer(text):
        if text[end : token.start()].strip():
            yield "  " * level + MASK
        end = token.end()
        if not token[2]:
            continue  # comments, instructions, declarations, CDATA
        name = token[2] if names.may_show(token[2]) else MASK
        if token[1]:
            level = max(level - 1, 0)
            yield f"{'  ' * level}</{name}>"
            continue
        attributes = "".join(
            f' {attribute if names.may_show(attribute) else MASK}="{MASK}"'
            for attribute in _ATTRIBUTE.findall(token[3])
        )
        yield f"{'  ' * level}<{name}{attributes}{token[4]}>"
        level += not token[4]
    if text[end:].strip():
        yield MASK


def _cut(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number >= MAX_LINES:
            yield "…"
            return
        yield line


class _Names:
    """Decides which names may be shown beside the values that are hidden."""

    def __init__(self, values: Iterable[str]) -> None:
        found = {value.casefold() for value in values if len(value) >= _SHORT}
        self._values = {value for value in found if len(value) <= 40}

    def may_show(self, name: str) -> bool:
        if not _NAME.fullmatch(name):
            return False
        folded = name.casefold()
        if folded in self._values:
            return False
        # All parts of the name, for a value may be one of its words.
        return not any(
            folded[start:end] in self._values
            for start in range(len(folded))
            for end in range(start + _SHORT, len(folded) + 1)
        )


# -- values out of sentences -------------------------------------------------------------------


def leaves(value: Any) -> Iterator[str]:
    """All texts and numbers in a JSON value as text, without names of members."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield str(value)


def names(value: Any) -> Iterator[str]:
    """Names of all members in a JSON value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from names(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names(item)


def scrub(text: str, *contents: Any) -> str:
    """``text`` with every value of ``contents`` in it replaced by :data:`MASK`.

    Values are replaced wherever they stand alone, and wherever they stand at all when they are
    longer than a short word; so are names of members that do not look like a programmer's.

    :param contents: JSON values, or bytes and text that are no JSON, of which every word counts
    """
    # Which item of a list failed is counted, and said by no content; its number is a value of many.
    item = found[0] if (found := _ITEM.match(text)) else ""
    text, places = _without_places(text[len(item) :], contents)
    folded = text.casefold()
    found = set()
    for content in contents:
        for position, value in enumerate(_scrubbed(content)):
            if position >= MAX_VALUES:
                return MASK  # too much to look for: rather say nothing
            value = value.strip()
            if value and value.casefold() in folded:
                found.add(value)
    for value in sorted(found, key=len, reverse=True):
        pattern = re.escape(value)
        if len(value) <= _SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        # “A” is the value of many a flag, and “a” a word of every sentence.
        flags = re.IGNORECASE if len(value) > 1 else 0
        text = re.sub(pattern, MASK, text, flags=flags)
    for mark, place in places.items():
        text = text.replace(mark, place)
    return item + text


def _without_places(text: str, contents: Iterable[Any]) -> tuple[str, dict[str, str]]:
    """A text about HL7 with a mark for each place that it names, and the places by their marks.

    The numbers of fields are values of any message. What the content itself holds is no place.
    """
    messages = [found for content in contents if (found := _hl7_text(content))]
    places: dict[str, str] = {}
    if not messages:
        return text, places

    def marked(found: re.Match[str]) -> str:
        if len(places) >= _MOST_PLACES or any(found[0] in message for message in messages):
            return found[0]
        mark = chr(_FIRST_PRIVATE + len(places))
        places[mark] = found[0]
        return mark

    return _HL7_PLACE.sub(marked, text), places


def _hl7_text(content: Any) -> str:
    """Content as text if it is HL7 v2, else nothing."""
    if not isinstance(content, bytes):
        return ""
    text = content.decode("utf-8", "replace").lstrip("\ufeff\x0b \t\r\n")
    return text if _HL7_START.match(text) else ""


def _scrubbed(content: Any) -> Iterator[str]:
    if hl7 := _hl7_text(content):
        # Names of segments tell nothing, and sentences have to name them. A message chooses its
        # delimiters: they follow the name of its header.
        delimiters = re.escape(hl7[3:8])
        for line in re.split(r"[\r\n]+", hl7):
            yield from re.split(rf"[\s|^~\\&<>\"'=;,:{delimiters}]+", line[3:])
        return
    if isinstance(content, bytes):
        try:
            content = canonical_json.loads(content)
        except canonical_json.JsonError:
            content = content.decode("utf-8", "replace")
        if isinstance(content, str):
            yield from re.split(r"[\s|^~\\&<>\"'=;,:]+", content)
            return
    for value in leaves(content):
        yield value
        # "Jane Doe" may be quoted as "Doe, Jane". What is written small is no name.
        yield from _WORD.findall(value) if len(value) <= 200 else ()
    yield from (name for name in names(content) if not _NAME.fullmatch(name))
