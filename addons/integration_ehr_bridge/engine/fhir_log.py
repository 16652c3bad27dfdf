"""Nothing of what partners ask over FHIR in the log: searches hold numbers, addresses a secret.

Odoo's server logs the first line of each request, address and search included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from .fhir_scope import Scope

_logger = logging.getLogger(__name__)
# The secret, the type, and whatever follows: ids (a partner's own, where it puts) and the search.
_ADDRESS = re.compile(r"(/integration/fhir/)([^/?\s\"]+)((?:/[^/?\s\"]*)?)([^\s\"]*)")


def shortened(text: str) -> str:
    """A line without the secret of an address, ids and searches.

    >>> shortened("GET /integration/fhir/s3cret/Organization/7?identifier=4711 HTTP/1.1")
    'GET /integration/fhir/…/Organization… HTTP/1.1'
    """
    return _ADDRESS.sub(lambda found: f"{found[1]}…{found[3]}{'…' if found[4] else ''}", text)


class _Addresses(logging.Filter):
    """Shortens addresses in lines of the server."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = shortened(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(
                shortened(one) if isinstance(one, str) else one for one in record.args
            )
        return True


def guard() -> None:
    """Put the filter in place; doing so again is harmless."""
    logger = logging.getLogger("werkzeug")
    if not any(type(known).__name__ == _Addresses.__name__ for known in logger.filters):
        logger.addFilter(_Addresses())


def answered(scope: Scope, said: Mapping[str, object], seconds: float) -> None:
    """One line for an answer: what whoever is on call wants to know, and no value of a search."""
    told = ", ".join(f"{name} {value}" for name, value in said.items() if value not in ("", None))
    _logger.info("FHIR interface %s: %s, %.0f ms", scope.interface_id, told, seconds * 1000)


guard()
