# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Parts of resources: ``_elements`` and ``_summary`` (FHIR 4.0.1, search.html#elements).

What is left out is told by a tag, so that nobody takes a part for the whole.

>>> whole = {"resourceType": "Location", "id": "1", "status": "active", "name": "Store"}
>>> sorted(selected(whole, {"name"}))
['id', 'meta', 'name', 'resourceType']
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

#: Never left out.
ALWAYS: Final = ("resourceType", "id", "meta")
SUBSETTED: Final[Mapping[str, str]] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


def selected(resource: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The resource with these elements only, tagged as a part.

    :param names: the mandatory elements among them
    """
    found = {name: resource[name] for name in resource if name in ALWAYS or name in names}
    meta = dict(found.get("meta", {}))
    meta["tag"] = [*meta.get("tag", ()), dict(SUBSETTED)]
    # In the order of the standard: meta follows the id.
    head = {name: found[name] for name in ("resourceType", "id") if name in found}
    return head | {"meta": meta} | {k: v for k, v in found.items() if k not in ALWAYS}
