"""From interfaces to the content of a package: they, and all that they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools.package_text import Content, PackageError
from . import package_records


def content_of(interfaces: BaseModel) -> Content:
    """Everything that the interfaces need elsewhere, without secrets.

    :raises PackageError: two records would have the same name in the package
    """
    types = interfaces.event_type_ids
    rules = interfaces.routing_id.line_ids
    mappings = interfaces.mapping_id | types.mapping_id | rules.mapping_id
    versions = (
        interfaces.contract_version_id
        | types.contract_id.current_version_id
        | rules.contract_version_id
    )
    contracts = versions.contract_id | types.contract_id
    return {
        "value_maps": _named(mappings.value_map_ids, "code", package_records.value_map),
        "mappings": _named(mappings, "name", package_records.mapping),
        "contracts": {
            one.code: package_records.contract(one, versions & one.version_ids) for one in contracts
        },
        "event_types": _named(types, "code", package_records.event_type),
        "routings": _named(interfaces.routing_id, "code", package_records.routing),
        "policies": _named(interfaces.policy_id, "name", package_records.policy),
        "credentials": _named(interfaces.credential_id, "name", package_records.credential),
        "systems": _named(interfaces.system_id, "code", package_records.system),
        "interfaces": _keyed(
            (package_records.key_of(one), package_records.interface(one)) for one in interfaces
        ),
    }


def _named(records: BaseModel, name: str, read: Any) -> dict[str, Any]:
    return _keyed((one[name], read(one)) for one in records.with_context(lang=None))


def _keyed(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, record in pairs:
        if found.setdefault(key, record) != record:
            raise PackageError(
                f"“{key}” would be in the package twice, with different contents: two of the "
                "interfaces use different versions of it, or have the same name. Export them in "
                "packages of their own, or rename one."
            )
    return found


def content_here(env: api.Environment, company: BaseModel, package: Content) -> Content:
    """What is here of the records of a package, to compare them."""
    found: dict[str, dict[str, Any]] = {}
    for section, records in package.items():
        here = found.setdefault(section, {})
        for key, record in records.items():
            one = package_records.find(env, section, key, company)
            if one:
                here[key] = _read(section, one, record)
    return found


def _read(section: str, one: BaseModel, record: Any) -> Any:
    if section == "contracts":
        wanted = record.get("versions")
        wanted = wanted if isinstance(wanted, dict) else {}
        return package_records.contract(
            one, one.version_ids.filtered(lambda version: version.version in wanted)
        )
    return _READ[section](one)


_READ = {
    "value_maps": package_records.value_map,
    "mappings": package_records.mapping,
    "event_types": package_records.event_type,
    "routings": package_records.routing,
    "policies": package_records.policy,
    "credentials": package_records.credential,
    "systems": package_records.system,
    "interfaces": package_records.interface,
}
