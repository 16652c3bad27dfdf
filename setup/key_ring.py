"""Keys for the ``[integration]`` section of the configurations that we write.

The key ring and the key that seals the audit trail look the same.
"""

import base64
import os
import re
from pathlib import Path

_KEY_BYTES = 32  # AES-256
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def is_name(text: str) -> bool:
    """Whether a key may be called so (see ``tools/keyring.py`` of integration_core)."""
    return _NAME.fullmatch(text) is not None


def generate(key_id: str) -> str:
    """Return a key ring with one new random key, as the ``key_ring`` option wants it."""
    return f"{key_id}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode()}"


def kept(path: Path) -> str:
    """Return the key stored at ``path``, storing a new one there at the first call.

    It must outlive the configuration file: without it the stored credentials are lost, or the audit
    trail cannot be verified.
    """
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(f"{generate('demo')}\n")
        partial.rename(path)
    return path.read_text().strip()
