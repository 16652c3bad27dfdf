"""One FHIR server as it is asked: its base, how we prove ourselves, and the limits of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from odoo.addons.integration_core.engine.access import (
    Access,
    Constant,
    current_headers,
    discreet,
)
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.http_client import HttpClient, HttpRequest, HttpResponse

from ..tools.fhir.resource import CONTENT_TYPE

USER_AGENT = "Odoo-Integration-Suite/1.0"
#: Of an answer to what was sent: ids and versions, or an OperationOutcome.
MAX_ANSWER = 1 << 20

#: Failures on the way that are ours, and not the partner's.
_OURS = frozenset({"proxy_failed", "proxy_refused"})

# One client a process: its pools keep connections to partners open between drains.
client = HttpClient()


@dataclass(frozen=True)
class Server:
    """A server; read once a batch while a cursor is open. Thread safe; needs no cursor.

    :ivar base: the approved base address, without a slash at its end
    :ivar options: time limits, networks and TLS of the requests
    :ivar private: whether nothing that is exchanged may be repeated in errors
    """

    base: str
    access: Access = field(default_factory=Constant)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    private: bool = True

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        limit: int = MAX_ANSWER,
        as_it_is: bool = False,
    ) -> HttpResponse:
        """One exchange; once more with another token when ours is not taken any more.

        :param limit: bytes of the answer
        :param as_it_is: the answer is content, which must not be touched; otherwise what we proved
            ourselves with is taken out of it
        :raises errors.IntegrationError: see :meth:`HttpClient.send`, and of the access
        """
        said = {"accept": CONTENT_TYPE, "user-agent": USER_AGENT, **(headers or {})}
        if body:
            said["content-type"] = f"{CONTENT_TYPE}; charset=utf-8"
        proof = current_headers(self.access)
        answer, request = self._send(method, url, {**said, **proof}, body, limit)
        if answer.status == 401 and self.access.refused(proof):
            proof = current_headers(self.access)
            answer, request = self._send(method, url, {**said, **proof}, body, limit)
        if as_it_is and answer.status == 200:
            return answer
        return discreet(answer, request, proof)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit: int
    ) -> tuple[HttpResponse, HttpRequest]:
        request = HttpRequest(method, url, headers, body, max_response_bytes=limit, **self.options)
        try:
            return client.send(request), request
        except errors.IntegrationError as exc:
            if exc.code in _OURS:
                exc.fault = errors.Fault.OWN
            raise
