# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an interface takes, and what of a request it is.

A request is one resource, or a Bundle whose entries are taken one by one. Each resource that is
taken is a message of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from odoo.addons.integration_core.tools import routing
from odoo.addons.integration_core.tools.errors import ContractError, IntegrationError

from . import resource
from .limits import CONTENT_TYPES, ENTRIES
from .resource import Identity

__all__ = ["CONTENT_TYPES", "Arrived", "Refused", "Rules", "arrived"]

#: Types that are about messages and searches, and never content by themselves.
ENVELOPES: Final = frozenset({"Bundle", "MessageHeader", "OperationOutcome", "Parameters"})


class Refused(Exception):
    """Something is not taken, and nothing of it is stored.

    :ivar status: HTTP status
    :ivar code: of :data:`http://hl7.org/fhir/issue-type`
    :ivar text: what the sender can do; it quotes nothing of the content
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


@dataclass(frozen=True)
class Rules:
    """What an interface takes.

    :ivar patterns: types of resources, as a routing writes them
    :ivar profiles: one of which a resource has to claim, if it claims any; empty: whatever
    :ivar entries: how many a Bundle may have
    :ivar bases: addresses of the partner's server, with a slash at the end
    """

    patterns: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()
    entries: int = ENTRIES
    bases: tuple[str, ...] = ()

    @cached_property
    def _table(self) -> routing.Table[bool]:
        return routing.Table(dict.fromkeys(self.patterns, True))

    def takes(self, name: str) -> bool:
        """Whether resources of a type are taken."""
        return name not in ENVELOPES and bool(self._table.find(name))


@dataclass(frozen=True)
class Arrived:
    """A resource that is a message.

    :ivar body: its bytes as they are stored
    :ivar compared: what tells whether two messages of one key are the same
    :ivar error: why it waits for a person, whatever it says
    """

    identity: Identity
    body: bytes
    compared: bytes
    error: IntegrationError | None = None


def arrived(found: Mapping[str, Any], rules: Rules, raw: bytes | None = None) -> Arrived:
    """A resource as a message.

    :param raw: its bytes as they came, if they are stored like that
    :raises Refused: its type is not taken, or it is none
    """
    try:
        identity = resource.identity(found)
        body = resource.body(found)
    except ContractError as exc:
        raise Refused(400, "invalid", exc.message) from None
    if not rules.takes(identity.type):
        raise Refused(
            422,
            "not-supported",
            f"Resources of type {identity.type} are not taken here. Nothing of it was stored.",
        )
    return Arrived(identity, body if raw is None else raw, body, _unknown_profile(found, rules))


def gone(name: str, event: str) -> Arrived:
    """That a server has deleted a resource, as a message: a person decides what that means.

    A deletion does not say whether something is over or was never so; a status would.

    :param name: of the resource, such as ``Encounter/7``
    :param event: what tells this deletion from another one of the same resource
    """
    kind, _slash, known = name.partition("/")
    body = resource.body({"resourceType": kind, "id": known})
    error = ContractError(
        f"The partner's server has deleted this {kind}. Nothing was changed here: look there what "
        "it means, put it right by hand, then resolve.",
        code="deleted_there",
    )
    return Arrived(Identity(kind, known, f"deleted.{event}", ""), body, body, error)


def _unknown_profile(found: Mapping[str, Any], rules: Rules) -> ContractError | None:
    meta = found.get("meta")
    claimed = meta.get("profile") if isinstance(meta, Mapping) else None
    claimed = claimed if isinstance(claimed, list) else []
    names = {str(one).partition("|")[0] for one in claimed}
    if not rules.profiles or not names or names & rules.profiles:
        return None
    return ContractError(
        "The resource claims to follow profiles, and none of those that the interface knows. If "
        "its content is right nevertheless, add the profile to those of the interface, then retry.",
        code="unknown_profile",
    )
