"""People who change what a system owns: they need an override, and it is written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from odoo import api
from odoo.exceptions import UserError

from ..tools.ownership import Rule
from . import audit, documents
from .disputes import CREATE, DELETE, WRITE
from .owned_touches import Touch, Touches, departed
from .owned_values import label

Place = tuple[str, int]


def for_change(env: api.Environment, touches: Touches) -> Callable[[], None]:
    """Require overrides; return what does the same about records that left their rule, and writes
    down the use that was made of all of them, when the change is made.

    :raises UserError: there is none for one of the records.
    """
    _require(env, touches.owned, WRITE)
    names = _names(touches)
    before = _readable(env, names)

    def write_down() -> None:
        used = [*touches.owned, *departed(touches.deciding)]
        if not used:
            return
        reasons = _require(env, used, WRITE)
        after = _readable(env, names)
        hidden = _clinical(env, {touch.rule for touch in used})
        changes: dict[Place, dict[str, tuple[str, str]]] = defaultdict(dict)
        for touch in used:
            place, name = touch.place, touch.name
            values = (before[place][name], after[place][name])
            changes[place][name] = ("•••", "•••") if touch.rule in hidden else values
        for (model, record_id), changed in changes.items():
            audit.record(
                env[model].browse(record_id),
                "override",
                reason=reasons[model, record_id],
                changes=changed,
            )

    return write_down


def for_existence(env: api.Environment, touches: Sequence[Touch], kind: str) -> None:
    """Require overrides for creating or deleting records, and write down their use.

    :raises UserError: there is none for one of the records.
    """
    reasons = _require(env, touches, kind)
    for touch in touches:
        model, record_id = touch.place
        audit.record(env[model].browse(record_id), "override", reason=reasons[_asked(touch, kind)])


def _names(touches: Iterable[Touch]) -> Mapping[str, tuple[set[int], set[str]]]:
    """Ids and fields by model."""
    found: dict[str, tuple[set[int], set[str]]] = defaultdict(lambda: (set(), set()))
    for touch in touches:
        ids, names = found[touch.record._name]
        ids.add(touch.record.id)
        names.add(touch.name)
    return found


def _readable(
    env: api.Environment, names: Mapping[str, tuple[set[int], set[str]]]
) -> Mapping[Place, Mapping[str, str]]:
    return {
        (model, record_id): texts
        for model, (ids, fields) in names.items()
        for record_id, texts in audit.readable(env[model].browse(ids), sorted(fields)).items()
    }


def _clinical(env: api.Environment, rules: Iterable[Rule]) -> set[Rule]:
    """The rules whose owner keeps clinical data."""
    # sudo: the owner's system need not be readable for whoever overrides it
    systems = env["integration.system"].sudo()
    return {rule for rule in rules if systems.browse(rule.system_id).domain == "clinical"}


def _asked(touch: Touch, kind: str) -> Place:
    """What an override has to be about: the record, or records that are yet to be created."""
    return (touch.record._name, 0) if kind == CREATE else touch.place


def _require(env: api.Environment, touches: Sequence[Touch], kind: str) -> Mapping[Place, str]:
    """The reasons of the person's overrides, by what they are about."""
    by_model: dict[str, set[int]] = defaultdict(set)
    for touch in touches:
        model, record_id = _asked(touch, kind)
        by_model[model].add(record_id)
    overrides = env["integration.ownership.override"]
    reasons = {
        (model, record_id): reason
        for model, ids in by_model.items()
        for record_id, reason in overrides._reasons(model, ids).items()
    }
    for touch in touches:
        if _asked(touch, kind) not in reasons:
            raise UserError(_refusal(env, touch, touches, kind))
    return reasons


# -- what people are told ----------------------------------------------------------------------


def _refusal(env: api.Environment, touch: Touch, touches: Sequence[Touch], kind: str) -> str:
    """What a person is told, and what he can do."""
    return "\n".join(
        [
            _what(env, touch, touches, kind),
            env._(
                "Have it changed there; Odoo gets it from there. In an urgent case a data steward "
                "may override this with a reason, on the form of the record."
            ),
        ]
    )


def _what(env: api.Environment, touch: Touch, touches: Sequence[Touch], kind: str) -> str:
    # sudo: whom to ask is no secret
    system = env["integration.system"].sudo().browse(touch.rule.system_id).name
    record = touch.record
    if kind == CREATE:
        return env._(
            "New records of the kind “%(kind)s” come from %(system)s only.",
            kind=documents.kind_name(env, record._name),
            system=system,
        )
    name = _name(env, touch)
    if kind == DELETE:
        return env._(
            "“%(record)s” belongs to %(system)s, which alone deletes it.",
            record=name,
            system=system,
        )
    labels = _labels(env, touch, touches)
    if touch.decides:
        return env._(
            "“%(record)s” belongs to %(system)s because of “%(fields)s”: with this change it would "
            "not belong to it any more.",
            record=name,
            system=system,
            fields=labels,
        )
    return env._(
        "%(system)s is the system of record for “%(fields)s” of “%(record)s”.",
        system=system,
        fields=labels,
        record=name,
    )


def _labels(env: api.Environment, touch: Touch, touches: Sequence[Touch]) -> str:
    """What is touched for the same reason as ``touch``, in the order of the alphabet."""
    alike = {
        label(env, one.record, one.name)
        for one in touches
        if (one.rule, one.decides) == (touch.rule, touch.decides)
    }
    return "”, “".join(sorted(alike))


def _name(env: api.Environment, touch: Touch) -> str:
    """The name of a record, for those who may read it."""
    model, record_id = touch.place
    if env[model].browse(record_id).has_access("read"):
        return touch.record.display_name or ""
    return f"#{record_id}"
