"""Who is told of incidents, and how the job runner is made to hang."""

import os
import signal

from tests.e2e.conftest import Suite
from tests.e2e.office import Outbound, Supplier
from tests.e2e.receivers import Receiver
from tests.harness import Database, wait_until

_AGE = """
SELECT extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - beat_at)::float8
  FROM integration_heartbeat WHERE key = 'job_runner'
"""


def listening(suite: Suite, receiver: Receiver, code: str) -> Outbound:
    """Return an interface that carries the events of incidents to another system."""
    office = suite.office
    system_id = office.create("integration.system", name=code, code=code, kind="other")
    kinds = ("started", "worsened", "escalated", "reopened", "ended")
    types = [office.ref(f"integration_monitoring.event_type_incident_{kind}") for kind in kinds]
    return office.outbound(
        Supplier(partner_id=0, system_id=system_id),
        receiver.url,
        name=code,
        event_type_ids=[[6, 0, types]],
    )


def sign_of_life(database: Database) -> float | None:
    """Return the seconds since the last sign of life of the job runner."""
    return database.scalar(_AGE)


class StoppedRunner:
    """The process of the job runner hangs, as the system sees it: it is there and does nothing."""

    def __init__(self, database: Database) -> None:
        found = wait_until(
            lambda: database.sql(
                "SELECT application_name AS name FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                "   AND query ~ 'select_jobs|LISTEN queue_job'"
            ),
            what="the job runner",
        )
        self._pid = int(found[0]["name"].removeprefix("odoo-"))

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def __exit__(self, *_exc: object) -> None:
        os.kill(self._pid, signal.SIGCONT)
