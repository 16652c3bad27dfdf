from http import HTTPStatus

from werkzeug.exceptions import HTTPException

from odoo.http import Response

from odoo.addons.integration_core.controllers.dispatcher import IntegrationDispatcher
from odoo.addons.integration_core.controllers.problem import Problem

from ..tools.fhir import written
from ..tools.fhir.negotiation import JSON
from ..tools.fhir.operation_outcome import Refusal, refused_by_door

CONTENT_TYPE = f"{JSON}; charset=utf-8"


class FhirDispatcher(IntegrationDispatcher):
    """Routes of FHIR: ``@http.route(type="integration_fhir")``. Errors are OperationOutcomes."""

    routing_type = "integration_fhir"

    def handle_error(self, exc):
        if isinstance(exc, HTTPException):
            if exc.response is not None:
                return exc
            return problem(Problem(exc.code or HTTPStatus.INTERNAL_SERVER_ERROR))
        # Odoo has logged the exception; its text stays here.
        return problem(Problem(HTTPStatus.INTERNAL_SERVER_ERROR))


def problem(one: Problem) -> Response:
    """What the door refuses, as FHIR has it."""
    headers = list(one.headers)
    if one.retry_after is not None:
        headers.append(("Retry-After", str(max(1, round(one.retry_after + 0.5)))))
    return answer(one.status, written.dumps(refused_by_door(one.status, one.detail)), headers)


def refusal(one: Refusal) -> Response:
    """What the facade refuses."""
    return answer(one.status, written.dumps(one.outcome()), one.headers)


def answer(status, body, headers=(), content_type=CONTENT_TYPE) -> Response:
    """An answer over FHIR; nobody in between keeps it, no browser makes a page of it."""
    return Response(
        body,
        status=status,
        headers=[
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *headers,
        ],
    )
