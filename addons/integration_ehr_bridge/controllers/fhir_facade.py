"""What Odoo shows over FHIR: reads and searches of an interface, and what it says of itself."""

import time
from urllib.parse import parse_qsl

from odoo import http
from odoo.http import request

from odoo.addons.integration_core.controllers import door
from odoo.addons.integration_core.controllers.problem import Problem
from odoo.addons.integration_core.engine import discretion

from ..engine import fhir_disclosure, fhir_facade, fhir_log, fhir_statement
from ..tools.fhir import negotiation, page, search, written
from ..tools.fhir.operation_outcome import Refusal
from . import fhir_dispatcher, proving

TRANSPORT = "fhir"
ALLOWED = "GET, HEAD"
TAKING = f"{ALLOWED}, POST, PUT"
#: More is no search.
MAX_QUERY = 16 * 1024


class FhirFacadeController(http.Controller):
    """Where partners read over FHIR."""

    @http.route(
        ["/integration/fhir/<string:token>", "/integration/fhir/<string:token>/<path:path>"],
        type="integration_fhir",
        auth="none",
        methods=["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"],
        readonly=False,  # auth none is read-only by default, and clinical reads are audited
        save_session=False,
    )
    def answer(self, token, path=""):
        """Answer a read or a search; refuse to change anything."""
        if request.httprequest.method not in ("GET", "HEAD"):
            return refuse_write(token)
        if path == "metadata":
            # What is served, and how a client proves itself, it must know before it can do so.
            return door.ask(token, TRANSPORT, None, _metadata, fhir_dispatcher.problem)
        return door.ask(
            token, TRANSPORT, _authenticate, _answering(path, ()), fhir_dispatcher.problem
        )


def search_by_post(token, path):
    """Answer ``POST <type>/_search``, whose parameters are a form (FHIR 4.0.1, http.html#search).

    For the controller that has the route of POSTs; the body must not have been read.
    """

    def found(spec, one):
        if one.mimetype != "application/x-www-form-urlencoded":
            return fhir_dispatcher.refusal(
                Refusal(
                    415,
                    "not-supported",
                    "only_forms",
                    "A search by POST is a form: application/x-www-form-urlencoded.",
                )
            )
        kind = path.removesuffix("/_search")
        if "/" in kind:
            raise Problem(404)  # one resource is not searched
        return _answering(kind, _pairs(one.body.decode("utf-8", "replace")))(spec, one)

    return door.ask(token, TRANSPORT, _authenticate, found, fhir_dispatcher.problem)


def refuse_write(token):
    """Answer a request that would change something: what is shown is not changed here."""

    def refuse(spec, _one):
        rules = spec.get("fhir_rules")
        taking = bool(rules and rules.patterns)
        does = "reading, searching" + (", sending by POST and PUT" if taking else "")
        return fhir_dispatcher.refusal(
            Refusal(
                405,
                "not-supported",
                "read_only",
                f"Nothing is changed here: Odoo owns what it shows. What can be done is: {does}.",
                headers=(("Allow", TAKING if taking else ALLOWED),),
            )
        )

    return door.ask(token, TRANSPORT, _authenticate, refuse, fhir_dispatcher.problem)


def _authenticate(spec, arrival, opened):
    return proving.authenticate(spec.get("http_proof"), "FHIR", arrival, opened)


def _pairs(text):
    """Names and values of a form or of an address, in their order.

    :raises Problem: 413
    """
    # A link of ours is longer than the search that it holds.
    if len(text) > (page.MAX_LENGTH if text.startswith(f"{page.PARAMETER}=") else MAX_QUERY):
        raise Problem(413, f"A search is at most {MAX_QUERY} bytes long.")
    limit = search.MAX_PARAMETERS + 10
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=limit))
    except ValueError:
        raise Problem(413, f"A search has at most {search.MAX_PARAMETERS} parameters.") from None


def _answering(path, posted):
    """What answers a question at ``path``, with the parameters of a body."""

    def answer(spec, one):
        asked = fhir_facade.Asked(
            base=_base(spec),
            path=tuple(path.strip("/").split("/")) if path.strip("/") else (),
            pairs=(*_pairs(one.url.partition("?")[2]), *posted),
            headers=one.headers,
        )
        scope, began = spec["fhir_scope"], time.monotonic()
        said = {"method": one.method, "type": next(iter({*asked.path[:1]} & {*scope.views}), "")}
        try:
            given = _answered(scope, asked, said)
        except Refusal as refusal:
            said |= {"status": refusal.status, "code": refusal.issue.code}
            given = fhir_dispatcher.refusal(refusal)
        fhir_log.answered(scope, said, time.monotonic() - began)
        return given

    return answer


def _answered(scope, asked, said):
    """The answer, recorded where it tells something clinical.

    :param said: what is logged of it, to be completed
    """
    # Numbers of patients may be among what is asked: a statement that fails is not logged.
    with discretion.private_content(True):
        found = fhir_facade.answer(request.env, scope, asked)
    fhir_disclosure.record(request.env, scope, found)
    said |= {"status": found.status, "resources": len(found.shown)}
    return fhir_dispatcher.answer(found.status, found.body, found.headers, found.content_type)


def _metadata(spec, one):
    try:
        form = negotiation.wanted(
            one.headers.get("Accept") or "", _pairs(one.url.partition("?")[2])
        )
        statement = fhir_statement.statement(request.env, spec, _base(spec), form.versions)
    except Refusal as refusal:
        return fhir_dispatcher.refusal(refusal)
    body = written.dumps(statement)
    content_type = negotiation.served(form, statement["fhirVersion"])
    return fhir_dispatcher.answer(
        200, written.indented(body) if form.pretty else body, (), content_type
    )


def _base(spec):
    """The address as the partner knows it, that of a former token as well."""
    pieces = request.httprequest.path.split("/")
    return spec["base_url"] + "/".join(pieces[:4])
