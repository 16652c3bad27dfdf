"""What plans of both directions are made of: conversions, and the terms of an interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from odoo import api
from odoo.models import BaseModel

from ..tools import backoff, contracts, data_classes, errors, keyring, mapping
from ..tools.mapping_trial import Trial
from ..tools.states import ATTENTION, State
from ..tools.value_maps import ValueMapSet


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
        context = {**self.context, "moment": moment_text(moment)}
        return self.mapping.apply(value, maps, context, trial)

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


def canonical_contract(
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


def conversion_by(
    interface: BaseModel,
    mapping_: BaseModel,
    before: contracts.Validator | None,
    after: contracts.Validator | None,
) -> Conversion | errors.IntegrationError:
    """Contract, this mapping (perhaps none), contract; or the error that every message gets."""
    compiled, maps = None, ValueMapSet({})
    if mapping_:
        try:
            compiled = mapping_._compiled()
        except errors.MappingError as exc:
            return exc
        maps = mapping_._value_maps(compiled.map_names)
    return Conversion(
        before=before,
        mapping=compiled,
        after=after,
        value_maps=maps,
        zone=ZoneInfo(interface.system_id.tz or "UTC"),
        context=mapping_context(interface),
        private=interface.data_class in data_classes.PRIVATE,
    )


def moment_text(moment: datetime) -> str:
    """``context.moment`` of a message: naive UTC as RFC 3339."""
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def mapping_context(interface: BaseModel) -> dict[str, Any]:
    """What expressions see as ``context``, beside the ``moment`` of each message: when it arrived,
    or when the event that is sent happened (RFC 3339, in UTC)."""
    system = interface.system_id
    return {
        "system": system.code,
        "zone": system.tz or "UTC",
        "company": interface.company_id.id,
    }
