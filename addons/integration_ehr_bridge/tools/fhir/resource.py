# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which version of which resource something is, however it arrived.

A resource that is read from a search page, is told by a subscription and stands in a Bundle is one
message, as long as it is the same version: all of them ask here for its key and its bytes.

>>> found = identity({"resourceType": "Encounter", "id": "7", "meta": {"versionId": "3"}})
>>> found.key, found.partition
('Encounter/7/_history/3', 'Encounter/7')
>>> body({"resourceType": "Location", "id": "1", "mode": "instance"})
b'{"id":"1","mode":"instance","resourceType":"Location"}'
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple

from odoo.addons.integration_core.tools.errors import ContractError

from . import watermark

Resource = Mapping[str, Any]

CONTENT_TYPE: Final = "application/fhir+json"
#: A logical id (datatypes.html#id); a version has the same form.
ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
#: Of an instant that stands for a version: its key is stored, and indexed.
_LONGEST: Final = 40


class Identity(NamedTuple):
    """Which version of which resource.

    :ivar id: the logical id; of a resource without one it stands for its business identifier, else
        for its content
    :ivar version: ``meta.versionId``, else ``meta.lastUpdated``, else the SHA-256 of its content
    :ivar last_updated: as it is written; empty if it is not said
    """

    type: str
    id: str
    version: str
    last_updated: str

    @property
    def partition(self) -> str:
        """What it is about: versions of one resource keep their order."""
        return f"{self.type}/{self.id}"

    @property
    def key(self) -> str:
        """The id of the message that it is."""
        return f"{self.partition}/_history/{self.version}"


def type_of(resource: Any) -> str:
    """The type of a resource.

    :raises ContractError: ``not_a_resource``
    """
    name = resource.get("resourceType") if isinstance(resource, Mapping) else None
    if not isinstance(name, str) or not _TYPE.fullmatch(name):
        raise ContractError(
            "The content is no FHIR resource: it does not say its type. Ask the sender for one "
            "with a resourceType.",
            code="not_a_resource",
        )
    return name


def identity(resource: Resource) -> Identity:
    """Which version of which resource this is.

    :raises ContractError: ``not_a_resource``, ``invalid_id``
    """
    name = type_of(resource)
    meta = resource.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    updated = meta.get("lastUpdated")
    # What is no instant tells nothing, and may be anything: a text of any length.
    if not isinstance(updated, str) or len(updated) > _LONGEST or not watermark.read(updated):
        updated = ""
    version = _token(meta.get("versionId"), "meta.versionId") or updated
    known = _token(resource.get("id"), "id") or _stand_in(resource)
    return Identity(name, known, version or digest(resource), updated)


def _token(value: Any, place: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ContractError(
            f"The {place} of the resource is none: up to 64 letters, digits, “-” and “.”. Ask the "
            "sender to mend it.",
            code="invalid_id",
        )
    return value


def _stand_in(resource: Resource) -> str:
    """What tells a resource without an id from others: its first identifier, else its content.

    Hashed, since an identifier may be a number that must not stand anywhere in clear.
    """
    found = resource.get("identifier")
    first = found[0] if isinstance(found, list) and found else found
    if isinstance(first, Mapping) and first.get("value"):
        named = {name: first.get(name) for name in ("system", "value")}
        return sha256(body(named)).hexdigest()
    return digest(resource)


def digest(resource: Resource) -> str:
    """SHA-256 of the content, 64 hexadecimal digits."""
    return sha256(body(resource)).hexdigest()


def body(resource: Resource) -> bytes:
    """The bytes of a resource: sorted names, no white space, numbers as they were written.

    FHIR keeps the digits of a decimal (1.50 is not 1.5), so floats are never made of them.

    :raises TypeError: it holds a float, or something that is not JSON
    """
    return _text(resource).encode()


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        members = (f"{_plain(name)}:{_text(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        raise TypeError("decimals of a resource are never floats")
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
