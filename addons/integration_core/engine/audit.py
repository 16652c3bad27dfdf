"""Writing audit entries: who did what to which record, and why, in the transaction of the act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from odoo import api
from odoo.http import request
from odoo.models import BaseModel
from odoo.tools import html2plaintext

from .cursors import insert_quietly

# Longer values are cut, and say so: an audit entry tells what changed, it is no archive.
TEXT_LIMIT = 500

#: Changes of one record: ``{name of the field: (before, after)}``, both as a person reads them.
Changes = Mapping[str, tuple[str, str]]


def record(
    records: BaseModel,
    act: str,
    *,
    reason: str = "",
    changes: Changes | Mapping[int, Changes] | None = None,
) -> None:
    """Write one audit entry for each of ``records``, in the transaction of their environment.

    :param act: a value of ``integration.audit.entry.act``
    :param reason: why, in the words of the person who acts
    :param changes: the same for all records, or by record id. Never content, never a secret.
    """
    if not records:
        return
    env = records.env
    by_record = bool(changes) and all(isinstance(key, int) for key in changes or ())
    # sudo: the name of a record belongs into its history, whoever acts on it
    named = records.sudo()
    _insert(
        env,
        act,
        reason,
        [
            (
                one._name,
                one.id,
                one.display_name or "",
                _company(one),
                (changes or {}).get(one.id, {}) if by_record else changes,
            )
            for one in named
        ],
    )


def record_gone(
    env: api.Environment,
    act: str,
    model: str,
    record_id: int,
    name: str,
    *,
    reason: str = "",
    changes: Changes | None = None,
) -> None:
    """Write an entry about a record that is not there any more, as :func:`record`.

    :param name: its name when it was there
    """
    _insert(env, act, reason, [(model, record_id, name, None, changes)])


def _insert(
    env: api.Environment,
    act: str,
    reason: str,
    subjects: Sequence[tuple[str, int, str, int | None, Any]],
) -> None:
    """Write entries about ``subjects``: model, id, name, company and changes of each."""
    actor = (env.uid, env.user.login, act)
    rows = [
        (
            *actor,
            model,
            record_id,
            name[:TEXT_LIMIT],
            company_id,
            reason or None,
            _dumps(changes),
            _remote_address(),
        )
        for model, record_id, name, company_id, changes in subjects
    ]
    insert_quietly(
        env.cr,
        """
        INSERT INTO integration_audit_entry (
            occurred_at, actor_id, actor_login, act, res_model, res_id, res_name, company_id,
            reason, changes, remote_address)
        VALUES %s
        """,
        rows,
        template="(clock_timestamp() AT TIME ZONE 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    )


def readable(records: BaseModel, names: Sequence[str]) -> dict[int, dict[str, str]]:
    """Values of fields as a person reads them: ``{record id: {field: text}}``."""
    # sudo: the names of related records, which the person who changes one may not be able to read
    return {one.id: {name: _text(one, name) for name in names} for one in records.sudo()}


def differences(
    before: Mapping[int, Mapping[str, str]], after: Mapping[int, Mapping[str, str]]
) -> dict[int, dict[str, tuple[str, str]]]:
    """What changed between two results of :func:`readable`; unchanged records are left out."""
    found = {}
    for record_id, new in after.items():
        old = before.get(record_id, {})
        changed = {
            name: (old.get(name, ""), text) for name, text in new.items() if old.get(name) != text
        }
        if changed:
            found[record_id] = changed
    return found


def _text(one: BaseModel, name: str) -> str:
    value: Any = one[name]
    field = one._fields[name]
    if field.relational:
        text = ", ".join(value.mapped("display_name"))
    elif field.type == "selection":
        text = dict(field._description_selection(one.env)).get(value, value or "")
    elif field.type == "boolean":
        text = "✓" if value else "✗"
    elif value is False or value is None:
        text = ""
    elif field.type == "html":
        text = html2plaintext(value)
    else:
        text = str(value)
    return text


def cut(text: str) -> str:
    """``text``, or its beginning with a remark about the rest."""
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text)})"


def _dumps(changes: Any) -> str | None:
    if not changes:
        return None
    return json.dumps(
        {name: [cut(str(old)), cut(str(new))] for name, (old, new) in changes.items()},
        ensure_ascii=False,
        sort_keys=True,
    )


def _company(one: BaseModel) -> int | None:
    parent = getattr(one, "_audit_parent", "")
    owner = one[parent] if parent else one
    company = owner["company_id"] if "company_id" in owner._fields else None
    return company.id if company else None


def _remote_address() -> str | None:
    """Where the request came from; behind a proxy Odoo's ``proxy_mode`` makes this the client."""
    return request.httprequest.remote_addr if request else None
