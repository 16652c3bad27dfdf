# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A function for mappings that write HL7: ``hl7_written_time(text, zone)``, the HL7 form (with
offset) of an RFC 3339 moment in a time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.addons.integration_core.tools.errors import MappingError
from odoo.addons.integration_core.tools.mapping_functions import extend
from odoo.addons.integration_ehr_bridge.tools.hl7 import timestamps


def register() -> None:
    """Let mappings use it."""
    extend("hl7_written_time", written_time, {"types": ["string"]}, {"types": ["string"]})


def written_time(text: str, zone: str) -> str:
    """A moment as HL7 writes it (2.A.22, DTM).

    :raises MappingError: ``invalid_datetime``, ``unknown_zone``

    >>> written_time("2026-03-02T09:00:00Z", "Europe/Berlin")
    '20260302100000+0100'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MappingError(
            "hl7_written_time(): not an RFC 3339 date and time", code="invalid_datetime"
        ) from None
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise MappingError("hl7_written_time(): unknown time zone", code="unknown_zone") from None
    return timestamps.build(local)
