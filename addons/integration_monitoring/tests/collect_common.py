"""Collecting within a test: everything happens in the test's own transaction."""

from datetime import timedelta

from odoo.tools import SQL

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_monitoring.engine import (
    collector,
    ledger_counts,
    marks,
    ranges,
    rollup_rows,
)
from odoo.addons.integration_monitoring.engine.minutes import epoch, floor
from odoo.addons.integration_monitoring.tools.rollup import EMPTY, Step, combine


class CollectCase(EngineCase):
    """The clock of a transaction stands still: tests move what is stored instead."""

    def setUp(self):
        super().setUp()
        cr = self.env.cr
        # What a server that was tried by hand may have left.
        for table in ("state", "range", "mark", "repeat"):
            cr.execute(SQL("DELETE FROM %s", SQL.identifier(f"integration_rollup_{table}")))
        cr.execute("DELETE FROM integration_rollup")
        cr.execute("SELECT now() AT TIME ZONE 'UTC'")
        self.now = cr.fetchone()[0]
        # As at the end of the last minute, before any of the test's messages.
        self.collect()

    def collect(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            return collector.collect(self.env.registry)

    def work(self):
        with self.enter_registry_test_mode():
            return ranges.work(self.env.registry, 60)

    def minute(self, interface, moment=None, step=Step.MINUTE):
        """The window of an interface that a moment lies in; now by default."""
        at = epoch(floor(moment or self.now)) // step * step
        found = rollup_rows.read(self.env.cr, interface.ids, step, at, at + 1)
        return found.get(interface.id, {}).get(at, EMPTY)

    def size(self, interface):
        """Bytes, as they are counted once the minutes are over."""
        cr, minute = self.env.cr, timedelta(minutes=1)
        begin, end = floor(self.now) - minute, floor(self.now) + 3 * minute
        counted = ledger_counts.count(cr, begin, end, marks.Ids(0, 0, 0))
        return sum(one.bytes for one in counted[interface.id].values())

    def total(self, interface):
        """All minutes together: a test may run over the end of one."""
        cr = self.env.cr
        rows = rollup_rows.read(cr, interface.ids, Step.MINUTE, 0, 2**31)
        mine = rows.get(interface.id, {})
        return combine([mine[at] for at in sorted(mine)])

    def shift(self, table, column, ids, **ago):
        """Move a moment of rows into the past."""
        self.env.cr.execute(
            f"UPDATE integration_{table} SET {column} = {column} - %s WHERE id = ANY(%s)",
            [timedelta(**ago), list(ids)],
        )
