"""Plans of what is received: one for an interface, or one for each rule of its routing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools import contracts, errors, routing
from ..tools.codecs import Codec
from . import fetches, routes
from .plan_parts import Conversion, Plan, canonical_contract, conversion_by


@dataclass(frozen=True)
class InboundPlan(Plan):
    handler_name: str
    user_id: int
    conversion: Conversion | errors.IntegrationError
    codec: Codec
    #: how the content of notifications is asked for; ``None`` if messages bring their content
    fetch: fetches.Fetch | errors.IntegrationError | None = None
    #: whether one fetch may serve several notifications of a thing, see the handler
    latest_suffices: bool = False
    #: how many messages the handler takes at once, see there
    batch_size: int = 1
    #: whether a message that lists several things becomes one for each of them, see the handler
    splits: bool = False
    #: plans of the types of messages, if there are several
    routes: routing.Table[InboundPlan] | None = None
    #: whether messages are kept and nothing else
    filters: bool = False
    #: why no message is handled, whatever it contains
    refusal: errors.IntegrationError | None = None

    def of_type(self, message_type: str | None) -> InboundPlan:
        """The plan for messages of a type; the same object for all that are handled alike."""
        if self.routes is None:
            return self
        found = self.routes.find(message_type or "")
        return self._unrouted(message_type) if found is None else found

    def _unrouted(self, message_type: str | None) -> InboundPlan:
        told = routing.shown(message_type)
        error = errors.ConfigurationError(
            "No rule of the routing says what to do with messages of "
            + (f"type {told}." if told else "this type."),
            code="no_handler",
        )
        return replace(self, routes=None, refusal=error, conversion=error)

    def handler(self, env: api.Environment) -> BaseModel:
        """The handler, with the rights of the service user and nothing more."""
        return env[self.handler_name].with_user(self.user_id).with_company(self.company_id)

    def convert(self, raw: bytes, content_type: str, moment: datetime) -> Any:
        """Canonical JSON of bytes that were received at ``moment``.

        :raises errors.ContractError: not in the format of the interface, or against a contract.
        :raises errors.ConfigurationError: no approved contract to check against.
        """
        if isinstance(self.conversion, errors.IntegrationError):
            raise self.conversion
        return self.conversion.apply(self.codec.decode(raw, content_type), moment)


def inbound_plan(interface: BaseModel) -> InboundPlan:
    """The plan of an inbound interface as it is configured now."""
    common = {
        **Plan.common(interface),
        "user_id": interface.user_id.id,
        "codec": interface._codec(),
        "fetch": interface._content_fetch(),
    }
    routed = interface.routing_id
    if not routed:
        own = routes.Route(interface.handler, interface.mapping_id, interface.contract_version_id)
        return InboundPlan(**common, **_handling(interface, own))
    idle = {
        "handler_name": "integration.handler",
        "conversion": errors.ConfigurationError("Messages of this type are not handled."),
    }
    rules = {
        line.message_type: InboundPlan(**common, **_handling(interface, route))
        if (route := line._route())
        else InboundPlan(**common, **idle, filters=True)
        for line in routed.line_ids
    }
    return InboundPlan(**common, **idle, routes=routing.Table(rules))


def _handling(interface: BaseModel, route: routes.Route) -> dict[str, Any]:
    """What a plan says of messages that go this way."""
    env = interface.env
    # An addon that was uninstalled took its handler along: each message then says so.
    known = route.model(env)
    handler = env["integration.handler"] if known is None else known
    user = interface.user_id
    canonical: contracts.Validator | errors.IntegrationError
    if known is None:
        canonical = errors.ConfigurationError(
            "The handler of this interface is no longer installed.", code="no_handler"
        )
    elif not user or user._is_superuser() or not user.active:
        # Without a user the handler would run as the superuser.
        canonical = errors.ConfigurationError(
            "The interface has no service user that could handle messages.", code="no_user"
        )
    else:
        canonical = canonical_contract(env, handler._contract)
    conversion: Conversion | errors.IntegrationError
    if isinstance(canonical, errors.IntegrationError):
        conversion = canonical
    elif route.mapping:
        wire = route.wire._optional_validator()
        conversion = conversion_by(interface, route.mapping, wire, canonical)
    else:
        conversion = conversion_by(interface, route.mapping, canonical, None)
    return {
        "handler_name": handler._name,
        "conversion": conversion,
        "latest_suffices": handler._latest_suffices,
        "batch_size": handler._batch_size,
        "splits": handler._splits and interface._codec().has_parts,
    }
