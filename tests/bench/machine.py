"""The machine that figures come from, described without naming it."""

import os
import platform
import re
from pathlib import Path

from tests.harness import Database

_POSTGRES_SETTINGS = (
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "wal_level",
    "commit_delay",
    "autovacuum",
)


def cpu_model(cpuinfo: str) -> str:
    """Return the processor's name from the text of ``/proc/cpuinfo``."""
    match = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return match[1].strip() if match else "unknown processor"


def memory_gib(meminfo: str) -> float:
    """Return the main memory in GiB from the text of ``/proc/meminfo``."""
    match = re.search(r"^MemTotal:\s+(\d+) kB$", meminfo, re.MULTILINE)
    return int(match[1]) / 1024**2 if match else float("nan")


def describe(database: Database | None) -> str:
    """Return a few lines about processor, memory, load, PostgreSQL, Python and Odoo."""
    hardware = (
        f"machine: {cpu_model(_read('/proc/cpuinfo'))}, {len(os.sched_getaffinity(0))} cores, "
        f"{memory_gib(_read('/proc/meminfo')):.1f} GiB, {platform.system()} "
        f"{platform.machine()}; load average {load_average()}"
    )
    if database is None:
        return f"{hardware}\nPython {platform.python_version()}"
    settings = ", ".join(f"{name}={database.scalar(f'SHOW {name}')}" for name in _POSTGRES_SETTINGS)
    odoo = database.scalar("SELECT latest_version FROM ir_module_module WHERE name = 'base'")
    return "\n".join(
        (
            hardware,
            f"PostgreSQL {database.scalar('SHOW server_version')} ({settings}), "
            f"Python {platform.python_version()}, Odoo {odoo}",
        )
    )


def load_average() -> str:
    """Return the mean number of busy processes over one, five and fifteen minutes."""
    return ", ".join(f"{value:.2f}" for value in os.getloadavg())


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
