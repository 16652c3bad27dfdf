# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an interface expects of its partner's acknowledgements, and what it makes of them.

Original mode (MSH-15 and MSH-16 empty): one answer, AA, AE or AR. Enhanced mode: CA, CE or CR tells
whether the partner has stored the message, if MSH-15 asks for it; AA, AE or AR tells later what
became of it, if MSH-16 does (chapter 2, section 2.9.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from odoo.addons.integration_core.tools import errors

from . import answers
from .answers import QUARANTINE, Answer

#: How an interface wants to be acknowledged: MSH-15 and MSH-16.
MODES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "original": ("", ""),
        "stored": ("AL", "NE"),
        "stored_handled": ("AL", "AL"),
        "stored_errors": ("AL", "ER"),
        "stored_success": ("AL", "SU"),
        "handled": ("NE", "AL"),
        "nothing": ("NE", "NE"),
    }
)
RESEND: Final = "resend"
HOLD: Final = "hold"
QUERY: Final = "query"


@dataclass(frozen=True, slots=True)
class Expectations:
    """The terms of one interface.

    :ivar mode: one of :data:`MODES`
    :ivar deadline: seconds within which the partner tells what it made of what it stored
    :ivar on_error: what AE and CE mean, see :func:`.answers.verdict`
    :ivar on_reject: what AR and CR mean
    :ivar on_silence: what a missing acknowledgement means: :data:`RESEND` (by the retry plan, under
        the same control id), :data:`HOLD` (a person asks the partner), :data:`QUERY` (one immediate
        repetition, and then a person)
    """

    mode: str = "original"
    deadline: float = 300.0
    on_error: str = QUARANTINE
    on_reject: str = QUARANTINE
    on_silence: str = RESEND

    @property
    def waits_for_answer(self) -> bool:
        """Whether an answer comes on the connection before anything else is sent."""
        return MODES[self.mode][0] != "NE"

    @property
    def waits_for_handling(self) -> float | None:
        """For how many seconds more a message waits that the partner has stored, if it does."""
        return self.deadline if MODES[self.mode][1] in ("AL", "SU", "ER") else None

    def error_of(self, code: str, detail: str) -> errors.IntegrationError | None:
        """What an answer means; ``None`` if the partner took the message."""
        return answers.verdict(code, detail, self.on_error, self.on_reject)

    def is_final(self, answer: Answer | None) -> bool:
        """Whether nothing more is to be said: also in the enhanced mode, many a receiver tells at
        once what it made of a message, and stops there."""
        if answer is not None and answer.code == answers.HANDLED:
            return True
        return self.waits_for_handling is None

    def silence(self) -> errors.IntegrationError | None:
        """What it means that handling was not acknowledged in time; ``None``: it was good news that
        need not be told."""
        if MODES[self.mode][1] == "ER":
            return None
        return self.unknown(
            errors.UnknownOutcomeError(
                "The partner stored the message, and did not tell in time what it made of it.",
                code="hl7_unhandled",
            )
        )

    def unknown(self, error: errors.UnknownOutcomeError) -> errors.UnknownOutcomeError:
        """An unknown outcome with what is to become of it: it is sent again, or a person asks."""
        error.asks = self.on_silence != RESEND
        return error
