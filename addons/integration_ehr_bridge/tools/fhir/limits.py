# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""FHIR as bytes: read strictly, under limits, before anybody looks at what it says.

Names that occur twice are refused, numbers with a fraction stay decimals, and nesting is limited
before the parser recurses into it (:mod:`.canonical_json`).
"""

from __future__ import annotations

from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json
from odoo.addons.integration_core.tools.codecs import Format
from odoo.addons.integration_core.tools.errors import ContractError

from . import resource

#: Deepest nesting of a body. Resources of hospitals stay below 20, extensions included.
DEPTH: Final = 40
#: Entries of a Bundle, unless the interface says otherwise, and the most that it may say.
ENTRIES: Final = 500
MAX_ENTRIES: Final = 5000
#: Contained resources of one resource; more is no record of something that happened.
CONTAINED: Final = 50
#: Content types of FHIR's JSON (http.html#mime-type).
CONTENT_TYPES: Final = ("application/fhir+json", "application/json")


def read(raw: bytes, _content_type: str = "") -> dict[str, Any]:
    """The resource that these bytes are.

    :raises ContractError: ``malformed_json``, ``not_a_resource``, ``too_many_contained``
    """
    try:
        value = canonical_json.loads(raw, max_depth=DEPTH)
    except ValueError as exc:
        # What is wrong and where; the text quotes nothing of the content.
        raise ContractError(
            f"The body is not acceptable JSON: {exc}. Ask the sender to mend it.",
            code="malformed_json",
        ) from None
    resource.type_of(value)
    found: dict[str, Any] = value
    contained = found.get("contained", [])
    if not isinstance(contained, list) or len(contained) > CONTAINED:
        raise ContractError(
            f"The resource contains more than {CONTAINED} others. Ask the sender to send them as "
            "entries of a Bundle.",
            code="too_many_contained",
        )
    return found


def _is_fhir(mimetype: str) -> bool:
    """JSON of other versions, such as ``application/json+fhir`` of DSTU2 senders."""
    return mimetype in ("application/json+fhir", "text/json")


def same(raw: bytes) -> bytes:
    """What a repetition has in common: its content, however it is laid out."""
    try:
        return resource.body(read(raw))
    except (ContractError, TypeError):
        return raw


FHIR: Final = Format(CONTENT_TYPES, read, _is_fhir, identity=same)
