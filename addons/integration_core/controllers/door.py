"""The HTTP door: who may knock, with what, how often, and what they get.

Every inbound HTTP transport passes here: find the interface, check where the request comes from,
limit the rate, read the body under a cap, let the transport authenticate, store, answer. Nothing is
handled before the transaction that stores the bytes is committed, and Odoo sends the answer after
that commit.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from odoo import fields, http
from odoo.http import request

from ..engine import security_events
from ..engine.former_addresses import note_former_address_after_commit
from ..engine.sealed_secrets import SealedSecret, note_use_after_commit
from ..tools import keyring
from . import arrival, door_accept, door_checks
from .arrival import Accept, Arrival, Authenticate, Delivery, Greet, Item, Reply
from .door_checks import READ_LIMIT, STOPPED_RETRY_AFTER
from .problem import Problem, response

__all__ = [
    "READ_LIMIT",
    "Arrival",
    "Delivery",
    "Item",
    "Reply",
    "ask",
    "receipt",
    "receive",
]

_logger = logging.getLogger(__name__)


def receive(
    token: str,
    transport: str,
    authenticate: Authenticate,
    greet: Greet | None = None,
    accept: Accept = door_accept.accept,
    *,
    methods: Collection[str] = ("POST",),
    empty: bool = False,
    refuse: Callable[[Problem], http.Response] = response,
) -> http.Response:
    """Serve one inbound request of ``transport``; the result is the HTTP answer.

    :param greet: answers handshakes that come before anything else; asked for every method, while
        messages come by POST alone
    :param accept: stores what is authentic and answers it, where the protocol has answers of its
        own
    :param methods: those by which messages come
    :param empty: whether a request without a body means something; it needs no content type
    :param refuse: how a refusal is written
    """
    spec = None
    try:
        spec = door_checks.admitted(token, transport)
        door_checks.limit_rate(spec)
        if request.httprequest.method not in methods:
            return _reply(_greeted(spec, arrival.of_request(spec, b""), greet, methods=methods))
        one = arrival.of_request(spec, door_checks.read_body(spec))
        answer = _greeted(spec, one, greet, required=False)
        if answer is not None:
            return _reply(answer)
        if one.body or not empty:
            door_checks.check_content_type(spec)
        return _authentic(spec, one, authenticate, accept)
    except Problem as problem:
        security_events.refused(
            problem.status, spec and spec["id"], arrival.source(), request.db or ""
        )
        return refuse(problem)


def receipt(token: str, transport: str, uuid: str) -> http.Response:
    """Tell the sender of a message, who shows the token of its receipt, how far it is."""
    try:
        spec = door_checks.admitted(token, transport)
        door_checks.limit_receipts(spec)
        return door_accept.progress(spec, uuid)
    except Problem as problem:
        return response(problem)


def _greeted(
    spec: Mapping[str, Any],
    one: Arrival,
    greet: Greet | None,
    *,
    required: bool = True,
    methods: Collection[str] = ("POST",),
) -> Reply | None:
    """The answer to a handshake.

    :raises Problem: 405 if there is none for this request and ``required``
    """
    answer = greet(spec, one) if greet and spec["greets"] else None
    if answer is None and required:
        raise Problem(405, headers=(("Allow", ", ".join(methods)),))
    return answer


def _authentic(
    spec: Mapping[str, Any], one: Arrival, authenticate: Authenticate, accept: Accept
) -> http.Response:
    secrets = _open_secrets(spec)
    found = _authenticated(spec, one, authenticate, secrets)
    if isinstance(found, Reply):
        return _reply(found)
    door_checks.check_open(spec)
    door_checks.check_backlog(spec)
    door_checks.charge_items(spec, len(found.items or ()))
    answer = accept(spec, found, one)
    if found.secret_index is not None:
        sealed, _secret = secrets.opened[found.secret_index]
        note_use_after_commit(request.env.cr, sealed.span.number)
    if "former_until" in spec:
        note_former_address_after_commit(request.env.cr, spec["id"])
    return _reply(found.reply) if found.reply else answer


@dataclass(frozen=True)
class _Secrets:
    """The valid secrets of an interface; ``unread`` is why some of them cannot be opened."""

    opened: tuple[tuple[SealedSecret, str], ...]
    unread: keyring.KeyRingError | None


def _open_secrets(spec: Mapping[str, Any]) -> _Secrets:
    now = fields.Datetime.now()  # not the database's: that is a round trip
    opened, unread = [], None
    for sealed in spec["secrets"]:
        if sealed.valid_at(now):
            try:
                opened.append((sealed, sealed.open()))
            except keyring.KeyRingError as exc:
                unread = exc
    return _Secrets(tuple(opened), unread)


def _authenticated(
    spec: Mapping[str, Any], one: Arrival, authenticate: Authenticate, secrets: _Secrets
) -> Delivery | Reply:
    try:
        return authenticate(spec, one, secrets.opened)
    except Problem as problem:
        if problem.status == 401 and secrets.unread:
            # It may be signed with the secret that we cannot read. Our own fault: the partner
            # keeps the message and tries again.
            _logger.warning("A secret of the HTTP door cannot be read: %s", secrets.unread)
            raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from secrets.unread
        raise


def _reply(reply: Reply) -> http.Response:
    headers = [
        ("Content-Type", reply.content_type),
        ("Cache-Control", "no-store"),
        # Some handshakes return what was sent: no browser is to make a page of it.
        ("X-Content-Type-Options", "nosniff"),
        *reply.headers,
    ]
    return http.Response(reply.body, status=reply.status, headers=headers)


def ask(
    token: str,
    transport: str,
    authenticate: Authenticate | None,
    answer: Callable[[Mapping[str, Any], Arrival], http.Response],
    refuse: Callable[[Problem], http.Response] = response,
) -> http.Response:
    """Serve one request that asks for something and delivers nothing; nothing is stored of it.

    :param authenticate: as of :func:`receive`, without handshakes; ``None`` for what everybody may
        know who knows the address
    :param answer: what is asked for, when it is known who asks
    :param refuse: how a refusal is written
    """
    spec = None
    try:
        spec = door_checks.admitted(token, transport)
        door_checks.limit_rate(spec)
        posted = request.httprequest.method == "POST"
        one = arrival.of_request(spec, door_checks.read_body(spec) if posted else b"")
        proven = _proven(spec, one, authenticate) if authenticate else None
        door_checks.check_open(spec)
        given = answer(spec, one)
    except Problem as problem:
        security_events.refused(
            problem.status, spec and spec["id"], arrival.source(), request.db or ""
        )
        return refuse(problem)
    # After the answer, which may have begun another transaction.
    if proven is not None:
        note_use_after_commit(request.env.cr, proven.span.number)
    if "former_until" in spec:
        note_former_address_after_commit(request.env.cr, spec["id"])
    return given


def _proven(
    spec: Mapping[str, Any], one: Arrival, authenticate: Authenticate
) -> SealedSecret | None:
    """The secret that a question proves to know; ``None`` for a certificate.

    :raises Problem: 401
    """
    secrets = _open_secrets(spec)
    found = _authenticated(spec, one, authenticate, secrets)
    if isinstance(found, Reply):
        raise Problem(401)  # a handshake proves nothing
    if found.secret_index is None:
        return None
    sealed, _secret = secrets.opened[found.secret_index]
    return sealed
