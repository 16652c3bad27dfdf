"""Problem details for HTTP APIs (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from odoo import http


class Problem(Exception):
    """A request is refused with a status and, where it helps the partner, a sentence.

    :param status: HTTP status code
    :param detail: what the partner can do; never why a signature was refused
    :param retry_after: seconds after which trying again makes sense (RFC 9110, 10.2.3)
    :param headers: further headers that the status calls for
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        retry_after: float | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ):
        super().__init__(detail or HTTPStatus(status).phrase)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.headers = headers


def response(problem: Problem) -> http.Response:
    """The HTTP answer that carries ``problem``."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Cache-Control", "no-store"),
        *problem.headers,
    ]
    if problem.retry_after is not None:
        headers.append(("Retry-After", str(max(1, round(problem.retry_after + 0.5)))))
    return http.Response(json.dumps(body), status=problem.status, headers=headers)
