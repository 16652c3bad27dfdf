# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which lane a partition key belongs to."""

from hashlib import blake2b
from typing import Final

_MASK: Final = 0x7FFFFFFF


def partition_hash(key: str) -> int:
    """A number from 0 to 2**31 - 1 that is the same in every process and on every machine.

    ``hash()`` is salted per process, so two workers would put one key on two lanes. The range
    fits a signed 32-bit column; a lane is ``partition_hash(key) % lanes``.
    """
    # surrogatepass: a key out of a partner's text must never make the hash fail.
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") & _MASK
