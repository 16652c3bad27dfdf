# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Values as resources have them, and resources as text.

>>> from datetime import datetime
>>> instant(datetime(2026, 3, 2, 8, 0, 0, 5))
'2026-03-02T08:00:00.000005Z'
>>> number(0.1 + 0.2), number(3.0)
(0.3, 3)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from . import etag, selection

UCUM: Final = "http://unitsofmeasure.org"
#: FHIR 4.0.1, datatypes.html#code
_CODE: Final = re.compile(r"[^\s]+(?:\s[^\s]+)*")


@dataclass(frozen=True, slots=True)
class Written:
    """A resource as it is sent.

    :ivar text: its JSON
    :ivar version: of all of it, also where a part is sent
    """

    id: str
    version: str
    changed: datetime
    text: str


def instant(moment: datetime) -> str:
    """A moment in UTC, with all digits that are compared."""
    return f"{moment.isoformat(timespec='microseconds')}Z"


def moment(value: datetime) -> str:
    """A moment in UTC, to the second."""
    return f"{value.isoformat(timespec='seconds')}Z"


def number(value: float) -> int | float:
    """A decimal without the dust of floats."""
    rounded = round(value, 6)
    return int(rounded) if float(rounded).is_integer() else rounded


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    """A CodeableConcept with one coding.

    What FHIR does not take for a code, such as one with two blanks, is the text of the concept.
    """
    if not _CODE.fullmatch(code):
        return {"text": " ".join([code, display]).strip()}
    coding = {"system": system, "code": code}
    return {"coding": [coding | {"display": display} if display else coding]}


def identifiers(system: str, value: str | None) -> list[dict[str, Any]]:
    """The Identifier that a value is; none if there is nothing in it.

    >>> identifiers("http://s", " 7 "), identifiers("http://s", "  "), identifiers("http://s", None)
    ([{'system': 'http://s', 'value': '7'}], [], [])
    """
    return [identifier(system, value)] if value and value.strip() else []


def identifier(system: str, value: str, assigner: str = "") -> dict[str, Any]:
    """An Identifier; white space around a value is none of it.

    :param assigner: who gave the number, where several may have given the same
    """
    found: dict[str, Any] = {"system": system, "value": value.strip()}
    return found | {"assigner": {"display": assigner}} if assigner else found


def reference(resource: str, id_: str) -> dict[str, str]:
    """A Reference within this server."""
    return {"reference": f"{resource}/{id_}"}


def without_nothing(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without members that are empty: FHIR knows no empty ones.

    Not for members that are numbers or truth values.
    """
    return {name: value for name, value in resource.items() if value}


def dumps(value: Any) -> str:
    """JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def indented(text: str) -> str:
    """JSON text laid out for people."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def write(
    resource: Mapping[str, Any], changed: datetime, part: frozenset[str] | None = None
) -> Written:
    """A resource with its version, as it is sent.

    :param resource: resourceType and id first, without meta
    :param part: names of the elements that are sent; ``None``: all
    """
    body = dumps(resource)
    version = etag.version_of(body)
    meta = {"versionId": version, "lastUpdated": instant(changed)}
    kind, id_ = resource["resourceType"], resource["id"]
    if part is not None:
        return Written(
            id_, version, changed, dumps(selection.selected({**resource, "meta": meta}, part))
        )
    head = f'{{"resourceType":"{kind}","id":"{id_}"'
    # The text is made once: what follows the head is what the version was made of.
    return Written(id_, version, changed, f'{head},"meta":{dumps(meta)}{body[len(head) :]}')
