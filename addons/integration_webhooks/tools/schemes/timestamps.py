"""Times in headers and bodies: each moment has one spelling, and garbage has none."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from ..signature import Reason, SignatureInvalid

# No sign, fraction, leading zero or foreign digit. Eleven digits last until the year 5138.
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,10}")
_MILLISECONDS: Final = re.compile(r"[1-9][0-9]{3,13}")
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII
)


def unix_seconds(text: str) -> int:
    """:raises SignatureInvalid: not whole seconds since the epoch."""
    if not _SECONDS.fullmatch(text):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    return int(text)


def unix_milliseconds(text: str) -> int:
    """Seconds of milliseconds. :raises SignatureInvalid: not whole ones since the epoch."""
    if not _MILLISECONDS.fullmatch(text):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    return int(text) // 1000


def rfc3339(text: str) -> int:
    """Seconds of a time such as ``2026-05-02T00:54:06.655Z``.

    :raises SignatureInvalid: not such a time.
    """
    if not _RFC3339.fullmatch(text):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    # Python reads six digits of a fraction; less than a second does not matter here.
    whole = re.sub(r"\.\d+", "", text)
    try:
        moment = datetime.fromisoformat(whole)
        return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP) from None


#: Readers of times by the name under which options choose them.
FORMATS: Final[Mapping[str, Callable[[str], int]]] = {
    "unix": unix_seconds,
    "unix_ms": unix_milliseconds,
    "rfc3339": rfc3339,
}
