# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What states of orders and deliveries mean over FHIR (value sets supplyrequest-status and
supplydelivery-status of FHIR 4.0.1). The tables of the documentation are made of these."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: SupplyRequest.status by the state of an item of a requisition. Lines that a person still enters
#: are not shown.
REQUEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held": "suspended",
        "waiting": "active",
        "partly_ready": "active",
        "ready": "active",
        "picked": "active",
        "partly_delivered": "active",
        "delivered": "completed",
        "ended": "completed",
        "rejected": "cancelled",
        "cancelled": "cancelled",
        "matched": "entered-in-error",
    }
)
#: SupplyDelivery.status by the state of a stock move.
DELIVERY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft": "in-progress",
        "waiting": "in-progress",
        "confirmed": "in-progress",
        "partially_available": "in-progress",
        "assigned": "in-progress",
        "done": "completed",
        "cancel": "abandoned",
    }
)
#: SupplyDelivery.status by what happened to goods at the patient or on the ward.
USAGE: Final[Mapping[str, str]] = MappingProxyType({"use": "completed"})
