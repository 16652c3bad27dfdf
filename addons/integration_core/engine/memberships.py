"""Who holds which role of the suite, and since when the audit knows it.

A role is a group of the privilege *Integrations*. People get one in many ways: from their own form,
from the group's, through a group that implies it, by being created, archived or deleted. So what is
recorded is the difference that a write makes to who really holds a role. What the audit knows is
kept in a table, which shows changes that did not come through Odoo.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor
from odoo.tools.sql import table_exists

from . import audit

#: A person and a group, by their ids.
Membership = tuple[int, int]

_TABLE = "integration_audit_membership"
# Cursors on which a write is being recorded: what it calls is part of it.
_under_way: ContextVar[frozenset[int]] = ContextVar("under_way", default=frozenset())


@contextmanager
def recorded(env: api.Environment, going: BaseModel | None = None) -> Iterator[None]:
    """Record what the body of the ``with`` statement changes about who holds a role.

    Differences that are there already were made outside Odoo, and are recorded as such: nobody
    shall answer for them who merely wrote next.

    :param going: people or groups that the body deletes
    """
    if id(env.cr) in _under_way.get() or not table_exists(env.cr, _TABLE):
        yield  # a part of a larger write, or the addon is being uninstalled
        return
    compare(env)
    before = effective(env)
    names = {one.id: one.display_name for one in going.sudo()} if going else {}  # sudo: as _record
    token = _under_way.set(_under_way.get() | {id(env.cr)})
    try:
        yield
    finally:
        _under_way.reset(token)
    _store(env, before, effective(env), names=names)


def compare(env: api.Environment) -> int:
    """Record what was changed outside Odoo; return how many differences there were."""
    system = env(user=SUPERUSER_ID)
    before, after = known(env.cr), effective(env)
    if before == after:
        return 0
    if not before and not _began(env.cr):
        return _store(system, before, after, system._("Held when the audit of roles began."))
    changed = _store(system, before, after, system._("Changed outside Odoo; noticed only now."))
    system["integration.audit.trail"]._alert(
        "outside", system._("Look for rights granted and withdrawn in the audit trail.")
    )
    return changed


def effective(env: api.Environment) -> set[Membership]:
    """Active people and the roles that they hold, themselves or through another group."""
    env["res.users"].flush_model(["active", "group_ids"])
    env["res.groups"].flush_model(["implied_ids", "privilege_id"])
    env.cr.execute(
        """
        WITH RECURSIVE implied (role, gid) AS (
            SELECT g.id, g.id FROM res_groups g
              JOIN ir_model_data d ON d.model = 'res.groups.privilege' AND d.res_id = g.privilege_id
             WHERE d.module = 'integration_core' AND d.name = 'privilege_integration'
             UNION
            SELECT i.role, r.gid FROM implied i JOIN res_groups_implied_rel r ON r.hid = i.gid
        )
        SELECT DISTINCT m.uid, i.role FROM implied i
          JOIN res_groups_users_rel m ON m.gid = i.gid
          JOIN res_users u ON u.id = m.uid AND u.active
        """
    )
    return set(env.cr.fetchall())


def known(cr: BaseCursor) -> set[Membership]:
    """What the audit has recorded."""
    cr.execute("SELECT user_id, group_id FROM integration_audit_membership")
    return set(cr.fetchall())


def _began(cr: BaseCursor) -> bool:
    """Whether a role was ever recorded."""
    cr.execute("SELECT 1 FROM integration_audit_entry WHERE act = 'grant' LIMIT 1")
    return bool(cr.fetchone())


def _store(
    env: api.Environment,
    before: set[Membership],
    after: set[Membership],
    reason: str = "",
    names: dict[int, str] | None = None,
) -> int:
    """Record the difference and remember the result; return how many memberships changed."""
    granted, withdrawn = after - before, before - after
    if withdrawn:
        _record(env, "withdraw", withdrawn, reason, names or {})
        env.cr.execute(
            "DELETE FROM integration_audit_membership WHERE (user_id, group_id) IN %s",
            [tuple(withdrawn)],
        )
    if granted:
        _record(env, "grant", granted, reason, names or {})
        env.cr.execute_values(
            "INSERT INTO integration_audit_membership (user_id, group_id) VALUES %s "
            "ON CONFLICT DO NOTHING",
            sorted(granted),
        )
    return len(granted) + len(withdrawn)


def _record(
    env: api.Environment,
    act: str,
    changed: set[Membership],
    reason: str,
    names: dict[int, str],
) -> None:
    """One entry for each person: the roles that he got or lost.

    :param names: of people or groups that are gone
    """
    roles = defaultdict(list)
    for user_id, group_id in sorted(changed):
        roles[user_id].append(group_id)
    # sudo: whoever may change people need not be able to read groups
    groups = env["res.groups"].sudo().browse({group for _user, group in changed}).exists()
    titles = {**names, **{group.id: group.full_name for group in groups}}
    users = env["res.users"].browse(roles).exists()
    changes = {}
    for user_id, group_ids in roles.items():
        text = ", ".join(titles.get(one) or f"res.groups,{one}" for one in group_ids)
        changes[user_id] = {"group_ids": ("", text) if act == "grant" else (text, "")}
    audit.record(users, act, reason=reason, changes=changes)
    for user_id in sorted(set(roles) - set(users.ids)):
        name = names.get(user_id) or f"res.users,{user_id}"
        audit.record_gone(
            env, act, "res.users", user_id, name, reason=reason, changes=changes[user_id]
        )
