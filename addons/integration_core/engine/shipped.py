"""Records that an addon ships approved, and what upgrade scripts do with them.

Data files approve them with ``<function … name="action_approve">``. As they are ``noupdate``, Odoo
runs those functions when the addon is installed and never again: what a later version adds would
stay a draft in databases that are updated. That version therefore has a script that approves them.
And what a later version changes in an approved mapping comes as a new version of the mapping.
"""

from __future__ import annotations

from collections.abc import Iterable

from odoo import api, models


def approve(env: api.Environment, module: str, names: Iterable[str]) -> None:
    """Submit and approve what is still a draft, in this order.

    :param names: external ids without the module: mappings before the routings that use them
    """
    for name in names:
        record = env.ref(f"{module}.{name}", raise_if_not_found=False)
        # What somebody deleted, or decided upon, stays as it is.
        if record and record.state == "draft":
            record.action_submit()
            record.action_approve()


def renew(
    env: api.Environment, module: str, names: Iterable[str], field: str, old: str, new: str
) -> None:
    """Approve new versions of mappings in which a text is replaced; the names mean them from then.

    Interfaces go on with the version that was approved for them, until somebody lets them use the
    new one. What people changed in a mapping, or retired, stays theirs.

    :param names: external ids of the mappings, without the module
    :param field: where the text stands: ``header``, or ``expression`` of the only section
    :param old: the text as it was shipped; it has to stand there exactly once
    """
    for name in names:
        data = env["ir.model.data"].search([("module", "=", module), ("name", "=", name)])
        mapping = env["integration.mapping"].browse(data.res_id).exists()
        if not mapping or mapping.state != "approved" or mapping.version_count > 1:
            continue
        holder = _holder(mapping, field)
        text = holder[field] if len(holder) == 1 else ""
        # The old text may be a part of the new one.
        if new in text or text.count(old) != 1:
            continue
        made = mapping.browse(mapping.action_new_version()["res_id"])
        _holder(made, field)[field] = text.replace(old, new)
        made.action_submit()
        made.action_approve()
        data.res_id = made


def _holder(mapping: models.BaseModel, field: str) -> models.BaseModel:
    return mapping if field == "header" else mapping.section_ids
