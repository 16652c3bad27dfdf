"""What a package says of each kind of record, and how such a record is found here.

Names that people give stand for records: codes of systems, contracts, event types and value maps,
names of mappings, policies and credentials. No id, no company and no secret is part of it.
"""

from __future__ import annotations

import json
from typing import Any

from odoo import api
from odoo.models import BaseModel

from . import package_fields

#: What belongs to an environment. It is asked for when a package is imported.
ENVIRONMENT = ("url", "allowed_networks")
REFERENCES = (
    "system",
    "policy",
    "mapping",
    "contract",
    "routing",
    "event_types",
    "credential",
    "environment",
)


def interface_names(env: api.Environment) -> list[str]:
    """Plain fields of an interface that mean the same in each environment."""
    model = env["integration.interface"]
    plain = package_fields.plain_names(model, (*ENVIRONMENT, "name", "lock_version"))
    return [
        name
        for name in plain
        if name in model._proposable_names()
        and not getattr(model._fields[name], "of_environment", False)
    ]


def policy_names(env: api.Environment) -> list[str]:
    return package_fields.plain_names(env["integration.policy"], ("name", "active"))


def system_names(env: api.Environment) -> list[str]:
    left_out = ("code", "active", "environment")
    return package_fields.plain_names(env["integration.system"], left_out)


def event_type_names(env: api.Environment) -> list[str]:
    return package_fields.plain_names(env["integration.event.type"], ("code", "active"))


def key_of(interface: BaseModel) -> str:
    """Name of an interface in a package."""
    return f"{interface.system_id.code} / {interface.name}"


# ----------------------------------------------------------------------------------------------
# records as data
# ----------------------------------------------------------------------------------------------


def interface(one: BaseModel) -> dict[str, Any]:
    # Not told where there is none: packages from before there were any say nothing of it either.
    routed = {"routing": one.routing_id.code} if one.routing_id else {}
    return {
        **routed,
        **package_fields.read(one, interface_names(one.env)),
        "system": one.system_id.code,
        "policy": one.policy_id.with_context(lang=None).name or "",
        "mapping": one.mapping_id.name or "",
        "contract": _wire(one),
        "event_types": sorted(one.event_type_ids.mapped("code")),
        "credential": one.credential_id.name or "",
        "environment": {
            **{name: one[name] or "" for name in ENVIRONMENT},
            "service_user": one.user_id.login or "",
        },
    }


def _wire(one: BaseModel) -> str:
    """The wire contract of an interface or of a rule."""
    version = one.contract_version_id
    return f"{version.contract_id.code} {version.version}" if version else ""


def routing(one: BaseModel) -> dict[str, Any]:
    return {
        **package_fields.read(one, ("name", "description")),
        "rules": [
            {
                **package_fields.read(line, ("message_type", "action", "handler", "note")),
                "mapping": line.mapping_id.name or "",
                "contract": _wire(line),
            }
            for line in one.line_ids
        ],
    }


def system(one: BaseModel) -> dict[str, Any]:
    return package_fields.read(one, system_names(one.env))


def policy(one: BaseModel) -> dict[str, Any]:
    return package_fields.read(one, policy_names(one.env))


def credential(one: BaseModel) -> dict[str, Any]:
    return {"kind": one.kind}


def event_type(one: BaseModel) -> dict[str, Any]:
    return {
        **package_fields.read(one, event_type_names(one.env)),
        "contract": one.contract_id.code,
        "mapping": one.mapping_id.name or "",
        "fields": [path or "" for path in one.field_ids.mapped("path")],
    }


def contract(one: BaseModel, versions: BaseModel) -> dict[str, Any]:
    return {
        **package_fields.read(one, ("name", "description")),
        "versions": {
            version.version: {
                "schema": json.loads(version.schema or "{}"),
                "example": json.loads(version.example) if version.example else None,
            }
            for version in versions
        },
    }


def mapping(one: BaseModel) -> dict[str, Any]:
    return {
        "description": one.description or "",
        "header": one.header or "",
        "sections": [
            {name: section[name] or "" for name in ("target", "source", "expression")}
            for section in one.section_ids
        ],
        "value_maps": sorted(one.value_map_ids.mapped("code")),
    }


def value_map(one: BaseModel) -> dict[str, Any]:
    confirmed = one.line_ids.filtered(lambda line: line.state == "confirmed")
    values = [
        package_fields.read(line, ("source", "target", "valid_from", "valid_to"))
        for line in confirmed
    ]
    return {
        "name": one.name,
        "description": one.description or "",
        "values": sorted(values, key=lambda line: (line["source"], line["valid_from"])),
    }


# ----------------------------------------------------------------------------------------------
# records by their names
# ----------------------------------------------------------------------------------------------


def find(env: api.Environment, section: str, key: str, company: BaseModel) -> BaseModel:
    """The record of this name that a package for ``company`` speaks of, or an empty one."""
    return _FIND[section](env, key, company)


def _by_code(model: str):
    def search(env: api.Environment, key: str, _company: BaseModel) -> BaseModel:
        return env[model].with_context(active_test=False).search([("code", "=", key)], limit=1)

    return search


def _by_name(model: str):
    def search(env: api.Environment, key: str, company: BaseModel) -> BaseModel:
        records = env[model].with_context(active_test=False, lang=None)
        domain = [("name", "=", key), ("company_id", "in", [company.id, False])]
        return records.search(domain, order="company_id, id", limit=1)

    return search


def _mapping(env: api.Environment, key: str, _company: BaseModel) -> BaseModel:
    """The newest version."""
    records = env["integration.mapping"].with_context(active_test=False)
    return records.search([("name", "=", key)], order="version desc", limit=1)


def _routing(env: api.Environment, key: str, _company: BaseModel) -> BaseModel:
    """The newest version."""
    records = env["integration.routing"].with_context(active_test=False)
    return records.search([("code", "=", key)], order="version desc", limit=1)


def _system(env: api.Environment, key: str, company: BaseModel) -> BaseModel:
    records = env["integration.system"].with_context(active_test=False)
    return records.search([("code", "=", key), ("company_id", "=", company.id)], limit=1)


def _interface(env: api.Environment, key: str, company: BaseModel) -> BaseModel:
    code, _bar, name = key.partition(" / ")
    domain = [
        ("system_id.code", "=", code),
        ("name", "=", name),
        ("company_id", "=", company.id),
        ("revision_of_id", "=", False),
    ]
    return env["integration.interface"].search(domain, limit=1)


_FIND = {
    "value_maps": _by_code("integration.value.map"),
    "mappings": _mapping,
    "contracts": _by_code("integration.contract"),
    "event_types": _by_code("integration.event.type"),
    "routings": _routing,
    "policies": _by_name("integration.policy"),
    "credentials": _by_name("integration.credential"),
    "systems": _system,
    "interfaces": _interface,
}
