# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Taking secrets out of what is shown, stored or logged about an exchange."""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

REDACTED: Final = "[redacted]"
#: Shorter words of a header that carries a secret are none: a scheme, a version, a key's name.
_MIN_SECRET: Final = 8

# Matched inside the lower-case name, so that X-Acme-Api-Key-2 is covered as well.
_SECRET_NAME: Final = re.compile(
    r"authori[sz]ation|cookie|signature|secret|token|passw|api-?_?key|apikey|credential"
    r"|private-?key|session|assertion|x-amz-security|client-cert|x-auth"
)
_SECRET_TEXT: Final = (
    (re.compile(r"\b(bearer|basic|digest|negotiate)\s+[\w.~+/=-]{6,}", re.I), rf"\1 {REDACTED}"),
    (re.compile(r"\b(wh(?:sec|sk))_[A-Za-z0-9+/=_-]+"), rf"\1_{REDACTED}"),
    # A JWT. It begins where no other may, and gives nothing back: the time stays that of one look.
    (re.compile(r"(?<![\w-])eyJ[\w-]{4,}+\.[\w-]++\.[\w-]*"), REDACTED),
    (re.compile(r"([a-z][a-z0-9+.-]{1,15}://)[^/\s@]{1,256}@", re.I), rf"\1{REDACTED}@"),
    (
        re.compile(
            r"\b((?:access_|refresh_|id_)?token|secret|client_secret|password|passwd|pwd|api_?key"
            r"|signature|sig)(\"?\s*[=:]\s*\"?)[^\s\"&,;]{1,2048}",
            re.I,
        ),
        rf"\1\2{REDACTED}",
    ),
)


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of those that carry secrets replaced.

    Signatures count as secrets too: one that was captured can be replayed within its tolerance.
    """
    return {
        name: REDACTED if _SECRET_NAME.search(name.lower()) else value
        for name, value in headers.items()
    }


def secret_words(headers: Mapping[str, str]) -> set[str]:
    """What must not be seen of headers that carry secrets: their values, and the words in them."""
    values = [value for name, value in headers.items() if _SECRET_NAME.search(name.lower())]
    words = {word for value in values for word in (value, *value.split(), *_login(value))}
    return {word for word in words if len(word) >= _MIN_SECRET}


def _login(value: str) -> tuple[str, ...]:
    """What is in the header of a login (RFC 7617): the login with its password, and that alone."""
    scheme, _blank, token = value.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        login = base64.b64decode(token, validate=True).decode()
    except ValueError:  # not base64, or not UTF-8
        return ()
    return login, login.partition(":")[2]


def _forms(word: str) -> set[str]:
    """A word as it is, and as it stands in JSON, HTML or XML, and an address."""
    in_json = json.dumps(word)[1:-1]
    return {
        word,
        in_json,
        # What PHP and others make of it.
        in_json.replace("/", r"\/"),
        html.escape(word),
        quote(word, safe=""),
    }


def redact_body(body: bytes, words: Iterable[str] = ()) -> bytes:
    """The body of an answer made fit to be kept: what looks like a secret is replaced.

    Everything else stays as it came, bytes that are no UTF-8 included.

    :param words: what we sent along and must not be kept, should the other side repeat it.
    """
    text = body.decode("utf-8", "surrogateescape")
    forms = {form for word in words if word for form in _forms(word)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, REDACTED)
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text.encode("utf-8", "surrogateescape")


def redact_text(text: str, limit: int = 500) -> str:
    """A foreign text (an error body, an exception) made fit for a log or a form.

    Control characters and line breaks become spaces, so that it cannot forge a log line; what looks
    like a secret is replaced; the result has at most ``limit`` characters.
    """
    # Cut first, with room for what the replacements take out: the work stays bounded.
    text = text[: 4 * limit + 1024]
    text = "".join(char if char.isprintable() else " " for char in text)
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"[:limit]
