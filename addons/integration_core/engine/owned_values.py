"""Values of fields side by side: as Odoo has them, and as a system would have them.

A value is ``{"value": what can be compared, "text": what a person reads}``, plain JSON. It is
content: it is stored with the payloads of the message and goes wherever they go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from odoo.fields import Command, Field
from odoo.models import BaseModel
from odoo.tools import html2plaintext

Value = dict[str, Any]

NOTHING: Value = {"value": None, "text": ""}
#: Longer texts are cut; two contents that differ behind it still compare as different.
TEXT_LIMIT = 2000


class Translations(dict[str, Any]):
    """Translations of a field, by language, as ``update_field_translations`` gets them."""

    def text(self) -> str:
        """What they say, for people to read."""
        return "\n".join(
            f"{lang}: {'; '.join(filter(None, said.values())) if isinstance(said, dict) else said}"
            for lang, said in sorted(self.items())
            if said
        )

    def change(self, record: BaseModel, field: Field) -> bool:
        """Whether they would change the field. Terms of a text are taken for changes."""
        if not field.translate:
            return False
        if field.translate is not True:
            return any(self.values())
        stored = field._get_stored_translations(record) or {}
        return any((said or None) != stored.get(lang) for lang, said in self.items())


def differs(record: BaseModel, name: str, value: Any) -> bool:
    """Whether writing ``value`` would change the field.

    :param record: as superuser
    """
    field = record._fields[name]
    if isinstance(value, Translations):
        return value.change(record, field)
    if field.type in ("one2many", "many2many"):
        ids, new = _after_commands(record[name], value)
        return bool(new) or set(ids) != set(record[name].ids)
    if isinstance(value, str) and isinstance(record[name], str):
        if value == record[name]:
            return False
        if field.type in ("char", "text"):
            return True
    return bool(
        field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)
    )


def present(record: BaseModel, name: str) -> Value:
    """The value that a field has: its text in the language of whoever reads it, what is compared
    in the source language, so that it is the same for everybody.

    :param record: as superuser
    """
    field = record._fields[name]
    source = record.with_context(lang=None)
    compared = _value(field, source, source[name])["value"]
    return {"value": compared, "text": _value(field, record, record[name])["text"]}


def proposed(record: BaseModel, name: str, value: Any) -> Value:
    """What ``value`` would make of a field.

    :param record: as superuser
    """
    field = record._fields[name]
    if isinstance(value, Translations):
        said = value.text()
        return {"value": said, "text": said[:TEXT_LIMIT]}
    if field.type in ("one2many", "many2many"):
        ids, new = _after_commands(record[name], value)
        found = _value(field, record, record.env[field.comodel_name].browse(ids).exists())
        if new:
            found["value"] = [*found["value"], *(["new"] * new)]
            found["text"] = ", ".join(filter(None, (found["text"], f"+ {new}")))
        return found
    if field.type in ("char", "text", "html") and (isinstance(value, str) or not value):
        return _value(field, record, value or False)
    return _value(
        field, record, field.convert_to_record(field.convert_to_cache(value, record), record)
    )


def same(one: Value, other: Value) -> bool:
    """Whether both compare as equal, whoever reads them."""
    return bool(one["value"] == other["value"])


def _value(field: Field, record: BaseModel, value: Any) -> Value:
    if field.relational:
        ids: Any = value.ids
        if field.type == "many2one":
            ids = value.id
        return {"value": ids, "text": ", ".join(one.display_name or "" for one in value)}
    if field.type == "binary":
        digest = hashlib.sha256(value if isinstance(value, bytes) else str(value or "").encode())
        return {"value": digest.hexdigest(), "text": f"({len(value)} bytes)" if value else ""}
    plain = value if isinstance(value, bool | int) or value is None else str(value)
    return {"value": plain, "text": _text(field, record, value)[:TEXT_LIMIT]}


def _text(field: Field, record: BaseModel, value: Any) -> str:
    if field.type == "boolean":
        return "✓" if value else "✗"
    if field.type == "selection":
        return str(dict(field._description_selection(record.env)).get(value, value or ""))
    if value is False or value is None:
        return ""
    if field.type == "html":
        return html2plaintext(value)
    return str(value)


def _after_commands(current: BaseModel, commands: Any) -> tuple[Sequence[int], int]:
    """What is linked after x2many commands: ids, and how many records would be new."""
    if isinstance(commands, BaseModel):
        return commands.ids, 0
    ids, new = list(current.ids), 0
    for command in commands or ():
        if not isinstance(command, list | tuple):
            return list(commands), 0  # a plain list of ids
        code, one = command[0], command[1] if len(command) > 1 else None
        if code == Command.CREATE:
            new += 1
        elif code in (Command.DELETE, Command.UNLINK):
            ids = [known for known in ids if known != one]
        elif code == Command.LINK and one not in ids:
            ids.append(one)
        elif code == Command.CLEAR:
            ids = []
        elif code == Command.SET:
            ids = list(command[2])
    return ids, new
