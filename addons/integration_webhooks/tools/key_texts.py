"""Public keys of senders as people paste them and servers publish them."""

import re
from typing import Final

from cryptography import x509

from .schemes.public_keys import read_public_keys

#: Keys that one interface may have; more are a mistake.
MAX_KEYS: Final = 20

_PEM: Final = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]{3,40})-----.*?-----END (?P=kind)-----", re.DOTALL
)


def split(text: str) -> tuple[str, ...]:
    """The keys of a text: one JSON Web Key Set, or PEM blocks and lines in any mixture.

    Lines that begin with ``#`` are remarks.

    :raises ValueError: too many, or a block that does not end; the text is for people
    """
    text = text.strip()
    if text.startswith("{"):
        return (text,)
    blocks = [match[0] for match in _PEM.finditer(text)]
    rest = _PEM.sub("\n", text)
    if "-----" in rest:
        raise ValueError("A PEM block is not complete: it begins with -----BEGIN and ends alike.")
    lines = [line.strip() for line in rest.splitlines()]
    found = (*blocks, *(line for line in lines if line and not line.startswith("#")))
    if len(found) > MAX_KEYS:
        raise ValueError(f"More than {MAX_KEYS} keys.")
    return found


def accept_key_set(body: bytes) -> str:
    """The text of a published JSON Web Key Set (RFC 7517, 5).

    :raises ValueError: it is none, or holds no key that we could use; the sentence quotes nothing
    """
    text = body.decode("utf-8", "replace").strip()
    if not text.startswith("{"):
        raise ValueError("What is published there is no JSON Web Key Set.")
    read_public_keys(text)
    return text


def accept_certificate(body: bytes) -> str:
    """The text of a published certificate (PEM).

    :raises ValueError: it is none
    """
    try:
        x509.load_pem_x509_certificate(body)
        return body.decode("ascii")
    except ValueError:
        raise ValueError("What is published there is no certificate.") from None
