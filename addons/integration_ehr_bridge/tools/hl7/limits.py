# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How large a message may be, checked before anything is done with it."""

from dataclasses import dataclass
from typing import Final

from .delimiters import Delimiters
from .errors import LimitFault, Place

#: Most components that limits may allow.
MAX_COMPONENTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Most of each that is read or written.

    :ivar size: bytes of a message, or of a batch
    :ivar messages: of a batch: each is read, stored and answered, however short it is
    :ivar fields: of one segment
    :ivar repetitions: of one field
    :ivar components: of one field's repetition, and subcomponents of one component
    """

    size: int = 1024 * 1024
    messages: int = 1_000
    segments: int = 10_000
    fields: int = 500
    repetitions: int = 1_000
    components: int = 500

    def __post_init__(self) -> None:
        if self.components > MAX_COMPONENTS:
            raise ValueError(f"at most {MAX_COMPONENTS} components can be allowed")

    def check_size(self, size: int) -> None:
        """:raises LimitFault: more bytes than allowed."""
        if size > self.size:
            raise LimitFault(
                f"The message has {size} bytes, and {self.size} are allowed. Raise the limit of "
                "the interface, or ask the partner to send less in one message."
            )

    def check_parts(self, lines: list[str], marks: Delimiters) -> None:
        """Check the parts of a whole message.

        :raises LimitFault: with the segment and field.
        """
        if len(lines) > self.segments:
            raise LimitFault(
                f"The message has {len(lines)} segments, and {self.segments} are allowed."
            )
        # A segment has no more parts than characters: most are too short to have too many.
        longest = max(map(len, lines), default=0)
        if longest < min(self.fields, self.repetitions, self.components):
            return
        seen: dict[str, int] = {}
        smallest = min(self.fields, self.repetitions, self.components)
        for line in lines:
            name = line[:3]
            seen[name] = seen.get(name, 0) + 1
            if len(line) >= smallest:
                self.check_segment(line, marks, Place(name, seen[name]))

    def check_segment(self, line: str, marks: Delimiters, place: Place) -> None:
        """:raises LimitFault: with the field of a segment that has too many parts."""
        if line.count(marks.field) > self.fields:
            raise LimitFault(f"more than {self.fields} fields", place)
        # Long text, such as a document, is counted as a whole first.
        parting = (marks.repetition, marks.component, marks.subcomponent)
        if max(line.count(mark or "\r") for mark in parting) < min(
            self.repetitions, self.components
        ):
            return
        for number, field in enumerate(line.split(marks.field)):
            # What follows MSH are the delimiters themselves, which are few.
            at = Place(place.segment, place.occurrence, number)
            if marks.repetition and field.count(marks.repetition) >= self.repetitions:
                raise LimitFault(f"more than {self.repetitions} repetitions", at)
            self._check_components(field, marks, at)

    def _check_components(self, field: str, marks: Delimiters, place: Place) -> None:
        for repetition in field.split(marks.repetition) if marks.repetition else (field,):
            components = repetition.split(marks.component) if marks.component else (repetition,)
            if len(components) > self.components:
                raise LimitFault(f"more than {self.components} components", place)
            for component in components:
                if component.count(marks.subcomponent or "\r") >= self.components:
                    raise LimitFault(f"more than {self.components} subcomponents", place)


DEFAULT: Final = Limits()
