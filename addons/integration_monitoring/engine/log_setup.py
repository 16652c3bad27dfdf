"""How this process logs: in JSON if ``[integration] log_format = json`` says so, and security
events to a SIEM besides (``siem_syslog``, ``siem_file``).

Called when the addon is loaded, in each process. A process that loads it with the server
(``server_wide_modules``) logs so from its first line, others from the first database on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from odoo.addons.integration_core.engine import causation, security_events, settings

from ..tools.log_lines import JsonFormatter
from .siem_destinations import SecurityHandler, configured


def install() -> None:
    """Set up the handlers of this process; a second time changes nothing."""
    if settings.section().get("log_format", "").strip().lower() == "json":
        for handler in logging.getLogger().handlers:
            if not isinstance(handler.formatter, JsonFormatter):
                handler.setFormatter(JsonFormatter(_case))
    security = logging.getLogger(security_events.LOGGER)
    present = any(isinstance(handler, SecurityHandler) for handler in security.handlers)
    if configured() and not present:
        # What is refused is told, whatever the level of the rest.
        security.setLevel(logging.INFO)
        security.addHandler(SecurityHandler())


def _case() -> Mapping[str, str]:
    cause = causation.current()
    if cause is None:
        return {}
    return {
        "correlation_id": cause.correlation_id or "",
        "message_id": cause.message_uuid or "",
    }
