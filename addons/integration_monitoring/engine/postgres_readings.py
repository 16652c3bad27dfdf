"""How PostgreSQL does: connections, bloat of the tables of the ledger, and room on its disk.

Read from its statistics, which cost the same however large the tables are.
"""

from __future__ import annotations

import shutil
from contextlib import suppress

from odoo.sql_db import BaseCursor
from odoo.tools import config

from ..tools.database_state import State

#: Tables that are written all the time; others do not grow by traffic.
BUSY = ("integration_message", "integration_attempt", "integration_payload", "integration_event")
#: Fewer dead rows than this are no bloat, whatever their share.
LEAST_DEAD = 100_000


def read(cr: BaseCursor) -> State:
    """The state of the cluster and of this database."""
    connections, allowed, oldest = _sessions(cr)
    table, dead = _bloat(cr)
    return State(connections, allowed, oldest, table, dead, _disk(cr))


def _sessions(cr: BaseCursor) -> tuple[int, int, float]:
    """Connections, how many there may be, and the age of the oldest transaction."""
    cr.execute(
        """
        SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
               current_setting('max_connections')::int
                   - current_setting('superuser_reserved_connections')::int,
               coalesce((SELECT max(extract(epoch FROM now() - xact_start)) FROM pg_stat_activity
                          WHERE datname = current_database() AND pid <> pg_backend_pid()
                            AND backend_type = 'client backend'), 0)
        """
    )
    connections, allowed, oldest = cr.fetchone()
    return connections, allowed, float(oldest)


def _bloat(cr: BaseCursor) -> tuple[str, float]:
    """The busy table with the largest share of dead rows, if they are many."""
    cr.execute(
        """
        SELECT relname, n_dead_tup::float8 / greatest(n_live_tup + n_dead_tup, 1)
          FROM pg_stat_user_tables
         WHERE relname = ANY(%s) AND n_dead_tup >= %s
         ORDER BY 2 DESC LIMIT 1
        """,
        [list(BUSY), LEAST_DEAD],
    )
    return cr.fetchone() or ("", 0.0)


def _disk(cr: BaseCursor) -> float:
    """Share of the disk that is used: of Odoo's data, and of PostgreSQL's where it is here too."""
    places = [config["data_dir"]]
    cr.execute(
        "SELECT CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'MEMBER')"
        " THEN current_setting('data_directory') END"
    )
    places.append(cr.fetchone()[0] or "")
    shares = []
    for place in filter(None, places):
        with suppress(OSError):
            usage = shutil.disk_usage(place)
            shares.append(usage.used / usage.total)
    return max(shares, default=0.0)
