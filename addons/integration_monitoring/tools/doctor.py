# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a set-up has to be like, and what is wrong with the one that is found.

Each check is asked with the same readings and answers with a code, a grade and the numbers behind
it; whoever shows it has a sentence for each code, which says how to mend it. Settings that make the
suite slow, deaf or unsafe without a word are what it looks for: the rest says so by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

Fact = int | float | str


class Grade(IntEnum):
    """What to make of an answer."""

    GOOD = 0
    ADVICE = 1  #: works, and could be better or safer
    WRONG = 2  #: does not work, or not safely


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a check.

    :param code: names the check and, after a dot, what was found.
    :param facts: numbers and names for its sentence.
    """

    code: str
    grade: Grade
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was read of the server and of its database.

    :param database_filter: option ``dbfilter``; empty: none.
    :param database_named: whether ``db_name`` names exactly one database.
    :param workers, cron_threads: processes of Odoo; no workers: it runs in threads.
    :param job_capacity: of the root channel of queue_job; ``None``: it cannot be read.
    :param background_capacity: of the channel for what is not urgent.
    :param server_wide: modules that are loaded with the server.
    :param key_ring, audit_key: empty when there is one; ``missing``, or what is wrong with it.
    :param proxy_mode: whether headers of a proxy are believed.
    :param trusted_proxies: how many networks of proxies are named.
    :param clock_offset: seconds by which the clock of Odoo is ahead of that of PostgreSQL.
    :param runner_age: seconds since the job runner was seen at work; ``None``: never.
    :param cron_late: seconds that the most overdue scheduled action of the suite is late.
    :param oldest_job: seconds that a job which is due waits to be started.
    :param connections_wanted, connections_allowed: what the processes may open together, and what
        PostgreSQL allows.
    :param idle_timeout: ``idle_in_transaction_session_timeout`` in seconds; 0: none.
    :param durable: whether PostgreSQL keeps what it has committed.
    :param statement_logging: ``log_min_error_statement`` of PostgreSQL.
    :param request_seconds: option ``limit_time_real``; 0: none.
    :param longest_timeout: seconds of the longest total timeout of a policy in use.
    :param list_databases: whether strangers may ask for names of databases.
    :param environment: name of this environment.
    :param state_writable: whether the folder outside the database can be written.
    :param disk_free: share of the disk of the data that is free.
    """

    database_filter: str = ""
    database_named: bool = True
    workers: int = 6
    cron_threads: int = 1
    job_capacity: int | None = 4
    background_capacity: int = 3
    server_wide: frozenset[str] = frozenset({"queue_job", "integration_monitoring"})
    key_ring: str = ""
    audit_key: str = ""
    proxy_mode: bool = True
    trusted_proxies: int = 1
    clock_offset: float = 0.0
    runner_age: float | None = 0.0
    cron_late: float = 0.0
    oldest_job: float = 0.0
    connections_wanted: int = 80
    connections_allowed: int = 100
    idle_timeout: int = 0
    durable: bool = True
    statement_logging: str = "panic"
    request_seconds: int = 120
    longest_timeout: float = 60.0
    list_databases: bool = False
    environment: str = "production"
    state_writable: bool = True
    disk_free: float = 0.5


#: Seconds after which the runner, a scheduled action or a job counts as standing still.
RUNNER_ALLOWED: Final = 180
CRON_ALLOWED: Final = 300
JOB_ALLOWED: Final = 120
#: Seconds by which clocks may differ: signatures of webhooks live for five minutes.
CLOCK_ALLOWED: Final = 2.0
DISK_LEAST: Final = 0.1


def examine(setup: Setup) -> list[Verdict]:
    """The answers of all checks, the worst ones first."""
    found = [verdict for check in CHECKS for verdict in check(setup)]
    return sorted(found, key=lambda one: -one.grade)


def _database(setup: Setup) -> Iterator[Verdict]:
    if setup.database_filter:
        yield Verdict("database.filter", Grade.WRONG, {"filter": setup.database_filter})
    elif not setup.database_named:
        yield Verdict("database.unnamed", Grade.WRONG)
    else:
        yield Verdict("database", Grade.GOOD)
    if setup.list_databases:
        yield Verdict("database.listed", Grade.ADVICE)


def _workers(setup: Setup) -> Iterator[Verdict]:
    facts: dict[str, Fact] = {"workers": setup.workers, "jobs": setup.job_capacity or 0}
    if setup.workers == 0:
        yield Verdict("workers.threads", Grade.ADVICE, facts)
    elif setup.job_capacity is None:
        yield Verdict("channels.unreadable", Grade.WRONG)
    elif setup.job_capacity == 0:
        yield Verdict("channels.none", Grade.WRONG)
    elif setup.workers <= setup.job_capacity:
        yield Verdict("workers.few", Grade.WRONG, facts)
    else:
        yield Verdict("workers", Grade.GOOD, facts)
    if setup.job_capacity and setup.background_capacity >= setup.job_capacity:
        facts = {"background": setup.background_capacity, "jobs": setup.job_capacity}
        yield Verdict("channels.background", Grade.ADVICE, facts)


def _crons(setup: Setup) -> Iterator[Verdict]:
    if setup.cron_threads < 1:
        yield Verdict("crons.none", Grade.WRONG)
    elif setup.cron_late > CRON_ALLOWED:
        yield Verdict("crons.late", Grade.WRONG, {"seconds": int(setup.cron_late)})
    else:
        yield Verdict("crons", Grade.GOOD)


def _runner(setup: Setup) -> Iterator[Verdict]:
    if "queue_job" not in setup.server_wide:
        yield Verdict("runner.not_loaded", Grade.WRONG)
    elif setup.runner_age is None:
        yield Verdict("runner.unseen", Grade.WRONG)
    elif setup.runner_age > RUNNER_ALLOWED:
        yield Verdict("runner.down", Grade.WRONG, {"seconds": int(setup.runner_age)})
    elif setup.oldest_job > JOB_ALLOWED:
        yield Verdict("runner.slow", Grade.ADVICE, {"seconds": int(setup.oldest_job)})
    else:
        yield Verdict("runner", Grade.GOOD)
    if "integration_monitoring" not in setup.server_wide:
        yield Verdict("health.not_loaded", Grade.ADVICE)


def _keys(setup: Setup) -> Iterator[Verdict]:
    for name, problem in (("key_ring", setup.key_ring), ("audit_key", setup.audit_key)):
        if problem == "missing":
            yield Verdict(f"{name}.missing", Grade.WRONG)
        elif problem:
            yield Verdict(f"{name}.unreadable", Grade.WRONG, {"problem": problem})
        else:
            yield Verdict(name, Grade.GOOD)


def _proxy(setup: Setup) -> Iterator[Verdict]:
    if setup.trusted_proxies and not setup.proxy_mode:
        yield Verdict("proxy.mode_off", Grade.WRONG)
    elif setup.proxy_mode and not setup.trusted_proxies:
        yield Verdict("proxy.untrusted", Grade.ADVICE)
    else:
        yield Verdict("proxy", Grade.GOOD)


def _clock(setup: Setup) -> Iterator[Verdict]:
    if abs(setup.clock_offset) > CLOCK_ALLOWED:
        yield Verdict("clock.off", Grade.WRONG, {"seconds": round(setup.clock_offset, 1)})
    else:
        yield Verdict("clock", Grade.GOOD, {"seconds": round(setup.clock_offset, 3)})


def _postgres(setup: Setup) -> Iterator[Verdict]:
    if setup.connections_wanted >= setup.connections_allowed:
        facts: dict[str, Fact] = {
            "wanted": setup.connections_wanted,
            "allowed": setup.connections_allowed,
        }
        yield Verdict("postgres.connections", Grade.ADVICE, facts)
    else:
        yield Verdict("postgres", Grade.GOOD)
    if setup.idle_timeout:
        yield Verdict("postgres.idle_timeout", Grade.WRONG, {"seconds": setup.idle_timeout})
    if not setup.durable:
        yield Verdict("postgres.not_durable", Grade.WRONG)
    if setup.statement_logging != "panic":
        yield Verdict("postgres.statements", Grade.ADVICE, {"level": setup.statement_logging})


def _time_limits(setup: Setup) -> Iterator[Verdict]:
    limit, longest = setup.request_seconds, setup.longest_timeout
    if limit and longest >= limit:
        yield Verdict("timeouts.long", Grade.WRONG, {"limit": limit, "longest": int(longest)})
    else:
        yield Verdict("timeouts", Grade.GOOD)


def _outside(setup: Setup) -> Iterator[Verdict]:
    if not setup.environment:
        yield Verdict("environment.unnamed", Grade.ADVICE)
    else:
        yield Verdict("environment", Grade.GOOD, {"name": setup.environment})
    if not setup.state_writable:
        yield Verdict("state.unwritable", Grade.WRONG)
    if setup.disk_free < DISK_LEAST:
        yield Verdict("disk.full", Grade.WRONG, {"percent": round(setup.disk_free * 100, 1)})


CHECKS: Final[tuple[Callable[[Setup], Iterator[Verdict]], ...]] = (
    _database,
    _workers,
    _runner,
    _crons,
    _keys,
    _proxy,
    _clock,
    _postgres,
    _time_limits,
    _outside,
)
#: Every code that an answer may have.
CODES: Final = frozenset(
    {
        *("database", "database.filter", "database.unnamed", "database.listed"),
        *("workers", "workers.threads", "workers.few"),
        *("channels.unreadable", "channels.none", "channels.background"),
        *("crons", "crons.none", "crons.late"),
        *("runner", "runner.not_loaded", "runner.unseen", "runner.down", "runner.slow"),
        *("health.not_loaded", "key_ring", "key_ring.missing", "key_ring.unreadable"),
        *("audit_key", "audit_key.missing", "audit_key.unreadable"),
        *("proxy", "proxy.mode_off", "proxy.untrusted", "clock", "clock.off"),
        *("postgres", "postgres.connections", "postgres.idle_timeout"),
        *("postgres.not_durable", "postgres.statements", "timeouts", "timeouts.long"),
        *("environment", "environment.unnamed", "state.unwritable", "disk.full"),
    }
)
