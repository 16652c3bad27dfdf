# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which messages an interface takes, and what is said of the others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..hl7.charsets import ASCII
from ..hl7.errors import Condition, Hl7Error, Place
from ..hl7.header import Header
from ..hl7.limits import DEFAULT, Limits
from .counters import Reason

#: Orders of supplies and of other things than services: their answers tell what was made of them.
ORDERS: Final = frozenset({"OMS", "OMN"})


class Environment(StrEnum):
    """Processing ids (table 0103)."""

    PRODUCTION = "P"
    TRAINING = "T"
    DEBUGGING = "D"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an interface says about the messages that it takes.

    :ivar processing: ids of MSH-11 that are those of its environment
    :ivar charset: what messages are in that do not say (table 0211)
    :ivar application: who we are in MSH-5; empty: whoever is addressed
    :ivar handled: whether every answer says what became of its message
    :ivar handled_types: types (MSH-9.1) of which it does even if others do not
    :ivar rows: whether the answer to a master file that asks for one of each entry (MFI-6) waits
    :ivar rejects_conflicts: whether an id that comes again with another content is refused
    """

    processing: frozenset[str] = frozenset(Environment)
    charset: str = ASCII
    application: str = ""
    facility: str = ""
    handled: bool = False
    handled_types: frozenset[str] = frozenset()
    rows: bool = False
    rejects_conflicts: bool = False
    limits: Limits = DEFAULT

    def tells(self, type_: str | None) -> bool:
        """Whether the answer to a message of a type, such as OMS^O05, waits for its handling."""
        return self.handled or (type_ or "").partition("^")[0] in self.handled_types


class NotForUs(Hl7Error):
    """A message that is whole, and that this interface must not take."""

    reason = Reason.ENVIRONMENT


class Misaddressed(NotForUs):
    """A message for another receiver."""

    reason = Reason.RECEIVER


def check(header: Header, rules: Rules) -> None:
    """:raises Hl7Error: the message is not for us, or not of a kind that can be told apart."""
    if header.version.split(".")[0] != "2":
        raise Hl7Error(
            "the version is none of HL7 v2",
            Place("MSH", field=12),
            code="hl7_version",
            condition=Condition.UNSUPPORTED_VERSION,
        )
    if not header.processing_id:
        raise Hl7Error(
            "the processing id is missing. Ask the partner to send P, T or D",
            Place("MSH", field=11),
            code="hl7_required",
            condition=Condition.REQUIRED_FIELD,
        )
    if header.processing_id not in rules.processing:
        raise NotForUs(
            f"this system takes messages with {' or '.join(sorted(rules.processing))}. "
            "Ask whether the message was meant for another environment",
            Place("MSH", field=11),
            code="hl7_environment",
            condition=Condition.UNSUPPORTED_PROCESSING,
        )
    for number, wanted, found in (
        (5, rules.application, header.receiving_application),
        (6, rules.facility, header.receiving_facility),
    ):
        if wanted and found and wanted.casefold() != found.casefold():
            raise Misaddressed(
                "the message is addressed to another receiver. Ask the partner to send it there",
                Place("MSH", field=number),
                code="hl7_receiver",
                condition=Condition.TABLE_VALUE,
            )
