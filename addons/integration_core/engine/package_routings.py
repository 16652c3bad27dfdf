"""Routings of a package: drafts here, unless they are here already as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from odoo.fields import Command
from odoo.models import BaseModel

from ..tools.package_diff import same
from ..tools.package_text import PackageError
from . import package_fields, package_records

if TYPE_CHECKING:
    from .package_import import Importer

_PLAIN = ("name", "description")
#: Members of a rule that are plain, and all of them.
_RULE = ("message_type", "action", "handler", "note")
_KNOWN = (*_RULE, "mapping", "contract")


def bring(importer: Importer, key: str, record: Mapping[str, Any], where: str) -> BaseModel:
    """The version of a routing that is as the package says; a new draft if there is none.

    :raises PackageError: it cannot be imported here
    """
    package_fields.require_known(record, (*_PLAIN, "rules"), where)
    model = importer.env["integration.routing"]
    newest = package_records.find(importer.env, "routings", key, importer.company)
    versions = model.search([("code", "=", key), ("state", "!=", "retired")], order="version desc")
    for version in versions:
        if same(package_records.routing(version), record):
            return version
    plain = package_fields.checked(model, record, _PLAIN, where)
    vals = {
        **plain,
        "name": plain.get("name") or key,
        "line_ids": [Command.clear(), *map(Command.create, _rules(importer, record, where))],
    }
    if not newest:
        one = model.create({**vals, "code": key})
        importer.report.add("new", one)
        return one
    if newest.state == "draft":
        raise PackageError(
            f"{where}: a draft of this routing, {newest.display_name}, is being worked on here. "
            "Have it approved, or delete it, and import again."
        )
    one = model.browse(newest.action_new_version()["res_id"])
    one.write(vals)
    importer.report.add("version", one)
    return one


def _rules(importer: Importer, record: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    model = importer.env["integration.routing.line"]
    found = []
    for number, rule in enumerate(package_fields.listed(record, "rules", where), 1):
        if not isinstance(rule, Mapping):
            raise PackageError(f"{where}: a rule must be an object.")
        place = f"{where}, rule {number}"
        package_fields.require_known(rule, _KNOWN, place)
        found.append(
            {
                **package_fields.checked(model, rule, _RULE, place),
                "sequence": number * 10,
                "mapping_id": importer.optional_mapping(rule, place).id,
                "contract_version_id": importer.wire_contract(rule.get("contract"), place).id,
            }
        )
    return found
