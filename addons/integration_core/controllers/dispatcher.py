import inspect
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException, InternalServerError

from odoo import http

from . import problem

_logger = logging.getLogger(__name__)


def with_signature(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Let the method of a route carry its signature, which Odoo works out for each request else.

    To be written below ``@http.route``.
    """
    endpoint.__signature__ = inspect.signature(endpoint)  # type: ignore[attr-defined]
    return endpoint


class IntegrationDispatcher(http.Dispatcher):
    """Routes of partner systems: ``@http.route(type="integration")``.

    Odoo's own HTTP dispatcher parses forms and thereby consumes the body; a signature covers the
    bytes as they came. This one leaves the body alone, and answers errors as problem details
    (RFC 9457) that tell the partner what to do and nothing about Odoo.
    """

    routing_type = "integration"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        if isinstance(exc, HTTPException):
            if exc.response is not None:
                return exc
            status = exc.code or HTTPStatus.INTERNAL_SERVER_ERROR
            return problem.response(problem.Problem(status))
        # Odoo has logged the exception; its text stays here.
        return problem.response(problem.Problem(InternalServerError.code))
