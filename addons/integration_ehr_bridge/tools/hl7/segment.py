# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One segment: its text, parted when somebody asks for a field, and written as it was read.

Fields are counted as the standard counts them: the first one behind the name is 1, except in MSH,
FHS and BHS, whose field 1 is the separator behind the name (chapter 2, section 2.15.9.1).
"""

from collections.abc import Sequence
from typing import Final

from . import escapes
from .delimiters import HEADERS, Delimiters
from .errors import PathFault, Place
from .limits import DEFAULT, Limits

#: A field of HL7 null, which deletes a value; an absent one leaves it (chapter 2, section 2.5.3).
#: Plain text is ``""`` in the message and empty here; what is absent is None.
NULL: Final = ""
_NULL_RAW: Final = '""'

#: A component: its text, or the texts of its subcomponents if there are several.
Component = str | list[str]
#: The repetitions of a field, and their components.
Tree = Sequence[Sequence[Component]]


class Segment:
    """A segment of a message.

    :ivar name: its three characters
    :ivar end: the line end behind it, as it was read
    """

    __slots__ = ("_codec", "_fields", "_marks", "_text", "end", "name")

    def __init__(self, text: str, marks: Delimiters, codec: str = "ascii", end: str = "\r") -> None:
        self.name = text[:3]
        self.end = end
        self._text: str | None = text
        self._fields: list[str] | None = None
        self._marks = marks
        self._codec = codec

    @property
    def text(self) -> str:
        """The raw text without its line end."""
        if self._text is None:
            fields = self._raw_fields()
            if self.name in HEADERS:
                self._text = self.name + self._marks.field + self._marks.field.join(fields[2:])
            else:
                self._text = self._marks.field.join(fields)
        return self._text

    @property
    def is_header(self) -> bool:
        """Whether its first two fields are the delimiters."""
        return self.name in HEADERS

    @property
    def is_plain(self) -> bool:
        """Whether all of its text is ASCII without NUL and without escapes."""
        text = self.text
        if self.name in HEADERS:
            text = text[4 + len(self._marks.encoding) :]
        return text.isascii() and "\0" not in text and self._marks.parting[3] not in text

    def _raw_fields(self) -> list[str]:
        """The name and the fields, by their numbers."""
        fields = self._fields
        if fields is None:
            fields = (self._text or "").split(self._marks.field)
            if self.name in HEADERS:
                fields.insert(1, self._marks.field)
            self._fields = fields
        return fields

    # -- reading ---------------------------------------------------------------------------

    def raw(
        self,
        field: int,
        repetition: int | None = None,
        component: int | None = None,
        subcomponent: int | None = None,
    ) -> str | None:
        """The text as it stands in the message; None if it is absent.

        What is left out at the end is not parted: ``raw(3)`` is the field with all repetitions.
        """
        fields = self._raw_fields()
        text = fields[field] if field < len(fields) else ""
        if not text or (field < 3 and self.name in HEADERS):
            return text or None
        marks = self._marks
        if repetition or component:
            text = _part(text, marks.repetition, repetition or 1)
            if component:
                text = _part(text, marks.component, component)
                if subcomponent:
                    text = _part(text, marks.subcomponent, subcomponent)
        return text or None

    def value(
        self, field: int, repetition: int = 1, component: int = 1, subcomponent: int = 1
    ) -> str | None:
        """The plain text of one value; empty for null, None if it is absent."""
        fields = self._fields or self._raw_fields()
        whole = fields[field] if field < len(fields) else ""
        if not whole:
            return None
        if repetition == component == subcomponent == 1 and self._is_single(whole):
            return whole
        text = self.raw(field, repetition, component, subcomponent)
        if text is None or (field < 3 and self.name in HEADERS):
            return text
        return self.plain(text)

    def _is_single(self, text: str) -> bool:
        """Whether the text of a field is one value that stands for itself, as most are."""
        component, repetition, subcomponent, escape = self._marks.parting
        return not (
            component in text
            or repetition in text
            or subcomponent in text
            or escape in text
            or text == _NULL_RAW
        )

    def plain(self, text: str) -> str | None:
        """The plain text of raw text that is not to be parted."""
        if not text:
            return None
        if text == _NULL_RAW:
            return NULL
        escape = self._marks.escape
        if escape and escape in text:
            return escapes.unescape(text, self._marks, self._codec)
        return text

    def repetitions(self, field: int) -> list[str]:
        """The raw repetitions of a field; none if it is absent."""
        text = self.raw(field)
        if text is None:
            return []
        if (field < 3 and self.name in HEADERS) or not self._marks.repetition:
            return [text]
        return text.split(self._marks.repetition)

    def tree(self, field: int) -> Tree:
        """All values of one field, as in :meth:`trees`."""
        text = self.raw(field)
        if text is None:
            return ()
        return ((text,),) if field < 3 and self.name in HEADERS else self._tree(text)

    def trees(self) -> list[Tree]:
        """All values of all fields, by their numbers; the first one is the name.

        Absent fields have no repetitions. Texts are plain, but here an empty one is absent, and
        null is still its two quotes.
        """
        fields = self._fields or self._raw_fields()
        text = self._text or self.text
        component, repetition, subcomponent, escape = self._marks.parting
        start: list[Tree] | None = None
        if self.name in HEADERS:
            start = [((text,),) for text in fields[:3]]
            fields, text = fields[3:], text[4 + len(fields[2]) :]
        # What a segment does not hold anywhere need not be looked for in each field, and a call
        # for each field would cost more than parting it.
        if subcomponent in text or escape in text:
            tree = self._tree
            found: list[Tree] = [
                ()
                if not t
                else (t.split(component),)
                if repetition not in t and subcomponent not in t and escape not in t
                else tree(t)
                for t in fields
            ]
        elif repetition in text:
            found = [
                ()
                if not t
                else (t.split(component),)
                if repetition not in t
                else [one.split(component) for one in t.split(repetition)]
                for t in fields
            ]
        else:
            found = [(t.split(component),) if t else () for t in fields]
        return start + found if start else found

    def _tree(self, text: str) -> Tree:
        component, repetition, subcomponent, escape = self._marks.parting
        if repetition not in text and subcomponent not in text and escape not in text:
            return (text.split(component),)
        if subcomponent in text or escape in text:
            part = self._component if escape in text else _parted
            return [
                [part(component_, subcomponent) for component_ in one.split(component)]
                for one in text.split(repetition)
            ]
        return [one.split(component) for one in text.split(repetition)]

    def _component(self, text: str, subcomponent: str) -> Component:
        """The plain text of a component, or those of its subcomponents."""
        if subcomponent not in text:
            return self._unescaped(text)
        return [self._unescaped(part) for part in text.split(subcomponent)]

    def _unescaped(self, text: str) -> str:
        plain = escapes.unescape(text, self._marks, self._codec)
        # Quotes that were escaped are text. They stay so, as they would mean null otherwise.
        return text if plain == _NULL_RAW else plain

    def has_subcomponents(self, place: Place) -> bool:
        """Whether a component has more than one subcomponent."""
        text = self.raw(place.field or 0, place.repetition, place.component) or ""
        return bool(self._marks.subcomponent) and self._marks.subcomponent in text

    # -- writing ---------------------------------------------------------------------------

    def set_value(self, value: str | None, place: Place, limits: Limits = DEFAULT) -> None:
        """Write plain text; see :meth:`set_raw`. Empty text is null, None takes the value away."""
        if value is None:
            raw = ""
        elif value == NULL:
            raw = _NULL_RAW
        else:
            raw = escapes.escape(value, self._marks, self._codec, place)
        self.set_raw(raw, place, limits)

    def set_raw(self, raw: str, place: Place, limits: Limits = DEFAULT) -> None:
        """Replace what is at a place by raw text, and make what is missing before it.

        :param place: its segment and occurrence only serve the errors
        :raises PathFault: the place cannot be written, or the text would break out of it.
        """
        field = place.field or 0
        self._check(raw, place, limits)
        fields = self._raw_fields()
        if field >= len(fields):
            fields.extend([""] * (field + 1 - len(fields)))
        marks = self._marks
        levels = []
        if place.repetition or place.component:
            levels.append((marks.repetition, place.repetition or 1))
        if place.component:
            levels.append((marks.component, place.component))
        if place.subcomponent:
            levels.append((marks.subcomponent, place.subcomponent))
        fields[field] = _replaced(fields[field], levels, raw)
        self._text = None

    def _check(self, raw: str, place: Place, limits: Limits) -> None:
        field, marks = place.field or 0, self._marks
        if field < (3 if self.is_header else 1):
            raise PathFault("the delimiters of a message are chosen when it is made", place)
        too_far = (
            field > limits.fields
            or (place.repetition or 1) > limits.repetitions
            or max(place.component or 1, place.subcomponent or 1) > limits.components
        )
        if too_far:
            raise PathFault("the number is beyond the limits", place)
        forbidden = marks.field + "\r\n\x0b\x1c"
        forbidden += marks.repetition if place.repetition or place.component else ""
        forbidden += marks.component if place.component else ""
        forbidden += marks.subcomponent if place.subcomponent else ""
        if any(mark in raw for mark in forbidden):
            raise PathFault("the raw text holds a delimiter that is not its own", place)
        parts = (
            (place.repetition, marks.repetition, "repetitions"),
            (place.component, marks.component, "components"),
            (place.subcomponent, marks.subcomponent, "subcomponents"),
        )
        for number, mark, kind in parts:
            if (number or 1) > 1 and not mark:
                raise PathFault(f"the message declares no delimiter of {kind}", place)


def _parted(text: str, mark: str) -> Component:
    return text.split(mark) if mark in text else text


def _part(text: str, mark: str, number: int) -> str:
    """A part by its number; empty if there are not so many."""
    if not mark or mark not in text:
        return text if number == 1 else ""
    parts = text.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""


def _replaced(text: str, levels: list[tuple[str, int]], raw: str) -> str:
    """The text with one of its parts replaced, level by level."""
    if not levels:
        return raw
    (mark, number), *deeper = levels
    parts = text.split(mark) if mark else [text]
    parts.extend([""] * (number - len(parts)))
    parts[number - 1] = _replaced(parts[number - 1], deeper, raw)
    return mark.join(parts)
