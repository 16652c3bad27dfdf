"""The addons of this repository, found by their manifests."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from setup.console import SetupError

# What changes often and never reaches the database: not worth a reinstallation.
_NOT_INSTALLED = frozenset({"tests", "static", "readme", "i18n", "__pycache__"})


def names(folder: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the installable addons in ``folder``, or those that ``SUITE_ADDONS`` lists.

    ``SUITE_ADDONS=integration_core,…`` is for working on some addons while others are broken.

    :raises SetupError: ``SUITE_ADDONS`` names an addon that does not exist
    """
    found = sorted(manifest.parent.name for manifest in folder.glob("*/__manifest__.py"))
    wanted = [name.strip() for name in environ.get("SUITE_ADDONS", "").split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        raise SetupError(f"SUITE_ADDONS names {', '.join(unknown)}: no such addon in {folder}.")
    return wanted or found


def fingerprint(folder: Path, addons: Sequence[str]) -> str:
    """Return a digest of everything in the addons that an installation depends on."""
    digest = hashlib.sha256()
    for addon in addons:
        for path in sorted((folder / addon).rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not _NOT_INSTALLED.intersection(parts):
                digest.update("/".join(parts).encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
