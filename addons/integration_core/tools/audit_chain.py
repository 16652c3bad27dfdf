# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The hash chain that seals audit entries.

A seal gives an entry its number in the chain and two MACs (HMAC-SHA256, RFC 2104), made with a key
that the database does not hold. The first covers every column of the entry. The second covers the
seal itself: number, entry, first MAC and the MAC of the seal before. So whoever can write to the
database, but has no key, can change, delete, insert or reorder nothing unnoticed; and a chain can
be checked by somebody who may not see some of its entries.

What is signed is JSON (RFC 8259) with sorted names, no white space and ASCII only, after a word
that says what it is. Columns without a value are left out, so that a column that a later version
adds leaves the MACs of older entries as they are.

The standard library is all that this needs: ``setup/verify_audit.py`` uses it without Odoo.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

#: One row of the table of entries: every column by its name. Times are text (see ``TIME_FORMAT``).
Entry = Mapping[str, "int | str | None"]

#: How PostgreSQL writes times that are signed: UTC, six digits of a second.
TIME_FORMAT: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US'

_KEY_BYTES: Final = 32
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_MAX_FILE_BYTES: Final = 64 * 1024
_ENTRY: Final = "integration-audit-entry"
_SEAL: Final = "integration-audit-seal"


class AuditKeyError(ValueError):
    """The audit keys are malformed or cannot be read. The text never holds key material."""


class Head(NamedTuple):
    """Where a chain ends: the number and the MAC of its last seal."""

    sequence: int
    mac: str


#: The end of an empty chain.
GENESIS: Final = Head(0, "0" * 64)


class Seal(NamedTuple):
    """One link of the chain, as the database stores it. MACs are 64 hexadecimal digits."""

    sequence: int
    entry_id: int
    previous_mac: str
    content_mac: str
    mac: str
    key_id: str
    sealed_at: str

    @property
    def head(self) -> Head:
        """The end of the chain, seen from this seal."""
        return Head(self.sequence, self.mac)


class AuditKeys:
    """Named keys, one of which signs; all verify.

    :param keys: key id to at least 32 raw bytes
    :param current: id of the key that signs
    :raises AuditKeyError: no key, a malformed id, a short key, or no key of the name ``current``
    """

    __slots__ = ("_keys", "current_id")

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise AuditKeyError("a key id is 1 to 32 letters, digits, dots, dashes or _")
            if len(key) < _KEY_BYTES:
                raise AuditKeyError(f"audit key {key_id!r} is shorter than {_KEY_BYTES} bytes")
        if current not in keys:
            raise AuditKeyError("the current audit key is not among the audit keys")
        self._keys = dict(keys)
        self.current_id = current

    @classmethod
    def parse(cls, text: str) -> AuditKeys:
        """Read ``id1:base64key, id2:base64key`` (commas or white space between); the last signs.

        >>> AuditKeys.parse("a:" + "MDEy" * 11 + " b:" + "MzQ1" * 11).current_id
        'b'

        :raises AuditKeyError: malformed text, or one id with two different keys
        """
        keys: dict[str, bytes] = {}
        current = ""
        for position, entry in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
            if not entry:
                continue
            current, separator, encoded = entry.partition(":")
            if not separator or not _KEY_ID.fullmatch(current):
                # The entry may be a bare key: do not quote it.
                raise AuditKeyError(f"audit key {position} is not id:base64key")
            key = _decode(current, encoded)
            if keys.setdefault(current, key) != key:
                raise AuditKeyError(f"there are two different audit keys named {current!r}")
        if not keys:
            raise AuditKeyError("there is no audit key")
        return cls(keys, current)

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    def sign(self, key_id: str, purpose: str, content: Mapping[str, object]) -> str:
        """MAC of ``content``, which JSON can hold, for one purpose only.

        :raises KeyError: there is no key ``key_id``
        """
        message = f"{purpose}\n{canonical(content)}".encode("ascii")
        return hmac.digest(self._keys[key_id], message, "sha256").hex()

    def __repr__(self) -> str:
        return f"<AuditKeys {', '.join(self._keys)}; current {self.current_id}>"

    def __reduce__(self) -> str:
        raise TypeError("audit keys are not to be pickled")


def canonical(content: Mapping[str, object]) -> str:
    """The one text that stands for ``content``; names without a value are left out.

    >>> canonical({"b": 1, "a": "ü", "c": None})
    '{"a":"\\\\u00fc","b":1}'
    """
    known = {name: value for name, value in content.items() if value is not None}
    return json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_mac(keys: AuditKeys, key_id: str, entry: Entry) -> str:
    """MAC of all columns of an entry.

    :raises KeyError: there is no key ``key_id``
    """
    return keys.sign(key_id, _ENTRY, entry)


def seal_mac(keys: AuditKeys, seal: Seal, **other: object) -> str:
    """MAC that a seal must bear, whatever it bears.

    :param other: columns with another value than the seal's, to try what it was made for
    :raises KeyError: the key of the seal is not known
    """
    content = {**seal._asdict(), **other}
    del content["mac"]
    return keys.sign(seal.key_id, _SEAL, content)


def extend(keys: AuditKeys, head: Head, entries: Iterable[Entry], sealed_at: str) -> list[Seal]:
    """Seals for ``entries``, in their order, that continue the chain behind ``head``."""
    found = []
    for entry in entries:
        seal = Seal(
            sequence=head.sequence + 1,
            entry_id=int(entry["id"] or 0),
            previous_mac=head.mac,
            content_mac=content_mac(keys, keys.current_id, entry),
            mac="",
            key_id=keys.current_id,
            sealed_at=sealed_at,
        )
        seal = seal._replace(mac=seal_mac(keys, seal))
        found.append(seal)
        head = seal.head
    return found


def load_keys(
    config: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> AuditKeys | None:
    """The audit keys of the server's configuration; None when it has none.

    The environment wins over the file, keys written in place win over a file of keys:
    ``INTEGRATION_AUDIT_KEY``, ``audit_key``, ``INTEGRATION_AUDIT_KEY_FILE``, ``audit_key_file``.

    :param config: the ``[integration]`` section of ``odoo.conf``
    :raises AuditKeyError: what is configured cannot be read
    """
    environ = os.environ if environ is None else environ
    text = environ.get("INTEGRATION_AUDIT_KEY") or config.get("audit_key")
    if text:
        return AuditKeys.parse(text)
    path = environ.get("INTEGRATION_AUDIT_KEY_FILE") or config.get("audit_key_file")
    return read_keys(path) if path else None


def read_keys(path: str) -> AuditKeys:
    """The audit keys of a file.

    :raises AuditKeyError: it cannot be read
    """
    try:
        with Path(path).open(encoding="ascii") as stream:
            text = stream.read(_MAX_FILE_BYTES + 1)
    except (OSError, UnicodeDecodeError):
        raise AuditKeyError("the file of the audit keys cannot be read") from None
    if len(text) > _MAX_FILE_BYTES:
        raise AuditKeyError("the file of the audit keys is too large")
    return AuditKeys.parse(text)


def _decode(key_id: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        # "from None": the cause would carry the key text into a traceback.
        raise AuditKeyError(f"audit key {key_id!r} is not valid base64") from None
