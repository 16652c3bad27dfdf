"""Plans: everything that a drain needs to know of an interface, read once for many messages.

A plan converts between the partner's bytes and canonical JSON: wire contract, mapping, canonical
contract, in this order for what is received and in the opposite order for what is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from odoo import api
from odoo.models import BaseModel

from ..tools import (
    backoff,
    contracts,
    data_classes,
    errors,
    event_filter,
    keyring,
    mapping,
)
from ..tools.codecs import Codec
from ..tools.mapping_trial import Trial
from ..tools.states import ATTENTION, State
from ..tools.value_maps import ValueMapSet
from . import fetches, own_events, value_maps

# Governed fields of an interface that carries traffic do not change, so a plan may be this old.
PLAN_SECONDS = 1.0


@dataclass(frozen=True)
class Conversion:
    """Contract → mapping → contract.

    A moment is naive UTC: when a message arrived, or when the event that is sent happened. Value
    maps apply as they are on that day in ``zone``, the time zone of the partner's system, so
    that a message which is handled again later is translated as it would have been then.
    """

    before: contracts.Validator | None
    mapping: mapping.CompiledMapping | None
    after: contracts.Validator | None
    value_maps: ValueMapSet
    zone: tzinfo
    context: Mapping[str, Any]
    #: what comes first: an event type's own mapping from its snapshot to canonical JSON
    origin: Conversion | None = None
    #: whether errors must not name members that a contract does not declare
    private: bool = False

    def apply(self, value: Any, moment: datetime) -> Any:
        """Validate, map, validate.

        :raises errors.ContractError: with the places that break a contract, never the values.
        :raises errors.MappingError: the value cannot be mapped.
        """
        if self.origin is not None:
            value = self.origin.apply(value, moment)
        self._require(self.before, value, "The content breaks its contract:")
        if self.mapping is None:
            return value
        mapped = self.map(value, moment)
        self._require(self.after, mapped, "After mapping, the content breaks its contract:")
        return mapped

    def _require(self, validator: contracts.Validator | None, value: Any, sentence: str) -> None:
        violations = validator.violations(value, private=self.private) if validator else None
        if violations:
            raise errors.ContractError(sentence, violations)

    def map(self, value: Any, moment: datetime, trial: Trial | None = None) -> Any:
        """The mapping alone, strict or as a trial (see :class:`tools.mapping_trial.Trial`)."""
        if self.mapping is None:
            return value
        maps = self.value_maps.on(self.day(moment))
        return self.mapping.apply(value, maps, self.context, trial)

    def attempt(self, value: Any, moment: datetime, trial: Trial) -> Any:
        """All mappings as a trial, without contracts."""
        if self.origin is not None:
            value = self.origin.attempt(value, moment, trial)
        return self.map(value, moment, trial)

    def day(self, moment: datetime) -> date:
        """The partner's day of a moment."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()


@dataclass(frozen=True)
class Plan:
    """What both directions share."""

    interface_id: int
    system_id: int
    company_id: int
    ordering: str
    failure_blocks_key: bool
    max_attempts: int
    retry: backoff.RetryPlan
    data_class: str
    key_ring: keyring.KeyRing | None

    @property
    def private(self) -> bool:
        """Whether content is confidential or clinical."""
        return self.data_class in data_classes.PRIVATE

    def order_keys(self, partition_key: str | None) -> frozenset[str]:
        """The queue that a message stands in: none, its key's, or the one of the interface."""
        if self.ordering == "strict":
            return frozenset({""})
        if self.ordering == "key" and partition_key:
            return frozenset({partition_key})
        return frozenset()

    def blocks(self, state: State) -> bool:
        """Whether a message that ends in ``state`` holds back those behind it."""
        return state in (State.RETRY, State.WAITING) or (
            state in ATTENTION and self.failure_blocks_key
        )

    @classmethod
    def common(cls, interface: BaseModel) -> dict[str, Any]:
        policy = interface.policy_id
        return {
            "interface_id": interface.id,
            "system_id": interface.system_id.id,
            "company_id": interface.company_id.id,
            "ordering": policy.ordering,
            "failure_blocks_key": policy.failure_blocks_key,
            "max_attempts": policy.max_attempts,
            "retry": policy._retry_plan(),
            "data_class": interface.data_class,
            "key_ring": interface.env["integration.credential"]._key_ring(),
        }


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
        return self._get(env, interface_id, _inbound)

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


def _inbound(interface: BaseModel) -> InboundPlan:
    env = interface.env
    # An addon that was uninstalled took its handler along: each message then says so.
    known = interface.handler in env
    handler = env[interface.handler if known else "integration.handler"]
    user = interface.user_id
    canonical: contracts.Validator | errors.IntegrationError
    if not known:
        canonical = errors.ConfigurationError(
            "The handler of this interface is no longer installed.", code="no_handler"
        )
    elif not user or user._is_superuser() or not user.active:
        # Without a user the handler would run as the superuser.
        canonical = errors.ConfigurationError(
            "The interface has no service user that could handle messages.", code="no_user"
        )
    else:
        canonical = _contract(env, handler._contract)
    conversion: Conversion | errors.IntegrationError
    if isinstance(canonical, errors.IntegrationError):
        conversion = canonical
    elif interface.mapping_id:
        conversion = _conversion(
            interface, interface.contract_version_id._optional_validator(), canonical
        )
    else:
        conversion = _conversion(interface, canonical, None)
    return InboundPlan(
        **Plan.common(interface),
        handler_name=handler._name,
        user_id=interface.user_id.id,
        conversion=conversion,
        codec=interface._codec(),
        fetch=interface._content_fetch(),
        latest_suffices=handler._latest_suffices,
        batch_size=handler._batch_size,
    )


def _outbound(interface: BaseModel) -> OutboundPlan:
    wire = interface.contract_version_id._optional_validator()
    conversions: dict[str, Conversion | errors.IntegrationError] = {}
    for event_type in interface.event_type_ids:
        canonical = _contract(interface.env, event_type.contract_id.code)
        conversions[event_type.code] = (
            canonical
            if isinstance(canonical, errors.IntegrationError)
            else _from_event(event_type, _conversion(interface, canonical, wire))
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
    time_ = f"{moment.isoformat(timespec='milliseconds')}Z"
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


def _contract(
    env: api.Environment, code: str | None
) -> contracts.Validator | errors.IntegrationError:
    """The validator of a contract's approved version, or the error that every message gets."""
    contract = env["integration.contract"].search([("code", "=", code)], limit=1)
    version = contract.current_version_id
    if not version:
        return errors.ConfigurationError(
            f"The contract {code} has no approved version. Approve one, then retry.",
            code="no_contract",
        )
    return version._validator()


def _conversion(
    interface: BaseModel,
    before: contracts.Validator | None,
    after: contracts.Validator | None,
) -> Conversion | errors.IntegrationError:
    compiled, maps = None, ValueMapSet({})
    if interface.mapping_id:
        try:
            compiled = interface.mapping_id._compiled()
        except errors.MappingError as exc:
            return exc
        maps = interface.mapping_id._value_maps(compiled.map_names)
    return Conversion(
        before=before,
        mapping=compiled,
        after=after,
        value_maps=maps,
        zone=ZoneInfo(interface.system_id.tz or "UTC"),
        context=mapping_context(interface),
        private=interface.data_class in data_classes.PRIVATE,
    )


def mapping_context(interface: BaseModel) -> dict[str, Any]:
    """What expressions see as ``context``."""
    return {"system": interface.system_id.code, "company": interface.company_id.id}
