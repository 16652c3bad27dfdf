# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A first JSON Schema (draft 2020-12) for a document, to be corrected by a person.

It accepts the example and documents of the same shape. No value of the example is in it: who may
read contracts may not be allowed to read documents.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Schema = dict[str, Any]


def infer(example: Any) -> Schema:
    """The schema of one example.

    What is null says nothing about its type, and an empty list nothing about its items: both
    stay open.

    :param example: plain JSON, as :func:`.canonical_json.loads` returns it.
    """
    if isinstance(example, dict):
        return record({str(name): infer(value) for name, value in example.items()})
    if isinstance(example, (list, tuple)):
        return {"type": "array", "items": _common([infer(item) for item in example])}
    if example is None:
        return {}
    if isinstance(example, bool):
        return {"type": "boolean"}
    if isinstance(example, int):
        return {"type": "integer"}
    if isinstance(example, (float, Decimal)):
        return {"type": "number"}
    return {"type": "string"}


def record(properties: dict[str, Schema]) -> Schema:
    """The schema of an object that has exactly these members."""
    return {
        "type": "object",
        "required": sorted(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _common(schemas: Sequence[Schema]) -> Schema:
    """A schema for the items of one list."""
    different = list({json.dumps(schema, sort_keys=True): schema for schema in schemas}.values())
    known = [schema for schema in different if schema]
    if len(known) < len(different):  # some are null
        merged = _common(known)
        return merged | {"type": [merged["type"], "null"]} if "type" in merged else {}
    if len(known) <= 1:
        return known[0] if known else {}
    if not all(schema["type"] == "object" for schema in known):
        return {}
    names = {name for schema in known for name in schema["properties"]}
    merged = record(
        {
            name: _common([s["properties"][name] for s in known if name in s["properties"]])
            for name in sorted(names)
        }
    )
    merged["required"] = sorted(set.intersection(*(set(s["required"]) for s in known)))
    return merged
