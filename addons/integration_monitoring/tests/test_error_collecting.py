"""Counting failures goes on whatever becomes of one group, and costs little if nothing is new."""

from types import SimpleNamespace

from odoo import fields
from odoo.tests import tagged

from ..engine import error_collector
from .error_group_case import ErrorGroupCase

LOGGER = "odoo.addons.integration_monitoring"


def _broken(*_args, **_more):
    raise ValueError("no mail server")


@tagged("post_install", "-at_install")
class TestErrorCollecting(ErrorGroupCase):
    def test_one_that_cannot_be_told_does_not_end_the_counting(self):
        self.patch(type(self.groups), "_route", _broken)
        self.fail()
        with self.assertLogs(LOGGER, "ERROR"):
            found = self.collect()
        self.assertEqual((found.count, found.waiting_count), (1, 1))

    def test_the_watch_looks_although_failures_cannot_be_grouped(self):
        looked = []
        self.patch(type(self.groups), "_collect", _broken)
        self.patch(
            type(self.env["integration.watch"]),
            "_observe",
            lambda _watch, at, **_more: looked.append(at),
        )
        now = fields.Datetime.now()
        with self.assertLogs(LOGGER, "ERROR"):
            self.env["integration.rollup"]._after_collect(SimpleNamespace(at=now))
        self.assertEqual(looked, [now])

    def test_what_says_nothing_new_is_not_written(self):
        self.fail()
        group = self.collect()
        self.env.cr.execute("SELECT ctid FROM integration_error_group WHERE id = %s", [group.id])
        place = self.env.cr.fetchone()
        self.collect()
        self.env.cr.execute("SELECT ctid FROM integration_error_group WHERE id = %s", [group.id])
        self.assertEqual(self.env.cr.fetchone(), place)

    def test_what_waits_is_read_once_in_a_while_or_when_a_kind_is_new(self):
        self.fail()
        group = self.collect()
        self.patch(error_collector, "WAITED", 50)
        self.patch(error_collector, "waiting", _broken)
        self.fail()  # of the same kind
        self.groups._collect()
        self.env.invalidate_all()
        self.assertEqual(group.count, 2)
        self.fail(text="another kind")
        self.env.flush_all()
        with self.assertRaises(ValueError), self.env.cr.savepoint():
            self.groups._collect()

    def test_who_left_is_given_nothing(self):
        self.env["integration.error.route"].create(
            [
                {"sequence": 1, "user_id": self.operator.id},
                {"sequence": 2, "user_id": self.colleague.id},
            ]
        )
        self.operator.active = False
        self.fail()
        self.assertEqual(self.collect().user_id, self.colleague)

    def test_each_collection_counts_on_a_cursor_of_its_own(self):
        seen = []
        self.patch(
            type(self.groups), "_collect", lambda groups: seen.append(groups.env.cr is self.env.cr)
        )
        with self.enter_registry_test_mode():
            self.env["integration.rollup"]._collect(0)
        self.assertEqual(seen, [False])
