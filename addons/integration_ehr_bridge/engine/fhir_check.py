"""Asking a FHIR server what it is and can do, and whether it lets us in. Nothing is changed there.

The findings are plain data; whoever shows them words them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from odoo.addons.integration_core.engine.access import Access
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpResponse

from ..tools.fhir import address, capability_check, responses, smart
from ..tools.fhir.capability_check import Capabilities, Need
from ..tools.fhir.conditional import Exchange
from ..tools.fhir.smart import Smart
from .fhir_server import Server

#: Seconds for all questions together, whatever the policy allows: somebody waits.
SECONDS = 15.0


@dataclass(frozen=True)
class Found:
    """What was found out.

    :ivar metadata_error: why there is no CapabilityStatement, ``None`` if there is one
    :ivar smart_error: why there is no SMART configuration, ``None`` if there is one
    :ivar smart_absent: the server has none, which is no fault of a server without SMART
    :ivar access_error: why no token was given, or why we are not let in
    :ivar needs: what the interface needs, and whether the server says that it offers it
    """

    capabilities: Capabilities | None = None
    metadata_error: errors.IntegrationError | None = None
    smart: Smart | None = None
    smart_error: str = ""
    smart_absent: bool = False
    access_error: errors.IntegrationError | None = None
    needs: Sequence[tuple[Need, bool]] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class _Checker:
    server: Server
    ends: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    def ask(self, url: str, limit: int, access: Access | None = None) -> HttpResponse:
        left = max(self.ends - time.monotonic(), 0.1)
        options = {**self.server.options}
        for name in ("connect_timeout", "read_timeout", "total_timeout"):
            options[name] = min(options[name], left)
        server = replace(self.server, options=options)
        if access is not None:
            server = replace(server, access=access)
        return server.ask("GET", url, limit=limit, as_it_is=True)


def check(server: Server, needs: Sequence[Need], anonymous: Access) -> Found:
    """Ask a server; never raises.

    :param anonymous: how its public documents are asked for
    """
    started = time.monotonic()
    checker = _Checker(server)
    found = Found(access_error=_signed_in(server))
    capabilities, error = _metadata(checker, None if found.access_error is None else anonymous)
    told, smart_error, absent = _smart(checker, anonymous)
    offered = capabilities or Capabilities()
    return replace(
        found,
        capabilities=capabilities,
        metadata_error=error,
        smart=told,
        smart_error=smart_error,
        smart_absent=absent,
        needs=[(need, offered.offers(need)) for need in needs] if capabilities else (),
        seconds=time.monotonic() - started,
    )


def _signed_in(server: Server) -> errors.IntegrationError | None:
    try:
        server.access.make_ready()
    except errors.IntegrationError as exc:
        return exc
    return None


def _metadata(
    checker: _Checker, access: Access | None
) -> tuple[Capabilities | None, errors.IntegrationError | None]:
    url = address.below(checker.server.base, "metadata")
    try:
        answer = checker.ask(url, capability_check.MAX_BYTES, access)
    except errors.IntegrationError as exc:
        return None, exc
    error = responses.refusal(
        Exchange("GET", "metadata", "CapabilityStatement", {}),
        answer,
        datetime.now(UTC),
        private=True,
    )
    if error is not None:
        return None, error
    try:
        return capability_check.read(answer.body), None
    except ValueError as exc:
        return None, errors.TransientError(
            f"What the server says of itself cannot be read: {exc}. Is this the base address?",
            code="fhir_metadata",
        )


def _smart(checker: _Checker, anonymous: Access) -> tuple[Smart | None, str, bool]:
    url = address.below(checker.server.base, *smart.PATH)
    try:
        answer = checker.ask(url, smart.MAX_BYTES, anonymous)
    except errors.IntegrationError as exc:
        return None, exc.message, False
    if answer.status != 200:
        return None, f"HTTP {answer.status}", answer.status in (404, 410)
    try:
        return smart.read(answer.body), "", False
    except ValueError as exc:
        return None, str(exc), False
