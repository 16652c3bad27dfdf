# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Models that are no business documents and hold secrets: events never carry what is in them.

Some are named although only superusers may read them: who defines an event may be one.
"""

from typing import Final

_CLOSED: Final = frozenset(
    {
        "fetchmail.server",
        "iap.account",
        "payment.provider",
        "payment.token",
        "queue.job",
        "res.config.settings",
        "res.device",
        "res.device.log",
    }
)
_CLOSED_FAMILIES: Final = (
    "auth.",
    "auth_",
    "bus.",
    "certificate.",
    "integration.",
    "ir.",
    "mail.push",
    "res.users.",
)
#: Of users, an event tells who it is and how to reach him, but not how he signs in.
_USER_FIELDS: Final = frozenset(
    {
        "active",
        "company_id",
        "display_name",
        "email",
        "id",
        "lang",
        "name",
        "partner_id",
        "phone",
        "tz",
    }
)


def is_closed(model: str) -> bool:
    """Whether no field of a model may be in an event, not even its name as the end of a link."""
    return model in _CLOSED or model.startswith(_CLOSED_FAMILIES)


def is_closed_field(model: str, field: str) -> bool:
    """Whether a field of a model that is not closed itself may not be in an event."""
    return model == "res.users" and field not in _USER_FIELDS
