"""Headers that an administrator adds to each request: checked when they are entered.

A header can do harm in three ways: it can replace one that the engine or a signature relies on, it
can split the request, and it can carry a secret in clear where everybody may read it.
"""

import re
from typing import Final

MAX_HEADERS: Final = 20
MAX_VALUE: Final = 1000
# RFC 9110, 5.6.2 (token) and 5.5 (visible characters, with single spaces between them).
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")

#: What the connection, the engine and the signatures set themselves.
RESERVED: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-digest",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "digest",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "signature",
        "signature-input",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "traceparent",
        "tracestate",
        "user-agent",
        "via",
        "x-correlation-id",
        "x-forwarded-for",
        "x-webhook-sequence",
        # signatures of the schemes that can be chosen
        "stripe-signature",
        "x-hub-signature-256",
        "x-shopify-hmac-sha256",
        "x-slack-request-timestamp",
        "x-slack-signature",
    }
)
_RESERVED_PREFIXES: Final = ("ce-", "proxy-", "svix-", "webhook-")
#: Names of headers whose value is a secret.
_SECRET: Final = re.compile(
    r"auth|cookie|credential|passw|secret|token|(?:api|access|private|subscription)[-_]?key"
)


def parse(text: str) -> dict[str, str]:
    """Read lines of ``Name: value``; names come back in lower case, in the order of the lines.

    :raises ValueError: with a sentence that names the line, and no value
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _NAME.fullmatch(name):
            raise ValueError(f"line {number} is not “Name: value”")
        if len(value) > MAX_VALUE or not _VALUE.fullmatch(value):
            raise ValueError(f"the value in line {number} is empty, too long or not plain ASCII")
        check_name(name)
        if name.lower() in found:
            raise ValueError(f"“{name}” is there twice")
        found[name.lower()] = value
    if len(found) > MAX_HEADERS:
        raise ValueError(f"there are more than {MAX_HEADERS}")
    return found


def check_signature_name(name: str) -> None:
    """Refuse a header that is to carry a signature or its time.

    :raises ValueError: with a sentence
    """
    lower = name.lower()
    if not _NAME.fullmatch(name):
        raise ValueError(f"“{name[:64]}” is no name of a header")
    if lower in RESERVED or lower.startswith(_RESERVED_PREFIXES) or lower == "authorization":
        raise ValueError(f"“{name}” is set by the engine itself")


def check_name(name: str) -> None:
    """Refuse the name of a header that is not for administrators to set.

    :raises ValueError: with a sentence
    """
    lower = name.lower()
    if lower in RESERVED or lower.startswith(_RESERVED_PREFIXES):
        raise ValueError(f"“{name}” is set by the engine itself")
    if _SECRET.search(lower):
        raise ValueError(f"“{name}” would carry a secret; use a credential for it")
