"""Saving configuration with its audit entry and without, and sealing, under a clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

from odoo import api
from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine import audit, audit_sealer

_ENTRIES = """
    INSERT INTO integration_audit_entry (
        occurred_at, actor_id, actor_login, act, res_model, res_id, res_name, company_id, reason,
        changes, remote_address)
    SELECT clock_timestamp() AT TIME ZONE 'UTC', 2, 'admin', 'change', 'integration.interface', n,
           'Orders to the supplier', 1, 'The partner moved its server to another place',
           '{"description": ["Before the change", "After the change"], "name": ["A", "B"]}',
           '203.0.113.7'
      FROM generate_series(1, %s) n
"""


@contextmanager
def _unaudited() -> Iterator[None]:
    """Neither compare values before and after, nor write an entry."""
    with (
        patch.object(audit, "readable", lambda _records, _names: {}),
        patch.object(audit, "record", lambda *_arguments, **_options: None),
    ):
        yield


def save_each(
    registry: Registry,
    user_id: int,
    model: str,
    record_id: int,
    texts: list[str],
    *,
    audited: bool,
) -> list[float]:
    """Save a form once for each text, as the web client does; return the seconds of each.

    The clock runs from borrowing a connection to the end of the commit.
    """
    specification = _specification(registry, user_id, model)
    durations = []
    with nullcontext() if audited else _unaudited():
        for text in texts:
            start = time.perf_counter()
            with registry.cursor() as cr:
                record = api.Environment(cr, user_id, {})[model].browse(record_id)
                record.web_save({"name": text}, specification)
            durations.append(time.perf_counter() - start)
    return durations


def _specification(registry: Registry, user_id: int, model: str) -> dict[str, Any]:
    """What the form of a model reads back after saving."""
    with registry.cursor() as cr:
        env = api.Environment(cr, user_id, {})
        found = env[model].get_views([(False, "form")])
        names = found["models"][model]["fields"]
        fields = env[model]._fields
        return {
            name: {"fields": {"display_name": {}}} if fields[name].relational else {}
            for name in names
            if name in fields and fields[name].type != "binary"
        }


def seal_entries(registry: Registry, count: int) -> float:
    """Entries a second that one sealer seals, commits included."""
    with registry.cursor() as cr:
        cr.execute(_ENTRIES, [count])
    start = time.perf_counter()
    done = audit_sealer.seal_waiting(registry, seconds=600)
    seconds = time.perf_counter() - start
    assert done.count >= count
    return done.count / seconds
