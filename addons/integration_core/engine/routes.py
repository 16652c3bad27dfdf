"""How the messages of an inbound interface are handled, by their type.

An interface has one handler, mapping and wire contract for all that arrives, or a routing, whose
rules have one each for the types that they name. Whoever asks what an interface works with asks
here, so that both are heeded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from odoo import api
from odoo.fields import Domain
from odoo.models import BaseModel

#: Leads from an interface to each mapping that it uses.
_TO_MAPPINGS = ("mapping_id", "event_type_ids.mapping_id", "routing_id.line_ids.mapping_id")


@dataclass(frozen=True)
class Route:
    """How one kind of message is handled.

    :ivar handler: name of the handler's model, which may not be installed (any more)
    :ivar mapping: record of ``integration.mapping``, perhaps empty
    :ivar wire: record of ``integration.contract.version``, perhaps empty
    """

    handler: str
    mapping: BaseModel
    wire: BaseModel

    def model(self, env: api.Environment) -> BaseModel | None:
        """The handler, if it is installed."""
        return env.get(self.handler)


def of_interface(interface: BaseModel) -> list[Route]:
    """All the ways in which an interface handles messages; filtered types have none."""
    if interface.direction != "inbound":
        return []
    if interface.routing_id:
        return interface.routing_id._routes()
    if not interface.handler:
        return []
    return [Route(interface.handler, interface.mapping_id, interface.contract_version_id)]


def of_type(interface: BaseModel, message_type: str | None) -> Route | None:
    """How an interface handles messages of a type; ``None`` if it does not."""
    if interface.routing_id:
        rule = interface.routing_id._rules().find(message_type or "")
        return rule._route() if rule else None
    found = of_interface(interface)
    return found[0] if found else None


def handler_of(interface: BaseModel, message_type: str | None) -> BaseModel | None:
    """The handler of messages of a type, if there is one and it is installed."""
    route = of_type(interface, message_type)
    return route.model(interface.env) if route else None


def contract_codes(interface: BaseModel) -> set[str]:
    """Codes of the contracts that the installed handlers of an interface accept."""
    models = (route.model(interface.env) for route in of_interface(interface))
    return {model._contract for model in models if model is not None and model._contract}


def with_mapping(path: str, operator: str, value: object) -> Domain:
    """Interfaces that use a mapping with this property, in whatever way.

    :param path: from the mapping, such as ``value_map_ids``; empty: the mapping itself
    """
    ends = (f"{to}.{path}" if path else to for to in _TO_MAPPINGS)
    return Domain.OR(Domain(end, operator, value) for end in ends)


def with_handler(names: Iterable[str]) -> Domain:
    """Inbound interfaces that use one of these handlers."""
    names = sorted(names)
    routed = Domain("routing_id.line_ids.handler", "in", names)
    return Domain("direction", "=", "inbound") & (Domain("handler", "in", names) | routed)


def with_wire(versions: BaseModel) -> Domain:
    """Interfaces for whose messages one of these versions was chosen as wire contract."""
    routed = Domain("routing_id.line_ids.contract_version_id", "in", versions.ids)
    return Domain("contract_version_id", "in", versions.ids) | routed
