# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which failures are the same failure.

Failures are grouped by class, code and message with everything individual taken out. Doing so also
takes names, numbers and quoted texts out of the group's title.
"""

import re
from hashlib import sha256
from typing import Final

#: Stored with each fingerprint: changing a rule below must change this, so that old and new
#: groups are not mixed up.
VERSION: Final = "v1"

_MAX_INPUT: Final = 2000
_MAX_TITLE: Final = 160

# The order matters: a rule sees what the earlier ones left. Each pattern needs linear time.
_RULES: Final = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
        (r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>]+", "<url>"),
        (r"[\w.+%-]{1,64}@[a-z0-9][a-z0-9.-]{0,253}", "<mail>"),
        (
            r"\d{4}-\d\d-\d\d(?:[ t]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:z|[+-]\d\d:?\d\d)?",
            "<time>",
        ),
        (r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?", "<address>"),
        (r"\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\]?", "<address>"),
        (r"\b(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)[0-9a-f]{8,})\b", "<hex>"),
    )
)
_QUOTED: Final = re.compile(
    r"\"[^\"]*\"|\u00ab[^\u00bb]*\u00bb|[\u201c\u201e][^\u201c\u201d]*[\u201c\u201d]"
    r"|\u2018[^\u2019]*\u2019|`[^`]*`"
    # An apostrophe opens a quotation only where no word ends ("can't" and "patient's" do not).
    r"|(?<!\w)'[^']*(?:'(?=\w)[^']*)*'"
)
# No word boundaries: SO0042 and PO7 belong together with SO0043 and PO8.
_DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)*")


def normalise(message: str) -> str:
    """The message without anything individual, on one line."""
    text = message[:_MAX_INPUT]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _QUOTED.sub("<text>", text)
    text = _DIGITS.sub("<n>", text)
    return " ".join(text.split())


def fingerprint(error_class: str, code: str, message: str) -> str:
    """``v1:`` and 16 hex digits; equal for failures of one kind."""
    text = "\0".join((error_class, code, normalise(message)))
    return f"{VERSION}:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def title(code: str, message: str) -> str:
    """A short heading for a group of failures, without personal data."""
    text = f"{code}: {normalise(message)}" if message.strip() else code
    return text if len(text) <= _MAX_TITLE else text[: _MAX_TITLE - 1] + "…"
