"""Bytes of a payload as they are stored: compressed when it pays, encrypted when it must be.

The order is always compress, then encrypt (ciphertext does not compress). The encoding column
names what was done, so that each stored payload can be read whatever the rules are today.
"""

from __future__ import annotations

import zlib

from .keyring import KeyRing, KeyRingMissing

# Below this size the zlib header and the CPU cost more than the saved bytes.
COMPRESS_FROM = 1024
# Bound of what decompression may yield, against a payload made to explode.
MAX_DECODED = 64 * 1024 * 1024


def encode(
    raw: bytes, message_uuid: str, kind: str, ring: KeyRing | None, *, encrypt: bool
) -> tuple[bytes, str]:
    """Return ``(stored bytes, encoding)`` of ``raw``.

    ``encoding`` is a comma separated list in the order of what was done: ``""``, ``"zlib"``,
    ``"aes256gcm"`` or ``"zlib,aes256gcm"``.

    :raises KeyRingMissing: encryption is asked for and there is no key ring. Nothing is stored
        in clear instead.
    """
    done = []
    if len(raw) >= COMPRESS_FROM:
        packed = zlib.compress(raw, 6)
        if len(packed) < len(raw):
            raw = packed
            done.append("zlib")
    if encrypt:
        if ring is None:
            raise KeyRingMissing("Confidential and clinical content needs a key ring.")
        raw = ring.encrypt(raw, context(message_uuid, kind))
        done.append("aes256gcm")
    return raw, ",".join(done)


def decode(
    stored: bytes, encoding: str | None, message_uuid: str, kind: str, ring: KeyRing | None
) -> bytes:
    """Undo :func:`encode`.

    :raises KeyRingMissing: the payload is encrypted and there is no key ring.
    :raises keyring.UnknownKey: the key that it was encrypted under is not in the ring.
    :raises keyring.DecryptionFailed: it was tampered with, or belongs to another message.
    :raises ValueError: an unknown encoding, or more than :data:`MAX_DECODED` bytes.
    """
    for step in reversed((encoding or "").split(",")):
        if step == "aes256gcm":
            if ring is None:
                raise KeyRingMissing("This payload is encrypted and there is no key ring.")
            stored = ring.decrypt(stored, context(message_uuid, kind))
        elif step == "zlib":
            unpacker = zlib.decompressobj()
            stored = unpacker.decompress(stored, MAX_DECODED)
            if unpacker.unconsumed_tail:
                raise ValueError("the payload is larger than allowed after decompression")
        elif step:
            raise ValueError(f"unknown payload encoding {step!r}")
    return stored


def context(message_uuid: str, kind: str) -> str:
    """What a ciphertext is bound to: it cannot be moved to another message or stage."""
    return f"integration.payload|{message_uuid}|{kind}"
