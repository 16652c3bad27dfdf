"""Plans: everything that a drain needs to know of an interface, read once for many messages.

A plan converts between the partner's bytes and canonical JSON: wire contract, mapping, canonical
contract, in this order for what is received and in the opposite order for what is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools import errors, event_filter
from ..tools.value_maps import ValueMapSet
from . import own_events, value_maps
from .inbound_plan import InboundPlan, inbound_plan
from .plan_parts import (
    Conversion,
    Plan,
    canonical_contract,
    conversion_by,
    mapping_context,
    moment_text,
)

__all__ = [
    "Conversion",
    "InboundPlan",
    "OutboundPlan",
    "Plan",
    "PlanCache",
    "as_filtered",
    "canonical_step",
    "mapping_context",
    "moment_text",
]

# Governed fields of an interface that carries traffic do not change, so a plan may be this old.
PLAN_SECONDS = 1.0


@dataclass(frozen=True)
class OutboundPlan(Plan):
    conversions: Mapping[str, Conversion | errors.IntegrationError]
    #: which events are sent; ``None`` for all
    event_filter: event_filter.EventFilter | errors.IntegrationError | None = None

    def passes(
        self, event_type: str, data: Any, moment: datetime, uuid: str, subject: str | None
    ) -> bool:
        """Whether the filter lets an event with this snapshot through.

        :raises errors.IntegrationError: the snapshot has no canonical form, or the filter fails on
            it; it must not be guessed then what the filter would have said.
        """
        if self.event_filter is None:
            return True
        if isinstance(self.event_filter, errors.IntegrationError):
            raise self.event_filter
        canonical = self.canonical(event_type, data, moment)
        return self.event_filter.passes(as_filtered(event_type, canonical, moment, uuid, subject))

    def canonical(self, event_type: str, data: Any, moment: datetime) -> Any:
        """The canonical JSON of a snapshot: what the event type's own mapping makes of it.

        :raises errors.IntegrationError: mapping or configuration does not allow it.
        """
        origin = self.conversion_of(event_type).origin
        return data if origin is None else origin.apply(data, moment)

    def convert(self, event_type: str, data: Any, moment: datetime) -> Any:
        """The partner's shape of the canonical snapshot of an event that happened at ``moment``.

        :raises errors.IntegrationError: contract, mapping or configuration does not allow it.
        """
        return self.conversion_of(event_type).apply(data, moment)

    def conversion_of(self, event_type: str) -> Conversion:
        """How events of this type are converted.

        :raises errors.IntegrationError: the configuration does not allow it.
        """
        conversion = self.conversions.get(event_type)
        if conversion is None:
            raise errors.ConfigurationError(
                "The interface no longer subscribes to this event type.", code="not_subscribed"
            )
        if isinstance(conversion, errors.IntegrationError):
            raise conversion
        return conversion


class PlanCache:
    """Plans of one drain, each younger than :data:`PLAN_SECONDS`.

    Value maps are the part that changes under an interface that carries traffic: what was
    mapped is reprocessed at once, and an older plan would put it back into quarantine.
    """

    def __init__(self) -> None:
        self._plans: dict[int, tuple[float, str, Any]] = {}

    def inbound(self, env: api.Environment, interface_id: int) -> InboundPlan:
        return self._get(env, interface_id, inbound_plan)

    def outbound(self, env: api.Environment, interface_id: int) -> OutboundPlan:
        return self._get(env, interface_id, _outbound)

    def _get(
        self, env: api.Environment, interface_id: int, build: Callable[[BaseModel], Any]
    ) -> Any:
        known = self._plans.get(interface_id)
        values = value_maps.state(env)
        if known and time.monotonic() - known[0] < PLAN_SECONDS and known[1] == values:
            return known[2]
        plan = build(env["integration.interface"].browse(interface_id))
        self._plans[interface_id] = (time.monotonic(), values, plan)
        return plan


def _outbound(interface: BaseModel) -> OutboundPlan:
    wire = interface.contract_version_id._optional_validator()
    conversions: dict[str, Conversion | errors.IntegrationError] = {}
    for event_type in interface.event_type_ids:
        canonical = canonical_contract(interface.env, event_type.contract_id.code)
        conversions[event_type.code] = (
            canonical
            if isinstance(canonical, errors.IntegrationError)
            else _from_event(
                event_type, conversion_by(interface, interface.mapping_id, canonical, wire)
            )
        )
    conversions[own_events.TEST] = _as_it_is(interface)
    if interface._fetches():
        conversions[own_events.FETCH] = _as_it_is(interface)
    return OutboundPlan(
        **Plan.common(interface), conversions=conversions, event_filter=_filter(interface)
    )


def _as_it_is(interface: BaseModel) -> Conversion:
    """What is no document has neither the mapping nor the wire contract of documents."""
    return Conversion(None, None, None, ValueMapSet({}), UTC, mapping_context(interface))


def _filter(interface: BaseModel) -> event_filter.EventFilter | errors.IntegrationError | None:
    if not interface.event_filter:
        return None
    try:
        return event_filter.EventFilter.compile(interface.event_filter)
    except event_filter.FilterError as exc:
        return exc


def as_filtered(
    event_type: str, canonical: Any, moment: datetime, uuid: str, subject: str | None
) -> dict[str, Any]:
    """What a filter sees of an event (:data:`tools.event_filter.NAMES`)."""
    time_ = moment_text(moment)
    return {"id": uuid, "type": event_type, "time": time_, "subject": subject, "data": canonical}


def _from_event(
    event_type: BaseModel, conversion: Conversion | errors.IntegrationError
) -> Conversion | errors.IntegrationError:
    """Let an event type's own mapping go first."""
    if isinstance(conversion, errors.IntegrationError) or not event_type.mapping_id:
        return conversion
    try:
        origin = canonical_step(event_type, conversion.context, conversion.zone)
    except errors.MappingError as exc:
        return exc
    return replace(conversion, origin=origin)


def canonical_step(
    event_type: BaseModel, context: Mapping[str, Any], zone: tzinfo = UTC
) -> Conversion:
    """From the snapshot of an event type to its canonical JSON.

    :raises errors.MappingError: an expression is wrong.
    """
    compiled = event_type.mapping_id._compiled()
    return Conversion(
        before=None,
        mapping=compiled,
        after=None,
        value_maps=event_type.mapping_id._value_maps(compiled.map_names),
        zone=zone,
        context=context,
    )
