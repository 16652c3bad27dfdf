"""Reads the set-up of this server and of its database for :mod:`..tools.doctor`.

The same for the command line and for the screen: both run with the odoo.conf of the server.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from odoo.api import Environment
from odoo.sql_db import BaseCursor
from odoo.tools import config

from odoo.addons.integration_core.engine import arming, audit_settings, outside, settings
from odoo.addons.integration_core.tools.keyring import KeyRingError, KeyRingMissing
from odoo.addons.queue_job.jobrunner import runner
from odoo.addons.queue_job.jobrunner.channels import ChannelManager

from ..tools.doctor import Setup

#: Seconds since it was due, of the most overdue scheduled action of the suite.
_CRONS = """
SELECT coalesce(max(extract(epoch FROM now() AT TIME ZONE 'UTC' - c.nextcall)), 0)
  FROM ir_cron c JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = c.id
 WHERE c.active AND d.module LIKE 'integration%%'
"""
_JOBS = """
SELECT coalesce(max(extract(epoch FROM now() AT TIME ZONE 'UTC' - greatest(date_created, eta))), 0)
  FROM queue_job WHERE state = 'pending' AND (eta IS NULL OR eta < now() AT TIME ZONE 'UTC')
"""
_RUNNER = """
SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - max(beat_at))
  FROM integration_heartbeat WHERE kind = 'job_runner'
"""
_TIMEOUTS = """
SELECT coalesce(max(p.total_timeout), 0) FROM integration_policy p
 WHERE EXISTS (SELECT 1 FROM integration_interface i
                WHERE i.policy_id = p.id AND i.state IN ('active', 'deprecated'))
"""
_MILLISECONDS = 1000


def read(env: Environment) -> Setup:
    """What is set up, and how the parts of the suite do."""
    cr = env.cr
    names = config["db_name"]
    return Setup(
        database_filter=config["dbfilter"] or "",
        database_named=len(names if isinstance(names, list) else [names]) == 1 and bool(names),
        workers=config["workers"] or 0,
        cron_threads=config["max_cron_threads"],
        server_wide=frozenset(config["server_wide_modules"]),
        proxy_mode=bool(config["proxy_mode"]),
        trusted_proxies=len(settings.trusted_proxies()),
        list_databases=bool(config["list_db"]),
        request_seconds=config["limit_time_real"] or 0,
        key_ring=_key_ring(),
        audit_key=_audit_key(),
        environment=arming.environment(),
        clock_offset=_clock_offset(cr),
        cron_late=max(0.0, float(_one(cr, _CRONS))),
        oldest_job=max(0.0, float(_one(cr, _JOBS))),
        runner_age=_optional(_one(cr, _RUNNER)),
        longest_timeout=float(_one(cr, _TIMEOUTS)),
        **_channels(),
        **_postgres(cr),
        **_disk(cr),
    )


def _one(cr: BaseCursor, query: str) -> Any:
    cr.execute(query)
    return cr.fetchone()[0]


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _channels() -> dict[str, int | None]:
    """What queue_job may run at once, as its own runner reads it."""
    manager = ChannelManager()
    try:
        manager.simple_configure(runner._channels())
    except Exception:  # its parser raises several kinds
        return {"job_capacity": None}
    root = manager.get_channel_by_name("root")

    def capacity(name: str) -> int:
        found = manager.get_channel_by_name(name, autocreate=True).capacity
        return root.capacity if found is None else found

    return {
        "job_capacity": root.capacity,
        "background_capacity": capacity("root.integration_background"),
    }


def _key_ring() -> str:
    return _problem(settings.key_ring)


def _audit_key() -> str:
    problem = audit_settings.key_problem()
    return problem or ("" if audit_settings.keys() else "missing")


def _problem(ask: Callable[[], object]) -> str:
    try:
        ask()
    except KeyRingMissing:
        return "missing"
    except KeyRingError as exc:
        return str(exc)
    return ""


def _clock_offset(cr: BaseCursor) -> float:
    """Seconds by which Odoo's clock is ahead; half of the round trip is nobody's fault."""
    before = time.time()
    cr.execute("SELECT extract(epoch FROM clock_timestamp())")
    theirs = float(cr.fetchone()[0])
    return (before + time.time()) / 2 - theirs


def _postgres(cr: BaseCursor) -> dict[str, Any]:
    cr.execute(
        """
        SELECT name, setting FROM pg_settings
         WHERE name IN ('max_connections', 'idle_in_transaction_session_timeout', 'fsync',
                        'synchronous_commit', 'full_page_writes', 'log_min_error_statement')
        """
    )
    found = dict(cr.fetchall())
    durable = ("fsync", "synchronous_commit", "full_page_writes")
    # As odoo.conf.example has it: workers, scheduled actions and the job runner, and live updates.
    processes = (config["workers"] or 1) + config["max_cron_threads"] + 1
    return {
        "connections_allowed": int(found["max_connections"]),
        "connections_wanted": processes * config["db_maxconn"],
        "idle_timeout": int(found["idle_in_transaction_session_timeout"]) // _MILLISECONDS,
        "durable": all(found[name] != "off" for name in durable),
        "statement_logging": found["log_min_error_statement"],
    }


def _disk(cr: BaseCursor) -> dict[str, Any]:
    usage = shutil.disk_usage(config["data_dir"])
    return {"state_writable": _writable(cr.dbname), "disk_free": usage.free / usage.total}


def _writable(dbname: str) -> bool:
    """Whether what lies outside the database can be written; where it is unwanted, it can."""
    place = outside.folder(dbname)
    if place is None:
        return True
    probe = place / ".doctor"
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
        return True
    return False
