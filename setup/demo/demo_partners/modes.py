"""The ways in which Flaky Logistics fails. No input or output."""

from dataclasses import dataclass, replace
from enum import StrEnum

from .web import RawAnswer, Response, json_response

MAX_SECONDS = 3600


class Mode(StrEnum):
    """What happens to the next delivery."""

    OK = "ok"
    SLOW = "slow"
    ERROR = "500"
    THROTTLED = "429"
    UNAVAILABLE = "503"
    GONE = "410"
    CLOSED = "closed"
    GARBAGE = "garbage"
    RESET = "reset"


DESCRIPTIONS = {
    Mode.OK: "Accepts the delivery with 202.",
    Mode.SLOW: "Answers 202, but only after the chosen seconds.",
    Mode.ERROR: "Answers 500 Internal Server Error.",
    Mode.THROTTLED: "Answers 429 with Retry-After: the chosen seconds.",
    Mode.UNAVAILABLE: "Answers 503 Service Unavailable.",
    Mode.GONE: "Answers 410 Gone: the sender should disable this endpoint.",
    Mode.CLOSED: "Closes the port for the chosen seconds, then works again.",
    Mode.GARBAGE: "Answers with bytes that are not HTTP.",
    Mode.RESET: "Resets the connection without an answer.",
}
USES_SECONDS = {Mode.SLOW, Mode.THROTTLED, Mode.CLOSED}
_STATUS = {
    Mode.OK: 202,
    Mode.SLOW: 202,
    Mode.ERROR: 500,
    Mode.THROTTLED: 429,
    Mode.UNAVAILABLE: 503,
    Mode.GONE: 410,
}


@dataclass(frozen=True)
class Setting:
    """The chosen mode.

    :ivar seconds: how slow, how long closed, or the value of Retry-After
    :ivar times: after so many deliveries the mode returns to ``ok``; 0 means it stays
    """

    mode: Mode = Mode.OK
    seconds: float = 10.0
    times: int = 0

    @classmethod
    def parse(cls, fields: dict[str, str]) -> "Setting":
        """Read form fields ``mode``, ``seconds`` and ``times``.

        :raises ValueError: unknown mode, or a number out of its range
        """
        setting = cls(
            Mode(fields.get("mode", "")),
            float(fields.get("seconds") or cls.seconds),
            int(fields.get("times") or 0),
        )
        if not 0 <= setting.seconds <= MAX_SECONDS or setting.times < 0:
            raise ValueError(f"seconds go from 0 to {MAX_SECONDS}, times from 0")
        return setting

    def after_delivery(self) -> "Setting":
        """Return the setting for the delivery after this one."""
        if self.times == 1:
            return Setting()
        return replace(self, times=max(0, self.times - 1))


def answer(setting: Setting) -> Response | RawAnswer:
    """Return what a delivery gets under a setting (waiting is the caller's part)."""
    if setting.mode is Mode.RESET:
        return RawAnswer(reset=True)
    if setting.mode is Mode.GARBAGE:
        return RawAnswer(b"\x15\x03\x01 this is not HTTP\r\n\r\n")
    status = _STATUS[setting.mode]
    if status == 202:
        return json_response(status, {"status": "accepted"})
    headers = {}
    if setting.mode is Mode.THROTTLED:
        headers["Retry-After"] = str(round(setting.seconds))
    return json_response(status, {"error": DESCRIPTIONS[setting.mode]}, headers)
