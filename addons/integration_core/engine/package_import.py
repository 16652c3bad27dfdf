"""From a package to drafts and proposals: nothing that it brings is in force by itself.

What is new becomes a draft. What is here and different becomes a draft version, a proposed value or
a proposed change, which other people approve. What cannot be changed without harm is refused with
the reason. All or nothing: the caller's transaction is rolled back when a sentence is raised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.models import BaseModel

from ..tools.package_diff import same
from ..tools.package_text import Package, PackageError
from . import package_fields, package_records, package_routings
from .package_records import REFERENCES


@dataclass(frozen=True)
class Environment:
    """What belongs to this environment, for one interface; records of the importing company.

    ``apply`` writes it to an interface that exists; a new one always gets it.
    """

    url: str = ""
    allowed_networks: str = ""
    credential_id: int = 0
    user_id: int = 0
    apply: bool = False


@dataclass
class Report:
    """What was made: ``(what, record)`` in the order of the work."""

    made: list[tuple[str, BaseModel]] = field(default_factory=list)

    def add(self, what: str, record: BaseModel) -> None:
        self.made.append((what, record))


class Importer:
    """Imports one package into one company, with the rights of the user of ``company``'s env."""

    def __init__(
        self, company: BaseModel, package: Package, environments: Mapping[str, Environment]
    ) -> None:
        self.env = company.env
        self.company = company
        self.package = package
        self.environments = environments
        self.report = Report()
        self._mappings: dict[str, BaseModel] = {}
        self._policies: dict[str, BaseModel] = {}
        self._routings: dict[str, BaseModel] = {}

    def run(self) -> Report:
        """Import everything.

        :raises PackageError: something of it cannot be imported here; nothing must be kept then
        """
        steps = {
            "value_maps": self._value_map,
            "mappings": self._mapping,
            "contracts": self._contract,
            "event_types": self._event_type,
            "routings": self._routing,
            "policies": self._policy,
            "credentials": self._credential,
            "systems": self._system,
            "interfaces": self._interface,
        }
        for section, step in steps.items():
            for key, record in sorted(self.package.content[section].items()):
                step(key, record, f"{section}, “{key}”")
        return self.report

    def _find(self, section: str, key: str) -> BaseModel:
        return package_records.find(self.env, section, key, self.company)

    # -- mappings --------------------------------------------------------------------------

    def _value_map(self, key: str, record: Mapping[str, Any], where: str) -> None:
        package_fields.require_known(record, ("name", "description", "values"), where)
        model = self.env["integration.value.map"]
        one = self._find("value_maps", key)
        if not one:
            plain = package_fields.checked(model, record, ("name", "description"), where)
            one = model.create({**plain, "name": plain.get("name") or key, "code": key})
            self.report.add("new", one)
        known = {json.dumps(line, sort_keys=True) for line in _values(one)}
        lines = self.env["integration.value.map.line"]
        names = ("source", "target", "valid_from", "valid_to")
        wanted = []
        for line in package_fields.listed(record, "values", where):
            if not isinstance(line, Mapping):
                raise PackageError(f"{where}: a value must be an object.")
            package_fields.require_known(line, names, where)
            vals = package_fields.checked(lines, line, names, where)
            if json.dumps({**dict.fromkeys(names, ""), **line}, sort_keys=True) not in known:
                wanted.append({**vals, "map_id": one.id, "state": "proposed"})
        if wanted:
            lines.create(wanted)
            self.report.add("proposed", one)

    def _mapping(self, key: str, record: Mapping[str, Any], where: str) -> None:
        package_fields.require_known(
            record, ("description", "header", "sections", "value_maps"), where
        )
        model = self.env["integration.mapping"]
        newest = self._find("mappings", key)
        versions = model.search(
            [("name", "=", key), ("state", "!=", "retired")], order="version desc"
        )
        for version in versions:
            if same(package_records.mapping(version), record):
                self._mappings[key] = version
                return
        vals = package_fields.checked(model, record, ("description", "header"), where)
        vals["section_ids"] = [
            Command.clear(),
            *(Command.create(vals) for vals in self._sections(record, where)),
        ]
        vals["value_map_ids"] = [Command.set(self._value_maps(record, where))]
        if not newest:
            one = model.create({**vals, "name": key})
            self.report.add("new", one)
        elif newest.state == "draft":
            raise PackageError(
                f"{where}: a draft of this mapping, {newest.display_name}, is being worked on "
                "here. Have it approved, or delete it, and import again."
            )
        else:
            one = model.browse(newest.action_new_version()["res_id"])
            one.write(vals)
            self.report.add("version", one)
        self._mappings[key] = one

    def _sections(self, record: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
        model = self.env["integration.mapping.section"]
        names = ("target", "source", "expression")
        found = []
        for number, section in enumerate(package_fields.listed(record, "sections", where), 1):
            if not isinstance(section, Mapping):
                raise PackageError(f"{where}: a repeated part must be an object.")
            package_fields.require_known(section, names, where)
            vals = package_fields.checked(model, section, names, where)
            found.append({**vals, "sequence": number * 10})
        return found

    def _value_maps(self, record: Mapping[str, Any], where: str) -> list[int]:
        return [
            self._required("value_maps", code, where).id
            for code in package_fields.texts(record, "value_maps", where)
        ]

    # -- contracts and events --------------------------------------------------------------

    def _contract(self, key: str, record: Mapping[str, Any], where: str) -> None:
        package_fields.require_known(record, ("name", "description", "versions"), where)
        model = self.env["integration.contract"]
        one = self._find("contracts", key)
        if not one:
            plain = package_fields.checked(model, record, ("name", "description"), where)
            one = model.create({**plain, "name": plain.get("name") or key, "code": key})
            self.report.add("new", one)
        versions = record.get("versions", {})
        if not isinstance(versions, Mapping):
            raise PackageError(f"{where}: “versions” must be an object.")
        for number, version in sorted(versions.items()):
            self._contract_version(one, number, version, f"{where}, version {number}")

    def _contract_version(self, one: BaseModel, number: str, version: Any, where: str) -> None:
        if not isinstance(version, Mapping):
            raise PackageError(f"{where} must be an object.")
        package_fields.require_known(version, ("schema", "example"), where)
        here = one.version_ids.filtered(lambda found: found.version == number)
        if here:
            told = package_records.contract(one, here)["versions"][number]
            if not same(told, {"schema": {}, "example": None, **version}):
                raise PackageError(
                    f"{where} is here already, with another content. A number stands for one "
                    "content: give the changed schema a new number where it was made, and export "
                    "again."
                )
            return
        example = version.get("example")
        vals = {
            "contract_id": one.id,
            "version": number,
            "schema": json.dumps(version.get("schema", {}), indent=2, ensure_ascii=False),
            "example": json.dumps(example, indent=2, ensure_ascii=False)
            if example is not None
            else False,
        }
        self.report.add("version", self.env["integration.contract.version"].create(vals))

    def _event_type(self, key: str, record: Mapping[str, Any], where: str) -> None:
        model = self.env["integration.event.type"]
        names = package_records.event_type_names(self.env)
        package_fields.require_known(record, (*names, "contract", "mapping", "fields"), where)
        one = self._find("event_types", key)
        if one and same(package_records.event_type(one), record):
            return
        paths = package_fields.texts(record, "fields", where)
        vals = {
            **package_fields.checked(model, record, names, where),
            "contract_id": self._required("contracts", record.get("contract"), where).id,
            "mapping_id": self.optional_mapping(record, where).id,
            "field_ids": [
                Command.clear(),
                *(
                    Command.create({"path": path, "sequence": number * 10})
                    for number, path in enumerate(paths, 1)
                ),
            ],
        }
        if not one:
            self.report.add("new", model.create({**vals, "code": key}))
            return
        try:
            one.write(vals)
        except UserError as exc:
            raise PackageError(f"{where} is different here, and in use. {exc}") from exc
        self.report.add("changed", one)

    def _routing(self, key: str, record: Mapping[str, Any], where: str) -> None:
        self._routings[key] = package_routings.bring(self, key, record, where)

    # -- policies, systems, credentials ----------------------------------------------------

    def _policy(self, key: str, record: Mapping[str, Any], where: str) -> None:
        model = self.env["integration.policy"]
        names = package_records.policy_names(self.env)
        package_fields.require_known(record, names, where)
        # A policy is approved with its interfaces: a changed one is another one, and proposed.
        for name in (key, f"{key} ({self.package.sha256[:8]})"):
            one = self._find("policies", name)
            if one and same(package_records.policy(one), record):
                self._policies[key] = one
                return
            if not one:
                vals = package_fields.checked(model, record, names, where)
                one = model.create({**vals, "name": name, "company_id": self.company.id})
                self._policies[key] = one
                self.report.add("new", one)
                return
        raise PackageError(f"{where}: was imported before and changed since. Rename that policy.")

    def _credential(self, key: str, record: Mapping[str, Any], where: str) -> None:
        """Only the slot: which credential fills it is chosen for each interface."""
        package_fields.require_known(record, ("kind",), where)
        package_fields.checked(self.env["integration.credential"], record, ("kind",), where)

    def _system(self, key: str, record: Mapping[str, Any], where: str) -> None:
        model = self.env["integration.system"]
        names = package_records.system_names(self.env)
        package_fields.require_known(record, names, where)
        if self._find("systems", key):
            return  # Its partner, its contacts and what it is called are matters of this place.
        vals = package_fields.checked(model, record, names, where)
        one = model.create({**vals, "code": key, "company_id": self.company.id})
        self.report.add("new", one)

    # -- interfaces ------------------------------------------------------------------------

    def _interface(self, key: str, record: Mapping[str, Any], where: str) -> None:
        model = self.env["integration.interface"]
        names = package_records.interface_names(self.env)
        package_fields.require_known(record, (*names, *REFERENCES), where)
        one = self._find("interfaces", key)
        code, bar, name = key.partition(" / ")
        if not bar or record.get("system") != code or not name:
            raise PackageError(f"{where}: the name must begin with the code of its system.")
        place = self.environments.get(key, Environment())
        vals = {
            **package_fields.checked(model, record, names, where),
            **self._references(record, where),
            **(self._environment(place) if place.apply or not one else {}),
        }
        if not one:
            system = self._required("systems", code, where)
            self.report.add("new", model.create({**vals, "name": name, "system_id": system.id}))
        else:
            self._change(one, vals, where)

    def _references(self, record: Mapping[str, Any], where: str) -> dict[str, Any]:
        policy = self._policies.get(str(record.get("policy")))
        if policy is None:
            raise PackageError(f"{where}: its policy is not part of the package.")
        types = [
            self._required("event_types", code, where)
            for code in package_fields.texts(record, "event_types", where)
        ]
        return {
            "policy_id": policy.id,
            "mapping_id": self.optional_mapping(record, where).id,
            "contract_version_id": self.wire_contract(record.get("contract"), where).id,
            "event_type_ids": [Command.set([one.id for one in types])],
            "routing_id": self._optional_routing(record, where).id,
        }

    def _environment(self, place: Environment) -> dict[str, Any]:
        return {
            "url": place.url or False,
            "allowed_networks": place.allowed_networks or False,
            "credential_id": place.credential_id or False,
            "user_id": place.user_id or False,
        }

    def _change(self, one: BaseModel, vals: dict[str, Any], where: str) -> None:
        """Write a draft; propose a change of what was approved."""
        changed = {name: value for name, value in vals.items() if _differs(one, name, value)}
        if not changed:
            return
        if one.state == "draft":
            one.write(changed)
            self.report.add("changed", one)
            return
        if one.state in ("in_review", "retired"):
            raise PackageError(
                f"{where} is in review or retired here. Send it back to draft, and import again."
            )
        if one.open_revision_id:
            raise PackageError(
                f"{where}: a change of it is proposed already. Decide or discard it, and import "
                "again."
            )
        revision = self.env["integration.revision"]
        one.action_propose_change()
        revision = revision.browse(one.open_revision_id.id)
        revision.proposal_id.with_env(self.env).write(changed)
        revision.summary = f"Package {self.package.sha256[:12]}"
        self.report.add("revision", revision)

    # -- by name ---------------------------------------------------------------------------

    def _required(self, section: str, key: Any, where: str) -> BaseModel:
        found = self._find(section, key) if isinstance(key, str) and key else None
        if not found:
            raise PackageError(
                f"{where}: “{str(key)[:80]}” ({section}) is neither in the package nor here."
            )
        return found

    def optional_mapping(self, record: Mapping[str, Any], where: str) -> BaseModel:
        """The mapping that a record of the package names, which was brought before it."""
        name = record.get("mapping", "")
        if not name:
            return self.env["integration.mapping"]
        if not isinstance(name, str) or name not in self._mappings:
            raise PackageError(f"{where}: its mapping is not part of the package.")
        return self._mappings[name]

    def _optional_routing(self, record: Mapping[str, Any], where: str) -> BaseModel:
        code = record.get("routing", "")
        if not code:
            return self.env["integration.routing"]
        if not isinstance(code, str) or code not in self._routings:
            raise PackageError(f"{where}: its routing is not part of the package.")
        return self._routings[code]

    def wire_contract(self, text: Any, where: str) -> BaseModel:
        """The version of a contract that a record names, such as ``hl7.adt 1.0.0``."""
        versions = self.env["integration.contract.version"]
        if not text:
            return versions
        code, _space, number = str(text).rpartition(" ")
        contract = self._required("contracts", code, where)
        found = contract.version_ids.filtered(lambda version: version.version == number)
        if not found:
            raise PackageError(f"{where}: the contract “{text}” is not part of the package.")
        return found


def _values(value_map: BaseModel) -> Sequence[Mapping[str, Any]]:
    """Values that hold here or are proposed already."""
    names = ("source", "target", "valid_from", "valid_to")
    return [package_fields.read(line, names) for line in value_map.line_ids]


def _differs(one: BaseModel, name: str, value: Any) -> bool:
    model_field = one._fields[name]
    if model_field.type == "many2many":
        return set(one[name].ids) != set(value[0][2])
    cache = model_field.convert_to_cache
    return cache(value, one) != cache(one[name], one)
