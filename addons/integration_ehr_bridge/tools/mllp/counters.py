# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What operators see of a listener: counts, moments and addresses, and no content."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a connection or a frame was refused."""

    ADDRESS = "address"  #: not in the networks of the interface
    CONNECTIONS = "connections"  #: more at once than allowed
    TLS = "tls"  #: no handshake: no TLS, an old version, or no certificate that we trust
    CERTIFICATE = "certificate"  #: a trusted certificate that is none of those agreed on
    IDLE = "idle"  #: nothing came for too long
    GARBAGE = "garbage"  #: bytes outside of frames
    TRUNCATED = "truncated"  #: a frame that did not end
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"  #: a frame that holds no message, or no header that can be used
    ENVIRONMENT = "environment"  #: of production in a test system, or the other way round
    RECEIVER = "receiver"  #: addressed to somebody else
    ABANDONED = "abandoned"  #: not taken: an earlier one of its connection could not be stored
    UNSTORED = "unstored"  #: the database could not store it in time


@dataclass(slots=True)
class Refusal:
    """Refusals of one kind since they were last taken.

    :ivar address: of the last one
    """

    count: int = 0
    last_at: datetime | None = None
    address: str = ""


@dataclass(slots=True)
class Tally:
    """What one interface has seen in this process. Used from its event loop only.

    :ivar messages: acknowledged since the process began
    :ivar last_at: of the last one
    """

    connections: int = 0
    messages: int = 0
    last_at: datetime | None = None
    refusals: dict[Reason, Refusal] = field(default_factory=dict)

    def refuse(self, reason: Reason, address: str = "") -> None:
        """Count a refusal."""
        refusal = self.refusals.setdefault(reason, Refusal())
        refusal.count += 1
        refusal.last_at = datetime.now(UTC)
        refusal.address = address

    def acknowledge(self, count: int = 1) -> None:
        """Count what was stored and answered."""
        self.messages += count
        self.last_at = datetime.now(UTC)

    def take_refusals(self) -> dict[Reason, Refusal]:
        """The refusals since the last time, which whoever takes them keeps."""
        found, self.refusals = self.refusals, {}
        return found
