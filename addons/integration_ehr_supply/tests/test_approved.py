from pathlib import Path

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.integration_core.tests import upgrading

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestApproved(TransactionCase):
    """Odoo does not run the functions of data files at an update: a script approves what is new."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = upgrading.script("19.0.1.1.0", "post-approve", MIGRATIONS)
        cls.shipped = [
            cls.env.ref(f"integration_ehr_supply.{name}") for name in cls.script.APPROVED
        ]

    def let_be(self, state):
        self.env.flush_all()
        for record in self.shipped:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET state = %s WHERE id = %s",
                    SQL.identifier(record._table),
                    state,
                    record.id,
                )
            )
        self.env.invalidate_all()

    def states(self):
        self.env.invalidate_all()
        return {record.state for record in self.shipped}

    def test_drafts_are_approved(self):
        self.let_be("draft")
        for _time in range(2):
            self.script.migrate(self.env.cr, "19.0.1.0.0")
            self.assertEqual(self.states(), {"approved"})

    def test_what_people_decided_stays(self):
        self.let_be("draft")
        self.shipped.pop().unlink()
        self.let_be("retired")
        self.script.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual(self.states(), {"retired"})

    def test_nothing_is_done_at_installation(self):
        self.let_be("draft")
        self.script.migrate(self.env.cr, None)
        self.assertEqual(self.states(), {"draft"})
