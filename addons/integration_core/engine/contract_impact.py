"""What a version of a contract would do to those who use it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import schema_compat, semver
from ..tools.schema_compat import Change
from ..tools.semver import Level
from . import routes


@dataclass(frozen=True)
class Consumer:
    """An interface that uses the contract.

    :ivar follows: it gets the new version by itself; else it stays with the one chosen for it.
    :ivar breaks: the changes may break what its partner (or its mapping) reads or writes.
    """

    interface: BaseModel
    follows: bool
    breaks: bool

    @property
    def stops(self) -> bool:
        """Approval alone would break traffic that flows today."""
        return self.follows and self.breaks and self.interface._is_open()


@dataclass(frozen=True)
class Impact:
    """The comparison of a version with the one before.

    :ivar base: the approved version before, or an empty record.
    :ivar right_number: the smallest number that the changes allow; empty if any will do.
    :ivar takes_over: on approval it becomes the version in force.
    :ivar own_readers: handlers of Odoo that read documents of the new version may fail.
    :ivar own_writers: events of Odoo may be refused by the new version.
    """

    base: BaseModel
    changes: list[Change]
    right_number: str
    takes_over: bool
    consumers: list[Consumer]
    own_readers: bool
    own_writers: bool

    @property
    def stopped(self) -> list[Consumer]:
        return [consumer for consumer in self.consumers if consumer.stops]


def handlers(contract: BaseModel) -> set[str]:
    """Names of the handler models that accept this contract."""
    registry = contract.env.registry
    return {
        name
        for name, model in registry.items()
        if issubclass(model, registry["integration.handler"]) and model._contract == contract.code
    }


def followers(contract: BaseModel) -> BaseModel:
    """Interfaces that use whatever version is in force, by their event types or their handler.

    Retired ones are no consumers any more.
    """
    return contract.env["integration.interface"].search(
        Domain("state", "!=", "retired") & following(contract)
    )


def following(contract: BaseModel) -> Domain:
    """The domain of :func:`followers`, retired ones included."""
    sends = Domain("direction", "=", "outbound") & Domain(
        "event_type_ids.contract_id", "in", contract.ids
    )
    return sends | routes.with_handler(handlers(contract))


def chosen_by(version: BaseModel) -> BaseModel:
    """Interfaces for whose messages this version was chosen, retired ones included."""
    return version.env["integration.interface"].search(routes.with_wire(version))


def impact(version: BaseModel) -> Impact:
    """Compare ``version`` with its base and look at everybody who uses the contract.

    Call it as superuser where interfaces of other companies count.
    """
    base = version._base()
    changes = compare(base, version) if base else []
    current = (version.contract_id.current_version_id - version).filtered(
        lambda other: other._semver() > version._semver()
    )
    takes_over = not current
    readers = any(change.breaks_readers for change in changes)
    writers = any(change.breaks_writers for change in changes)
    following = followers(version.contract_id) if takes_over and base else base.interface_ids[:0]
    pinned = chosen_by(base).filtered(lambda i: i.state != "retired")
    consumers = [
        Consumer(interface, interface in following, _breaks(interface, readers, writers))
        for interface in following | pinned
    ]
    return Impact(
        base=base,
        changes=changes,
        right_number=_right_number(base, version, changes),
        takes_over=takes_over,
        consumers=consumers,
        own_readers=readers and any(i.direction == "inbound" for i in following),
        own_writers=writers and any(i.direction == "outbound" for i in following),
    )


def compare(old: BaseModel, new: BaseModel) -> list[Change]:
    """The changes between the schemas of two versions."""
    return schema_compat.compare(json.loads(old.schema), json.loads(new.schema))


def _breaks(interface: BaseModel, readers: bool, writers: bool) -> bool:
    """Partners of outbound interfaces read what Odoo writes; those of inbound ones write it."""
    return readers if interface.direction == "outbound" else writers


def _right_number(base: BaseModel, version: BaseModel, changes: list[Change]) -> str:
    if not base:
        return ""
    needed = max(schema_compat.level(changes), Level.PATCH)
    if semver.rise(base._semver(), version._semver()) >= needed:
        return ""
    taken = {other._semver() for other in version.contract_id.version_ids - version}
    return semver.text(semver.next_free(base._semver(), needed, taken))
