"""The plain fields of a model, to and from a package: texts, numbers, choices, dates."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from odoo import models
from odoo.fields import Date
from odoo.models import BaseModel

from ..tools.package_text import PackageError

_TEXTS = ("char", "text", "html")
_PLAIN = (*_TEXTS, "selection", "boolean", "integer", "float", "date")
_LARGEST = 2**31 - 1


def plain_names(model: BaseModel, left_out: Collection[str] = ()) -> list[str]:
    """Fields that a copy of a record takes along and that mean the same everywhere."""
    return sorted(
        name
        for name, field in model._fields.items()
        if field.store
        and field.copy
        and not field.compute
        and not field.related
        and field.type in _PLAIN
        and name not in left_out
        and name not in models.MAGIC_COLUMNS
        and not name.startswith(("message_", "activity_"))
    )


def read(record: BaseModel, names: Collection[str]) -> dict[str, Any]:
    """Their values in a package: in the language of the installation, empty texts as ``""``."""
    source = record.with_context(lang=None)
    return {name: _written(source[name], source._fields[name].type) for name in names}


def _written(value: Any, kind: str) -> Any:
    if kind in _TEXTS or kind == "selection":
        return str(value or "")
    if kind == "date":
        return Date.to_string(value) or ""
    return value


def checked(
    model: BaseModel, record: Mapping[str, Any], names: Collection[str], where: str
) -> dict[str, Any]:
    """Values for ``create`` and ``write``, after each was found to be what the field takes.

    :param where: names the record in the message of an error
    :raises PackageError: a value of another kind, or a choice that does not exist here
    """
    return {
        name: _checked(model, name, record[name], f"{where}, “{name}”")
        for name in names
        if name in record
    }


def _checked(model: BaseModel, name: str, value: Any, where: str) -> Any:
    field = model._fields[name]
    if field.type in _TEXTS or field.type == "selection":
        if not isinstance(value, str):
            raise PackageError(f"{where} must be a text.")
        if field.type == "selection" and value and value not in field.get_values(model.env):
            raise PackageError(
                f"{where}: “{value[:80]}” does not exist here. The addon that brings it may not be "
                "installed."
            )
        return value or False
    if field.type == "boolean":
        if not isinstance(value, bool):
            raise PackageError(f"{where} must be true or false.")
        return value
    if field.type == "date":
        return _date(value, where)
    number = (int, float) if field.type == "float" else int
    if isinstance(value, bool) or not isinstance(value, number) or not math.isfinite(value):
        raise PackageError(f"{where} must be a number.")
    if abs(value) > _LARGEST:
        raise PackageError(f"{where} is too large.")
    return value


def _date(value: Any, where: str) -> Any:
    try:
        return Date.to_date(value) if isinstance(value, str) and value else _empty(value)
    except ValueError as exc:
        raise PackageError(f"{where} must be a day such as 2026-03-31.") from exc


def _empty(value: Any) -> bool:
    if value != "":
        raise ValueError(value)
    return False


def require_known(record: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Nothing of a package is left out in silence.

    :raises PackageError: it says something that this installation does not know
    """
    if extra := sorted(set(record) - set(known)):
        raise PackageError(
            f"{where}: “{extra[0][:80]}” is not known here. The addon that brings it may not be "
            "installed."
        )


def listed(record: Mapping[str, Any], name: str, where: str) -> Sequence[Any]:
    """A member of a record that is a list.

    :raises PackageError: it is something else
    """
    found = record.get(name, [])
    if not isinstance(found, list):
        raise PackageError(f"{where}: “{name}” must be a list.")
    return found


def texts(record: Mapping[str, Any], name: str, where: str) -> Sequence[str]:
    """A member of a record that is a list of texts.

    :raises PackageError: it is something else
    """
    found = listed(record, name, where)
    if not all(isinstance(one, str) for one in found):
        raise PackageError(f"{where}: “{name}” must be a list of texts.")
    return found
