"""Reading a certificate that somebody else sends: all at once, so that it fails here or nowhere."""

import re
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ..encodings import decode_base64

MAX_CERTIFICATE: Final = 12 * 1024

_PEM: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----", re.ASCII
)
_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What counts of a certificate.

    :ivar fingerprint: SHA-256 of its DER form
    :ivar key: public key, of any kind
    :ivar begin: seconds since the epoch; so is ``end``
    """

    fingerprint: bytes
    subject: x509.Name
    key: Any
    begin: float
    end: float

    def is_valid_at(self, now: float) -> bool:
        """Whether a moment is between its two dates."""
        return self.begin <= now <= self.end


def read_pem(text: str) -> Certificate | None:
    """The first certificate of a text; ``None`` if there is none that can be read.

    Line breaks may have become other white space, as they do in headers.
    """
    match = _PEM.search(text)
    raw = decode_base64(_BLANKS.sub("", match[1])) if match else None
    return read_der(raw) if raw else None


def read_der(raw: bytes) -> Certificate | None:
    """A certificate in DER; ``None`` if it cannot be read."""
    if len(raw) > MAX_CERTIFICATE:
        return None
    try:
        found = x509.load_der_x509_certificate(raw)
        return Certificate(
            found.fingerprint(hashes.SHA256()),
            found.subject,
            found.public_key(),
            found.not_valid_before_utc.timestamp(),
            found.not_valid_after_utc.timestamp(),
        )
    except Exception:
        # The library parses when it is asked for something, and raises what it happens to meet
        # (KeyError for an unknown kind of text, for one). The bytes are a stranger's.
        return None
