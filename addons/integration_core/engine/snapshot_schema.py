"""The JSON Schema of a snapshot that is made of listed fields, from the fields' definitions."""

from __future__ import annotations

from typing import Any

from odoo.fields import Field
from odoo.models import BaseModel

from ..tools import document_diff, field_paths, schema_infer
from .changes import CHANGES

DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_FIXED: dict[str, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "float": {"type": "string", "pattern": DECIMAL},
    "monetary": {"type": "string", "pattern": DECIMAL},
}
_TEXT: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "many2one_reference": {"type": "integer"},
}


def of_paths(model: BaseModel, paths: list[str]) -> schema_infer.Schema:
    """The schema of what :mod:`.snapshots` makes of ``paths``.

    :raises field_paths.PathError: a path cannot be read.
    """
    return _object(model, field_paths.tree(paths))


def with_changes(schema: schema_infer.Schema) -> schema_infer.Schema:
    """The schema of a document, for events of its changes.

    What changed may be missing: it is not known where many changes were caught up, or where the
    content had to be taken anew.
    """
    return schema | {
        "required": [name for name in schema["required"] if name != CHANGES],
        "properties": {**schema["properties"], CHANGES: dict(document_diff.SCHEMA)},
    }


def _object(model: BaseModel, tree: field_paths.Tree) -> schema_infer.Schema:
    properties = {"id": {"type": "integer"}}
    for name, below in tree.items():
        if name == "id":
            continue
        field = model._fields.get(name)
        if field is None:
            raise field_paths.PathError(f"{model._name} has no field {name}")
        properties[name] = _value(model, field, below)
    return schema_infer.record(properties)


def _value(model: BaseModel, field: Field, below: field_paths.Tree) -> schema_infer.Schema:
    if field.type in _FIXED:
        return dict(_FIXED[field.type])
    if field.relational:
        other = _related(model.env[field.comodel_name], below)
        if field.type != "many2one":
            return {"type": "array", "items": other}
    elif field.type == "selection" and not callable(field.selection) and not field.related:
        other = {"type": "string", "enum": field.get_values(model.env)}
    elif field.type == "reference":
        other = schema_infer.record(
            {"model": {"type": "string"}, "id": {"type": "integer"}, "name": {"type": "string"}}
        )
    else:
        other = dict(_TEXT.get(field.type, {"type": "string"}))
    return other if field.required else _or_null(other)


def _or_null(schema: schema_infer.Schema) -> schema_infer.Schema:
    if "enum" in schema:
        return schema | {"type": ["string", "null"], "enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}


def _related(model: BaseModel, below: field_paths.Tree) -> schema_infer.Schema:
    if below:
        return _object(model, below)
    return schema_infer.record({"id": {"type": "integer"}, "name": {"type": "string"}})
