# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The functions that mappings have which write FHIR resources, and what they leave to be resolved.

=========================== ====================================================================
``fhir_decimal(x)``         a number with its digits, which FHIR wants as a JSON number: canonical
                            JSON has decimals as text, so that nobody makes floats of them
``fhir_urn(name[, name…])`` a ``urn:uuid:`` address by which entries of a transaction refer to each
                            other, the same for the same names
=========================== ====================================================================
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend

from . import bundle

#: Stands for a decimal until the resource is written; no element of FHIR has such a name.
_DECIMAL: Final = "$decimal"


def register() -> None:
    """Let mappings use these functions."""
    extend("fhir_decimal", decimal, {"types": ["string", "number", "null"]})
    extend("fhir_urn", urn, {"types": ["string"], "variadic": True})


def decimal(value: Any) -> dict[str, str] | None:
    """What becomes a JSON number when the resource is written; nothing of nothing.

    :raises MappingError: ``invalid_decimal``
    """
    if value is None:
        return None
    try:
        return {_DECIMAL: decimals.to_text(value)}
    except ValueError as error:
        raise MappingError(f"fhir_decimal(): {error}", code="invalid_decimal") from None


def urn(*names: str) -> str:
    """See :func:`.bundle.urn`."""
    return bundle.urn(*names)


def resolved(value: Any) -> Any:
    """What a mapping made, with decimals in the place of what stands for them."""
    if isinstance(value, dict):
        if value.keys() == {_DECIMAL}:
            return Decimal(value[_DECIMAL])
        return {name: resolved(item) for name, item in value.items()}
    if isinstance(value, list):
        return [resolved(item) for item in value]
    return value
