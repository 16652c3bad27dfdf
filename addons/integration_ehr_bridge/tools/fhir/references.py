# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a Reference means (references.html): another resource, or an identifier of one.

=================================  ===================================================
``Location/7``                     the resource with that id at the same server
``https://ehr/fhir/Location/7``    the same, if the server has that base; else another
                                   server's, known by its whole address
``urn:uuid:…``                     an entry of the same Bundle (:mod:`.bundle_entries`)
``#ward``                          contained in the resource itself
``identifier``                     whatever has this identifier
=================================  ===================================================

A version (``/_history/3``) is not looked at: what counts is what holds now.

>>> read({"reference": "Location/7/_history/2"}).record
'Location/7'
>>> read({"reference": "#ward"}, [{"resourceType": "Location", "id": "ward"}]).contained["id"]
'ward'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from odoo.addons.integration_core.tools.errors import MappingError

from .values import Element, elements

_RELATIVE: Final = re.compile(r"([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?")
_ABSOLUTE: Final = re.compile(
    r"(https?://[^\s?#]+/)([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?"
)
#: Longest name under which a record of another server is known.
LENGTH: Final = 200


@dataclass(frozen=True)
class Meant:
    """What a reference leads to.

    :ivar record: the name of the resource, such as ``Location/7``; empty if it has none
    :ivar contained: the resource itself, if it is contained
    :ivar identifier: by which it is known otherwise
    """

    record: str = ""
    contained: Element | None = None
    identifier: Element | None = None

    @property
    def type(self) -> str:
        """The type of the resource, as far as its name tells; empty if not."""
        if self.contained:
            return str(self.contained.get("resourceType", ""))
        return self.record.rpartition("/")[0].rpartition("/")[2]


def split(text: str) -> tuple[str, str]:
    """Base and relative name of a literal reference; both empty if it is none."""
    if found := _RELATIVE.fullmatch(text):
        return "", found[1]
    if found := _ABSOLUTE.fullmatch(text):
        return found[1], found[2]
    return "", ""


def read(reference: Any, contained: Any = None, place: str = "a reference") -> Meant | None:
    """What a Reference means; ``None`` if it refers to nothing.

    :param contained: resources that the resource contains
    :param place: what an error calls it
    :raises MappingError: ``unresolved_reference``: it leads nowhere by itself
    """
    if not isinstance(reference, Mapping):
        return None
    named = elements(reference.get("identifier"))
    identifier = named[0] if named and named[0].get("value") else None
    text = reference.get("reference")
    if not isinstance(text, str) or not text:
        return Meant(identifier=identifier) if identifier else None
    if text.startswith("#"):
        return Meant(contained=_within(text[1:], contained, place), identifier=identifier)
    base, name = split(text)
    if name:
        return Meant(record=(base + name)[:LENGTH], identifier=identifier)
    if identifier:
        return Meant(identifier=identifier)
    raise MappingError(
        f"{place}: it refers to something that is not in the same Bundle and is no address of a "
        "resource. Ask the partner to send what it means along with it, or its identifier",
        code="unresolved_reference",
    )


def _within(name: str, contained: Any, place: str) -> Element:
    for one in elements(contained):
        if one.get("id") == name:
            return one
    raise MappingError(
        f"{place}: the resource does not contain what it refers to. Ask the partner to mend that",
        code="unresolved_reference",
    )


def localised(value: Any, bases: Sequence[str]) -> Any:
    """A resource whose references to the server itself are relative; the same if there are none.

    :param bases: addresses of the server, with a slash at the end
    """
    if isinstance(value, list):
        return [localised(one, bases) for one in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: localised(one, bases) for name, one in value.items()}
    text = value.get("reference")
    if isinstance(text, str):
        base, name = split(text)
        if base and base in bases:
            found["reference"] = name
    return found
