"""Values of fields side by side: as Odoo has them, and as a system would have them.

A value is ``{"value": what can be compared, "text": what a person reads}``, plain JSON. It is
content: it is stored with the payloads of the message and goes wherever they go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from odoo import api
from odoo.fields import Command, Field
from odoo.models import BaseModel
from odoo.tools import html2plaintext

from . import newborn

Value = dict[str, Any]

NOTHING: Value = {"value": None, "text": ""}
#: Longer texts are cut; two contents that differ behind it still compare as different.
TEXT_LIMIT = 2000


class Translations(dict[str, Any]):
    """Translations of a field, by language, as ``update_field_translations`` gets them."""

    @property
    def languages(self) -> str:
        """Which languages they are in, as :func:`language` says it."""
        return ",".join(sorted(self))

    def text(self) -> str:
        """What they say, for people to read."""
        return _lines(
            {
                lang: "; ".join(filter(None, said.values())) if isinstance(said, dict) else said
                for lang, said in self.items()
            }
        )

    def change(self, record: BaseModel, field: Field) -> bool:
        """Whether they would change the field. Terms of a text are taken for changes."""
        if not field.translate:
            return False
        if field.translate is not True:
            return any(self.values())
        stored = field._get_stored_translations(record) or {}
        return any((said or None) != stored.get(lang) for lang, said in self.items())


def _lines(texts: Mapping[str, Any]) -> str:
    """One text as it is, several with their languages before them."""
    if len(texts) == 1:
        return next(iter(texts.values())) or ""
    return "\n".join(f"{lang}: {text}" for lang, text in sorted(texts.items()) if text)


def language(record: BaseModel, name: str, value: Any) -> str:
    """In which language writing ``value`` would change the field.

    :return: code of the language, several with commas between them; empty for a field without
        translations, and for the source language
    """
    if isinstance(value, Translations):
        return value.languages
    code = record.env.context.get("lang")
    return code if record._fields[name].translate and code and code != "en_US" else ""


def differs(record: BaseModel, name: str, value: Any) -> bool:
    """Whether writing ``value`` would change the field.

    :param record: as superuser
    """
    field = record._fields[name]
    if isinstance(value, Translations):
        return value.change(record, field)
    if field.type in ("one2many", "many2many"):
        ids, new = after_commands(record[name].ids, as_commands(value))
        return bool(new) or set(ids) != set(record[name].ids)
    if isinstance(value, str) and isinstance(record[name], str):
        if value == record[name]:
            return False
        if field.type in ("char", "text"):
            return True
    return bool(
        field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)
    )


def present(record: BaseModel, name: str, languages: str = "") -> Value:
    """The value that a field has.

    Without ``languages`` its text is in the language of whoever reads it, and what is compared in
    the source language, so that it is the same for everybody.

    :param record: as superuser
    :param languages: as :func:`language` says it
    """
    field = record._fields[name]
    if languages:
        said = {
            code: _value(field, there := record.with_context(lang=code), there[name])
            for code in languages.split(",")
        }
        if len(said) == 1:
            return said[languages]
        compared, texts = (
            _lines({code: one[part] for code, one in said.items()}) for part in ("value", "text")
        )
        return {"value": compared, "text": texts}
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
        return {"value": said or False, "text": said[:TEXT_LIMIT]}
    if field.type in ("one2many", "many2many"):
        ids, new = after_commands(record[name].ids, as_commands(value))
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


def label(env: api.Environment, record: BaseModel, name: str) -> str:
    """The name of a field as people read it."""
    field = record._fields.get(name)
    return field._description_string(env) if field else name


def same(one: Value, other: Value) -> bool:
    """Whether both compare as equal, whoever reads them."""
    return bool(one["value"] == other["value"])


def _value(field: Field, record: BaseModel, value: Any) -> Value:
    if field.relational:
        # in an order that does not depend on that of the list, which a change of names changes
        ids: Any = sorted((newborn.steady(value._name, i) for i in value.ids), key=str)
        if field.type == "many2one":
            ids = ids[0] if ids else False
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


def as_commands(value: Any) -> list[Any]:
    """What is written on a x2many field, as a list of commands."""
    if isinstance(value, BaseModel):
        return [Command.set(value.ids)]
    if value is False or value is None:
        return [Command.clear()]
    if isinstance(value, tuple) or (value and not isinstance(value[0], list | tuple)):
        return [Command.set(value)]
    return list(value)


def after_commands(ids: Iterable[int], commands: Iterable[Any]) -> tuple[list[int], int]:
    """What is linked after x2many commands: ids, and how many records would be new."""
    linked, new = dict.fromkeys(ids), 0
    for command in commands:
        code = command[0]
        if code == Command.CREATE:
            new += 1
        elif code in (Command.DELETE, Command.UNLINK):
            linked.pop(command[1], None)
        elif code == Command.LINK:
            linked.setdefault(command[1])
        elif code in (Command.CLEAR, Command.SET):
            linked, new = dict.fromkeys(command[2] if code == Command.SET else ()), 0
    return list(linked), new
