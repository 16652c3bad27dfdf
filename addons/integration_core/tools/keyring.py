# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Envelope encryption with a ring of AES-256-GCM keys that live outside the database.

A ring holds every key that may still be needed to read, and one current key to write. Each
ciphertext names its key, so that keys can be rotated while old data stays readable.

Layout of a ciphertext (version 1)::

    1 byte   version (0x01)
    1 byte   n, length of the key id
    n bytes  key id, ASCII
    12 bytes nonce, random
    rest     AES-256-GCM ciphertext and 16-byte tag

The additional authenticated data is ``context|key id``; the context says where the ciphertext
belongs (``model|id|field``), so that it cannot be moved to another row or field unnoticed.

Nonces are random, so one key should encrypt at most 2**32 values (NIST SP 800-38D, 8.3):
add a key once a year, or more often on installations with over 100 encryptions a second.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import ConfigurationError
from .prepared_mac import PreparedMac

_VERSION: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_MAX_FILE_BYTES: Final = 64 * 1024


class KeyRingError(ConfigurationError):
    """The key ring is absent or malformed. The text never holds key material."""

    default_code = "key_ring_invalid"
    holds = True


class KeyRingMissing(KeyRingError):
    """No key ring is configured, so nothing may be stored or read that needs one."""

    default_code = "key_ring_missing"


class UnknownKey(KeyRingError):
    """The ciphertext names a key that the ring does not hold."""

    default_code = "unknown_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the key ring holds no key {key_id!r}; add it again to read this value")
        self.key_id = key_id


class WrongKey(KeyRingError):
    """The ring holds another key under this id than the one that the data was encrypted with."""

    default_code = "wrong_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"the key {key_id!r} of the key ring is not the key that this database knows by that "
            "name; put the right one back"
        )
        self.key_id = key_id


class DecryptionFailed(KeyRingError):
    """The ciphertext is damaged, was altered, or belongs to another record or field; or the ring
    has another key under its id."""

    default_code = "decryption_failed"
    holds = False  # this one value is at fault

    def __init__(self, key_id: str = "") -> None:
        # One text for every cause: a finer one would tell an attacker how far a forgery got.
        named = f", encrypted with the key {key_id!r}," if key_id else ""
        super().__init__(f"the encrypted value{named} cannot be decrypted in this place")
        self.key_id = key_id


def generate_key() -> str:
    """A new random key, as the base64 text that a ring's configuration expects."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


class KeyRing:
    """An immutable set of named keys, one of which encrypts.

    :param keys: key id to 32 raw bytes.
    :param current: id of the key that encrypts.
    :raises KeyRingError: no key, a malformed id or key, or ``current`` is not among the keys.
    """

    __slots__ = (
        "_checks",
        "_ciphers",
        "_pseudonyms",
        "_refused",
        "current_id",
        "pseudonym_id",
    )

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise KeyRingError("a key id is 1 to 32 letters, digits, dots, dashes or _")
            if len(key) != _KEY_BYTES:
                raise KeyRingError(f"key {key_id!r} is not {_KEY_BYTES} bytes long")
        if current not in keys:
            raise KeyRingError("the current key is not in the key ring")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current_id = current
        self._refused: frozenset[str] = frozenset()
        self._checks = {
            key_id: _derive(key, b"check value").hex()[:16] for key_id, key in keys.items()
        }
        # Begun once: preparing a key takes longer than what is made with it.
        self._pseudonyms = {
            key_id: PreparedMac(_derive(key, b"pseudonym")) for key_id, key in keys.items()
        }
        #: Id of the key that makes pseudonyms; the ring need not hold it.
        self.pseudonym_id = next(iter(keys))

    @classmethod
    def parse(cls, text: str, current: str | None = None) -> "KeyRing":
        """Read ``id1:base64key, id2:base64key`` (commas or white space between entries).

        :param current: id of the key that encrypts; by default the last one of the text.
        :raises KeyRingError: malformed text, or one id with two different keys.
        """
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
            if not entry:
                continue
            key_id, separator, encoded = entry.partition(":")
            if not separator or not _KEY_ID.fullmatch(key_id):
                # The entry may be a bare key: do not quote it.
                raise KeyRingError(f"entry {position} of the key ring is not id:base64key")
            key = _decode_key(key_id, encoded)
            if keys.setdefault(key_id, key) != key:
                raise KeyRingError(f"the key ring has two different keys named {key_id!r}")
        if not keys:
            raise KeyRingMissing("the key ring is empty")
        return cls(keys, current or next(reversed(keys)))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, in the order of the configuration."""
        return tuple(self._ciphers)

    def check_value(self, key_id: str) -> str:
        """Sixteen hexadecimal digits that tell two keys apart and disclose nothing of either.

        Whoever keeps it notices when the ring has another key under the same id.
        """
        return self._checks[key_id]

    def refusing(self, key_ids: Iterable[str]) -> "KeyRing":
        """This ring, which now refuses to work with some of its keys (see :class:`WrongKey`)."""
        twin = self._twin()
        twin._refused = frozenset(key_ids)
        return twin

    def with_pseudonyms_of(self, key_id: str) -> "KeyRing":
        """This ring, which makes pseudonyms with the key ``key_id``, wherever it stands.

        By default it is the first of the ring. Where pseudonyms were stored, the key must stay the
        same: another one would not recognise them.
        """
        twin = self._twin()
        twin.pseudonym_id = key_id
        return twin

    def _twin(self) -> "KeyRing":
        twin = object.__new__(KeyRing)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def encrypt(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt under the current key.

        :param context: where the value will be stored, such as ``model|id|field``; the same
            text is needed to decrypt.
        :raises WrongKey: the current key is refused (:meth:`refusing`).
        """
        key_id = self.current_id
        if key_id in self._refused:
            raise WrongKey(key_id)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, plaintext, _aad(context, key_id))
        return bytes((_VERSION, len(key_id))) + key_id.encode() + nonce + sealed

    def pseudonym(self, value: str, context: str) -> str:
        """A stable stand-in for an identifying value, worthless without the ring.

        HMAC-SHA256 under a key that is derived from one key of the ring (``pseudonym_id``), so that
        adding a key does not change pseudonyms. It still is personal data: equal values stay equal.

        :param context: domain separation, such as the partner; the same value has another
            pseudonym in each context
        :return: 32 hexadecimal digits
        :raises WrongKey: the key is refused (:meth:`refusing`).
        :raises UnknownKey: the ring lacks the key.
        """
        return self._pseudonym(self._maker(), value, context)

    def pseudonyms_of(self, values: Iterable[str], context: str) -> list[str]:
        """The pseudonyms of several values, as of :meth:`pseudonym`.

        :raises KeyRingError: as there
        """
        hex_of = self._pseudonyms[self._maker()].hex_of
        return [hex_of(f"{context}|{value}".encode())[:32] for value in values]

    def _maker(self) -> str:
        """Id of the key that makes pseudonyms."""
        key_id = self.pseudonym_id
        if key_id in self._refused:
            raise WrongKey(key_id)
        if key_id not in self._pseudonyms:
            raise UnknownKey(key_id)
        return key_id

    def pseudonyms(self, value: str, context: str) -> dict[str, str]:
        """What :meth:`pseudonym` makes of a value with each key of the ring, by key id.

        The first is that of the key that makes pseudonyms now. With the others, that is found which
        was stored before another key took its place.

        :raises WrongKey: the key that makes pseudonyms is refused (:meth:`refusing`). Others that
            are refused are left out.
        :raises UnknownKey: the ring lacks the key that makes pseudonyms.
        """
        found = {self.pseudonym_id: self.pseudonym(value, context)}
        for key_id in self._pseudonyms:
            if key_id not in found and key_id not in self._refused:
                found[key_id] = self._pseudonym(key_id, value, context)
        return found

    def _pseudonym(self, key_id: str, value: str, context: str) -> str:
        return self._pseudonyms[key_id].hex_of(f"{context}|{value}".encode())[:32]

    def decrypt(self, blob: bytes, context: str) -> bytes:
        """Decrypt what :meth:`encrypt` returned for the same context.

        :raises UnknownKey: the ring lacks the key.
        :raises WrongKey: the key is refused (:meth:`refusing`).
        :raises DecryptionFailed: damaged, altered, or moved from another context.
        """
        key_id, nonce, sealed = _split(blob)
        if key_id in self._refused:
            raise WrongKey(key_id)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(key_id)
        try:
            return cipher.decrypt(nonce, sealed, _aad(context, key_id))
        except InvalidTag:
            raise DecryptionFailed(key_id) from None

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self._ciphers)}; current {self.current_id}>"

    def __reduce__(self) -> str:
        raise TypeError("a key ring is not to be pickled")


def key_id_of(blob: bytes) -> str:
    """The id of the key that a ciphertext needs, for example to find what to re-encrypt.

    :raises DecryptionFailed: not a ciphertext of this module.
    """
    return _split(blob)[0]


def load_keyring(config: Mapping[str, str], environ: Mapping[str, str] | None = None) -> KeyRing:
    """Build the ring from the server's configuration.

    The environment wins over the configuration file, and a ring written in place wins over
    a file: ``INTEGRATION_KEY_RING``, ``key_ring``, ``INTEGRATION_KEY_RING_FILE``,
    ``key_ring_file``; the current key from ``INTEGRATION_CURRENT_KEY`` or ``current_key``.

    :param config: the ``[integration]`` section of ``odoo.conf``.
    :param environ: the process environment by default.
    :raises KeyRingMissing: nothing is configured.
    :raises KeyRingError: what is configured cannot be read.
    """
    environ = os.environ if environ is None else environ
    text = environ.get("INTEGRATION_KEY_RING") or config.get("key_ring")
    if not text:
        path = environ.get("INTEGRATION_KEY_RING_FILE") or config.get("key_ring_file")
        if not path:
            raise KeyRingMissing(
                "no key ring is configured: set key_ring in the [integration] section of "
                "odoo.conf, or INTEGRATION_KEY_RING in the environment"
            )
        text = _read_file(path)
    current = environ.get("INTEGRATION_CURRENT_KEY") or config.get("current_key")
    return KeyRing.parse(text, current or None)


def _derive(key: bytes, purpose: bytes) -> bytes:
    """A key of its own for a purpose, which discloses nothing of ``key`` (RFC 5869)."""
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(key)


def _aad(context: str, key_id: str) -> bytes:
    return f"{context}|{key_id}".encode()


def _decode_key(key_id: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        # "from None": the cause would carry the key text into a traceback.
        raise KeyRingError(f"key {key_id!r} is not valid base64") from None


def _split(blob: bytes) -> tuple[str, bytes, bytes]:
    """Key id, nonce and sealed text of a ciphertext."""
    if len(blob) < 2 or blob[0] != _VERSION:
        raise DecryptionFailed()
    end = 2 + blob[1]
    if len(blob) < end + _NONCE_BYTES + _TAG_BYTES:
        raise DecryptionFailed()
    try:
        key_id = bytes(blob[2:end]).decode("ascii")
    except UnicodeDecodeError:
        raise DecryptionFailed() from None
    if not _KEY_ID.fullmatch(key_id):
        raise DecryptionFailed()
    nonce_end = end + _NONCE_BYTES
    return key_id, bytes(blob[end:nonce_end]), bytes(blob[nonce_end:])


def _read_file(path: str) -> str:
    try:
        with Path(path).open(encoding="ascii") as stream:
            text = stream.read(_MAX_FILE_BYTES + 1)
    except (OSError, UnicodeDecodeError):
        raise KeyRingMissing("the key ring file cannot be read") from None
    if len(text) > _MAX_FILE_BYTES:
        raise KeyRingError("the key ring file is too large")
    return text
