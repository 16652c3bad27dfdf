"""What tests of the screens share: two companies with traffic, and a reader of one of them."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from odoo.tests import new_test_user

from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import rollup_rows
from ..tools.histogram import Histogram
from ..tools.rollup import Rollup, Step, begin_of, roll_up


def numbers(answer):
    """Every number of an answer that says which list it counts."""
    if isinstance(answer, dict):
        if {"value", "open"} <= set(answer):
            yield answer
        for part in answer.values():
            yield from numbers(part)
    elif isinstance(answer, list):
        for part in answer:
            yield from numbers(part)


class OverviewCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Another hospital"})
        cls.other_system = cls.env["integration.system"].create(
            {
                "name": "Partner of the other",
                "code": "OTHER",
                "kind": "lis",
                "company_id": cls.other_company.id,
            }
        )
        cls.foreign = cls._interface(
            "Of the other hospital", system_id=cls.other_system.id, direction="inbound"
        )
        cls.observer = new_test_user(
            cls.env,
            "watches.one",
            "base.group_user,integration_core.group_observer",
            password="watches.one",
        )
        cls.now = int(time.time())
        cls.minute = begin_of(cls.now, Step.MINUTE)

    def overview(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["integration.overview"].with_user(user or self.observer)

    def store_message(self, interface, state, ago=60.0, seconds=1.0, **values):
        """A row of the ledger as the engine leaves it; ``ago`` and ``seconds`` of its life."""
        created = datetime.fromtimestamp(self.minute - ago, UTC).replace(tzinfo=None)
        row = {
            "uuid": str(uuid.uuid4()),
            "interface_id": interface.id,
            "company_id": interface.company_id.id,
            "direction": interface.direction,
            "state": state,
            "priority": 10,
            "depth": 0,
            "attempts": 1,
            "partition_hash": 1,
            "message_type": "test.thing",
            "correlation_id": f"case-{state}-{ago:g}",
            "created_at": created,
            "available_at": created + timedelta(days=3650),
            "finished_at": created + timedelta(seconds=seconds) if state == "done" else None,
            **values,
        }
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self.env.cr.execute(
            f"INSERT INTO integration_message ({columns}) VALUES ({marks}) RETURNING id",
            list(row.values()),
        )
        return self.env["integration.message"].browse(self.env.cr.fetchone()[0])

    def roll(self, interface, failed=0):
        """Rollups of the last two days, from the ledger as a collector counts them."""
        messages = self.env["integration.message"].search([("interface_id", "=", interface.id)])
        minutes = {}
        for message in messages:
            came = begin_of(_seconds(message.created_at), Step.MINUTE)
            minutes.setdefault(came, ([], []))[0].append(message)
            if message.finished_at:
                ended = begin_of(_seconds(message.finished_at), Step.MINUTE)
                minutes.setdefault(ended, ([], []))[1].append(message)
        rows = {at: _rollup(came, ended, failed) for at, (came, ended) in minutes.items()}
        hours = {begin_of(at, Step.HOUR) for at in rows}
        whole = {at: roll_up(rows, at, Step.HOUR) for at in hours}
        rollup_rows.store(self.env.cr, Step.MINUTE, {interface.id: rows})
        rollup_rows.store(self.env.cr, Step.HOUR, {interface.id: whole})

    def beat(self, ago=0):
        """The collector was at work."""
        at = datetime.fromtimestamp(self.now - ago, UTC).replace(tzinfo=None)
        self.env["integration.heartbeat"].search([("kind", "=", "rollup")]).unlink()
        self.env["integration.heartbeat"].create(
            {"key": "test", "kind": "rollup", "name": "Rollups", "every": 180, "beat_at": at}
        )


def _seconds(moment):
    return moment.replace(tzinfo=UTC).timestamp()


def _rollup(came, ended, failed):
    done = [one for one in ended if one.state == "done"]
    return Rollup(
        received={came[0].direction: len(came)} if came else {},
        finished={"done": len(done)} if done else {},
        errors={"transient": failed} if failed else {},
        attempts=len(done) + failed,
        latency=Histogram.of((one.finished_at - one.created_at).total_seconds() for one in done),
    )
