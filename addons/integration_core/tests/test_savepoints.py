from contextlib import suppress

from psycopg2 import DataError

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..engine.savepoints import Steps


@tagged("post_install", "-at_install")
class TestSteps(TransactionCase):
    """Steps of one transaction succeed or are undone one by one.

    Not with assertRaises: it sets a savepoint of its own, inside of ours.
    """

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "before"})
        self.steps = Steps(self.env.cr)

    def stored(self, field):
        self.env.invalidate_all()
        return self.partner[field]

    def test_a_failed_step_is_undone_with_its_pending_changes_and_no_other(self):
        with self.steps.step():
            self.partner.name = "first"
        with suppress(ValueError), self.steps.step():
            self.partner.name = "second"
            self.env.flush_all()
            self.partner.ref = "pending"
            raise ValueError
        with self.steps.step():
            self.partner.comment = "third"
        self.assertEqual(self.stored("name"), "first")
        self.assertFalse(self.stored("ref"))
        self.assertIn("third", self.stored("comment"))

    def test_a_database_error_ends_its_step_only(self):
        with suppress(DataError), mute_logger("odoo.sql_db"), self.steps.step():
            self.partner.name = "divided"
            self.env.flush_all()
            self.env.cr.execute("SELECT 1 / 0")
        with self.steps.step():
            self.partner.ref = "after"
        self.assertEqual(self.stored("name"), "before")
        self.assertEqual(self.stored("ref"), "after")

    def test_an_error_while_flushing_fails_the_step(self):
        failed = False
        try:
            with self.steps.step():
                self.env.cr.precommit.add(self._fail)
        except ValueError:
            failed = True
        self.assertTrue(failed)
        with self.steps.step():
            self.partner.name = "after"
        self.assertEqual(self.stored("name"), "after")

    def _fail(self):
        raise ValueError
