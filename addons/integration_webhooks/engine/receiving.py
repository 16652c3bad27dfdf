"""What the HTTP door does for a webhook interface: everything that can be prepared is prepared.

A :class:`Receiver` is made once for each specification of an interface and kept with it. It holds
no secret: those are opened for each request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from odoo import SUPERUSER_ID
from odoo.http import request

from odoo.addons.integration_core.controllers.arrival import Arrival, Delivery, Item, Reply
from odoo.addons.integration_core.controllers.problem import Problem
from odoo.addons.integration_core.engine.intake import NOT_READ
from odoo.addons.integration_core.engine.sealed_secrets import SealedSecret
from odoo.addons.integration_core.tools import errors

from ..tools import batches
from ..tools.answer import Answer
from ..tools.handshakes import HANDSHAKES, Confirmation, Handshake
from ..tools.options import Options
from ..tools.request import Headers, InboundRequest
from ..tools.schemes import registry
from ..tools.schemes.aws_sns import AwsSns
from ..tools.schemes.base import Scheme
from ..tools.schemes.sns_certificates import CertificateCache, FetchCertificate
from ..tools.signature import Reason, SignatureInvalid, VerifiedDelivery
from . import key_fetching

_logger = logging.getLogger(__name__)

#: Seconds after which a sender should come again while its key is being fetched.
KEY_RETRY_AFTER = 5
#: Of the id of a request, what goes into the ids of its items: they are stored with 255 characters.
MAX_PREFIX = 240

Opened = Sequence[tuple[SealedSecret, str]]


@dataclass(frozen=True)
class Receiver:
    """How one interface reads what its partner sends.

    :param keys: public keys and certificates of the partner, which are no secrets
    :param key_set_url: where the partner publishes its keys
    :param items_options: how a request is taken apart into messages
    :param handshake: what the partner asks before it delivers, unsigned; what its scheme asks
        besides comes signed
    """

    scheme: Scheme
    options: Options
    keys: tuple[str, ...] = ()
    key_set_url: str = ""
    items_options: batches.BatchOptions = field(default_factory=batches.BatchOptions)
    handshake: Handshake | None = None
    handshake_options: Options | None = None

    def greet(self, arrival: Arrival) -> Reply | None:
        """The answer to a handshake that comes before anything is signed, or ``None``."""
        handshake = self.handshake
        if handshake is None or handshake.signed or arrival.method not in handshake.methods:
            return None
        answer = handshake.answer(inbound(arrival), (), self.handshake_options)
        return reply(answer) if answer else None

    def receive(
        self, spec: Mapping[str, Any], arrival: Arrival, opened: Opened
    ) -> Delivery | Reply:
        """Prove a request, and say of which messages it consists.

        :raises Problem: 401 without a reason; 503 while a key is fetched; 413 for too many items
        """
        asked = inbound(arrival)
        verified = self._verified(spec, asked, opened)
        if spec["greets"] and (agreed := self._agreed(spec, asked, opened)):
            return agreed
        index = verified.secret_index
        items = self.items(asked, arrival.mimetype, verified.id)
        return Delivery(
            external_key=verified.id,
            message_type=verified.message_type,
            # Public keys stand behind the secrets.
            secret_index=index if index is not None and index < len(opened) else None,
            items=items,
            many=items is not None and not self._is_event(arrival),
            reply=reply(self.scheme.accepted) if self.scheme.accepted else None,
            declared=batches.declared(asked, self.items_options) if items is not None else None,
        )

    def _agreed(
        self, spec: Mapping[str, Any], asked: InboundRequest, opened: Opened
    ) -> Reply | None:
        """The answer to a handshake that came signed; ``None`` if it is a delivery."""
        for code in self.scheme.handshakes:
            secrets = [secret for _sealed, secret in opened]
            answer = HANDSHAKES[code].answer(asked, secrets, Options())
            if isinstance(answer, Confirmation):
                env = request.env(user=SUPERUSER_ID)
                interface = env["integration.interface"].browse(spec["id"])
                env["integration.webhook.subscription"]._ask(interface, answer.subject, answer.url)
            if answer:
                return reply(answer)
        return None

    def _verified(
        self, spec: Mapping[str, Any], asked: InboundRequest, opened: Opened
    ) -> VerifiedDelivery:
        try:
            return self.verify(asked, opened, time.time())
        except SignatureInvalid as exc:
            _logger.info("Interface %s: webhook refused: %s", spec["id"], exc.reason)
            if self._key_may_come(spec, exc.reason) or exc.temporary:
                raise Problem(503, retry_after=KEY_RETRY_AFTER) from exc
            raise Problem(401) from exc

    def verify(self, asked: InboundRequest, opened: Opened, now: float) -> VerifiedDelivery:
        """:raises SignatureInvalid: it is not proven."""
        return self.scheme.verify(
            asked, [*(secret_text(*one) for one in opened), *self.keys], self.options, now
        )

    def _key_may_come(self, spec: Mapping[str, Any], reason: Reason) -> bool:
        """Whether the sender's key set is being fetched, because it names a key that we lack."""
        if not self.key_set_url or reason not in (Reason.UNKNOWN_KEY, Reason.NO_SECRET):
            return False
        env = request.env(user=SUPERUSER_ID)
        return key_fetching.want(env, spec["id"], "jwks", self.key_set_url)

    def _is_event(self, arrival: Arrival) -> bool:
        """Whether a request is one CloudEvent, whatever its form."""
        batch = arrival.mimetype == batches.BATCH_TYPE
        return self.items_options.form == "cloudevents" and not batch

    def items(
        self, asked: InboundRequest, mimetype: str, request_id: str | None
    ) -> list[Item] | None:
        """The messages of a request; ``None`` if it is one message.

        What cannot be taken apart is one message, good or bad: it is kept, and put aside by the
        contract when it is handled.

        :param request_id: the sender's id of the whole request
        :raises Problem: 413
        """
        options = self.items_options
        if mimetype == batches.BATCH_TYPE and options.form == "single":
            options = replace(options, form="cloudevents")
        if options.form == "single":
            return None
        try:
            found = batches.split(asked, options)
        except batches.TooManyItems as exc:
            raise Problem(413, exc.message) from exc
        except errors.ContractError:
            return None
        return [
            Item(
                one.body,
                one.id or place(request_id, number),
                one.message_type,
                one.content_type,
                NOT_READ if one.value is None else one.value,
            )
            for number, one in enumerate(found)
        ]


@lru_cache(maxsize=1)
def plain_schemes() -> Mapping[str, Scheme]:
    """The schemes by their codes, without a way to certificates."""
    return registry.schemes()


def scheme(code: str, certificates: FetchCertificate | None) -> Scheme:
    """The scheme of an interface."""
    if certificates is None or code != AwsSns.code:
        return plain_schemes()[code]
    return AwsSns(CertificateCache(certificates))


def certificates(
    interface_id: int, contents: Mapping[str, str], *, notes: bool
) -> FetchCertificate:
    """How a scheme gets a certificate: from what was fetched, or by asking for it and failing.

    :param contents: what was fetched, by address
    :param notes: whether what is missing is asked for
    """

    def get(url: str) -> str:
        if url in contents:
            return contents[url]
        if notes:
            key_fetching.want(request.env(user=SUPERUSER_ID), interface_id, "certificate", url)
        raise errors.TransientError("The certificate is not here yet.", code="key_unavailable")

    return get


def secret_text(sealed: SealedSecret, secret: str) -> str:
    """A secret as schemes take it: a password with its login before it."""
    return f"{sealed.login}:{secret}" if sealed.login else secret


def place(request_id: str | None, number: int) -> str | None:
    """What names an item without an id: its place in a request that has one."""
    return f"{request_id[:MAX_PREFIX]}/{number}" if request_id else None


def inbound(arrival: Arrival) -> InboundRequest:
    """A request as schemes and handshakes take it."""
    return InboundRequest(
        arrival.method, arrival.url, Headers(arrival.headers), arrival.body, arrival.peer
    )


def reply(answer: Answer) -> Reply:
    """An answer as the door takes it."""
    headers = dict(answer.headers)
    kind = next((headers.pop(name) for name in list(headers) if name.lower() == "content-type"), "")
    return Reply(
        answer.status, answer.body, kind or "text/plain; charset=utf-8", tuple(headers.items())
    )
