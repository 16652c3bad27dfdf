"""What an event may carry, and what it may depend on.

An event leaves Odoo, with what it carries and with the bare fact that it happened: whoever defines
that it happens when a field reaches a value, or when a condition holds, learns the value as well.
So triggers and conditions keep away from closed models (:mod:`..tools.closed_models`), from
secrets and from what the definer may not read, just as contents do.
"""

from __future__ import annotations

from odoo.fields import Domain, Field
from odoo.models import BaseModel

from ..tools import closed_models, field_paths

#: Fields whose values are not for a snapshot, with the reason.
_REFUSED_TYPES = {
    "binary": "holds a file",
    "image": "holds a file",
    "json": "has no fixed shape",
    "properties": "has no fixed shape",
    "properties_definition": "has no fixed shape",
}


def check_path(model: BaseModel, path: str) -> None:
    """Raise if a path cannot, or must not, be part of a snapshot.

    :raises field_paths.PathError: with the reason as an administrator reads it.
    :raises AccessError: the user may not read a model or field on the path.
    """
    names = field_paths.split(path)
    for position, name in enumerate(names):
        field = _field(model, name)
        _check_open(field)
        _check_content(field)
        _check_readable(model, field)
        if position < len(names) - 1:
            if not field.relational:
                raise field_paths.PathError(f"{name} is no relation: nothing can follow it")
            model = model.env[field.comodel_name]


def check_watched(model: BaseModel, name: str) -> None:
    """Raise if events must not depend on the value of a field.

    :raises field_paths.PathError, AccessError: as :func:`check_path`
    """
    field = _field(model, name)
    _check_open(field)
    _check_readable(model, field)


def check_condition(model: BaseModel, domain: Domain) -> None:
    """Raise if events must not depend on what a domain asks for.

    Whether a link leads anywhere may be asked of each field, but nothing about what is there.

    :raises field_paths.PathError, AccessError: as :func:`check_path`
    """
    for condition in domain.iter_conditions():
        here = model
        names = condition.field_expr.split(".")
        for position, name in enumerate(names):
            field = _field(here, name)
            last = position == len(names) - 1 or not field.relational
            if not (last and condition.value in (False, None)):
                _check_open(field)
            _check_readable(here, field)
            if last:
                break
            here = here.env[field.comodel_name]
        if condition.operator in ("any", "not any"):
            check_condition(here.env[field.comodel_name], Domain(condition.value))


def _field(model: BaseModel, name: str) -> Field:
    model.check_access("read")
    if closed_models.is_closed(model._name):
        raise field_paths.PathError(f"{model._name} is closed to events")
    field = model._fields.get(name)
    if field is None:
        raise field_paths.PathError(f"{model._name} has no field {name}")
    return field


def _check_readable(model: BaseModel, field: Field) -> None:
    if not model._has_field_access(field, "read"):
        raise field_paths.PathError(f"you may not read the field {field.name}")


def _check_open(field: Field) -> None:
    if closed_models.is_closed_field(field.model_name, field.name):
        raise field_paths.PathError(f"{field.name} of a user is closed to events")
    if field.relational and closed_models.is_closed(field.comodel_name):
        raise field_paths.PathError(f"{field.name} leads to {field.comodel_name}, closed to events")
    if field_paths.looks_secret(field.name):
        raise field_paths.PathError(f"{field.name} sounds like a secret")
    if field.related_field is not None:
        _check_origin(field)


def _check_origin(field: Field) -> None:
    """A field that shows another one's value is as closed as that one.

    Also where it is stored: reading or searching it then asks nobody about its origin.
    """
    origin = field.related_field
    try:
        _check_open(origin)
        closed = closed_models.is_closed(origin.model_name)
    except field_paths.PathError:
        closed = True
    if closed or (origin.groups and origin.groups != field.groups):
        raise field_paths.PathError(
            f"{field.name} shows {origin.name} of {origin.model_name}, closed to events"
        )


def _check_content(field: Field) -> None:
    if field.groups:
        raise field_paths.PathError(f"{field.name} is reserved for some people only")
    if field.type in _REFUSED_TYPES:
        raise field_paths.PathError(f"{field.name} {_REFUSED_TYPES[field.type]}")
    if field.company_dependent:
        raise field_paths.PathError(f"{field.name} has another value in each company")
    if not (field.store or field.related or field.name == "display_name"):
        # It would be computed in the transaction of whoever saves the record.
        raise field_paths.PathError(f"{field.name} is not stored, but computed each time")
