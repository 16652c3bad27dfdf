# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""HMAC-SHA256 (RFC 2104) with one key for many messages."""

from hashlib import sha256
from typing import Final

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class PreparedMac:
    """A key whose blocks were hashed once, as section 4 of RFC 2104 advises.

    :mod:`hmac` can copy what it began, which takes three times as long as this: the receipts and
    pseudonyms of a message need half a dozen.

    :param key: at most 64 bytes
    :raises ValueError: the key is longer
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            raise ValueError(f"a key of more than {_BLOCK} bytes has to be hashed first")
        block = key.ljust(_BLOCK, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def hex_of(self, message: bytes) -> str:
        """The authentication code of a message: 64 lower-case hexadecimal digits."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()
