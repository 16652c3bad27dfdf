"""Attempts that were refused, told to the log as structured records.

A line for people, and the same as fields for whatever reads the log for a SIEM (``record.event``).
Nothing of what was sent is in it: no address with its secret, no signature, no content.
"""

from __future__ import annotations

import logging

#: The logger that a SIEM listens to.
LOGGER = "odoo.addons.integration_core.security"
_logger = logging.getLogger(LOGGER)
#: Refusals that say something about who asks, by HTTP status.
REFUSALS = {
    401: "not_authentic",
    403: "not_allowed",
    404: "unknown_address",
    413: "body_too_large",
    429: "too_many_requests",
}


def refused(status: int, interface: int | str | None, address: object, database: str) -> None:
    """A request at the door was refused; other statuses are no matter of security.

    :param interface: id of the interface, if there is one at the address; or what else it was that
        somebody asked for, such as ``metrics``
    :param address: IP address of the sender, if it is known
    """
    event = REFUSALS.get(status)
    if event is None:
        return
    fields = {
        "event": event,
        "outcome": "refused",
        "remote_address": str(address or ""),
        "interface": str(interface or ""),
        "direction": "inbound",
        "database": database,
    }
    _logger.info(
        "Refused (%s): interface %s, from %s",
        event,
        interface or "-",
        address or "-",
        extra={"event": fields},
    )
