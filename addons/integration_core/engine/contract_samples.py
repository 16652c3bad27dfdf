"""Recent messages tried on a new version of their contract. Content is never shown, only places."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from odoo.models import BaseModel

from ..tools import canonical_json, errors, payload_codec
from . import contract_impact, conversion, payloads, routes

_Reader = Callable[[Any, datetime], Any]
#: Messages looked at in all, and bytes of the largest one.
LIMIT = 200
MAX_BYTES = 1_000_000


@dataclass
class Samples:
    """How many recent documents were tried and how many would be refused.

    :ivar places: refused documents by place, such as ``/lines/*/quantity``; names of members that
        the schema does not declare are left out, for they may be content.
    """

    tried: int = 0
    refused: int = 0
    places: Counter[str] = field(default_factory=Counter)


def check(version: BaseModel) -> Samples:
    """Try up to :data:`LIMIT` recent documents of the contract's interfaces on ``version``.

    Clinical interfaces are left out. Call it as superuser: it reads payloads.
    """
    samples = Samples()
    validator = version._validator()
    declared = _names(json.loads(version.schema))
    for document in _documents(version):
        samples.tried += 1
        broken = {_place(path, declared) for path in validator.broken_places(document)}
        samples.refused += bool(broken)
        samples.places.update(broken)
    return samples


def _documents(version: BaseModel) -> Iterator[Any]:
    contract = version.contract_id
    plain = contract_impact.followers(contract).filtered(lambda i: i.data_class != "clinical")
    pinned = contract_impact.chosen_by(version._base()).filtered(
        lambda i: i.data_class != "clinical" and i.direction == "inbound" and i not in plain
    )
    share = max(1, LIMIT // max(1, len(plain | pinned)))
    for interface in (plain | pinned)[:LIMIT]:
        if interface.direction == "outbound":
            yield from _sent(interface, contract, share)
        else:
            yield from _received(interface, share, version, follows=interface in plain)


def _sent(interface: BaseModel, contract: BaseModel, limit: int) -> Iterator[Any]:
    """Canonical snapshots of events."""
    types = interface.event_type_ids.filtered(lambda t: t.contract_id == contract)
    interface.env.cr.execute(
        """
        SELECT e.data, e.body, e.encoding, e.uuid
          FROM integration_message m JOIN integration_event e ON e.id = m.event_id
         WHERE m.interface_id = %s AND e.type_id = ANY(%s) AND e.problem IS NULL
           AND coalesce(octet_length(e.body), octet_length(e.data)) < %s
           AND coalesce(e.data_class, '') <> 'clinical'
         ORDER BY m.id DESC LIMIT %s
        """,
        [interface.id, types.ids, MAX_BYTES, limit],
    )
    rows = interface.env.cr.fetchall()  # before the ring, which may ask the same cursor
    ring = interface.env["integration.credential"]._key_ring()
    for data, body, encoding, uuid in rows:
        try:
            yield canonical_json.loads(payloads.open_event(data, body, encoding, uuid, ring))
        except errors.IntegrationError:
            continue  # the key is not at hand


def _received(interface: BaseModel, limit: int, version: BaseModel, follows: bool) -> Iterator[Any]:
    """What was received and handled: in canonical form for an interface that follows the contract,
    as it came for one whose wire contract is the version before."""
    interface.env.cr.execute(
        """
        SELECT m.uuid, m.message_type, p.body, p.encoding, m.created_at
          FROM integration_message m
          JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received'
         WHERE m.interface_id = %s AND m.state = 'done' AND p.size < %s
           AND coalesce(p.data_class, '') <> 'clinical'
         ORDER BY m.id DESC LIMIT %s
        """,
        [interface.id, MAX_BYTES, limit],
    )
    rows = interface.env.cr.fetchall()
    ring = interface.env["integration.credential"]._key_ring()
    readers: dict[str | None, _Reader | None] = {}
    for uuid, message_type, body, encoding, moment in rows:
        if message_type not in readers:
            readers[message_type] = _reader(interface, message_type, version, follows)
        read = readers[message_type]
        if read is None:
            continue
        try:
            raw = payload_codec.decode(bytes(body), encoding, uuid, "received", ring)
            yield read(canonical_json.loads(raw), moment)
        except (errors.IntegrationError, ValueError):
            continue  # the key is not at hand, or the mapping has changed since


def _reader(
    interface: BaseModel, message_type: str | None, version: BaseModel, follows: bool
) -> _Reader | None:
    """From a message of this type to the document that the contract is about, if it has one."""
    route = routes.of_type(interface, message_type)
    if route is None:
        return None
    if not follows:
        return _as_it_came if route.wire == version._base() else None
    handler = route.model(interface.env)
    if handler is None or handler._contract != version.contract_id.code:
        return None
    return _mapping(interface, route.mapping).map if route.mapping else _as_it_came


def _as_it_came(value: Any, _moment: datetime) -> Any:
    return value


def _mapping(interface: BaseModel, mapping: BaseModel) -> conversion.Conversion:
    """From what is received to canonical JSON, without contracts."""
    compiled = mapping._compiled()
    return conversion.Conversion(
        before=None,
        mapping=compiled,
        after=None,
        value_maps=mapping._value_maps(compiled.map_names),
        zone=ZoneInfo(interface.system_id.tz or "UTC"),
        context=conversion.mapping_context(interface),
    )


def _names(schema: Any) -> set[str]:
    """The names of all members that a schema declares anywhere."""
    if isinstance(schema, list):
        return set().union(*map(_names, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    found = set().union(*map(_names, schema.values())) if schema else set()
    properties = schema.get("properties")
    return found | (set(properties) if isinstance(properties, dict) else set())


def _place(path: tuple[str | int, ...], declared: set[str]) -> str:
    steps = ("*" if isinstance(s, int) else s if s in declared else "…" for s in path)
    return "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
