from dataclasses import replace
from datetime import datetime

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.arming import (
    Cause,
    Identity,
    Outside,
    Released,
    judge,
)

HERE = Identity("uuid-1", "production", "16400", "7300000000000000001", "production")
MARKED = datetime(2026, 3, 2, 8, 0)
RELEASED = Released(HERE, "token-1", 40, MARKED)
OUTSIDE = Outside(True, "token-1", 40, MARKED)


class TestArming(BaseCase):
    def assert_held(self, cause, present=HERE, released=RELEASED, outside=OUTSIDE):
        verdict = judge(released, present, outside)
        self.assertEqual(verdict.cause, cause)
        return verdict

    def test_the_released_database_flows(self):
        self.assert_held(None)

    def test_never_released(self):
        self.assert_held(Cause.NEVER, released=None)

    def test_copies(self):
        for name, value in (
            ("database_uuid", "uuid-2"),  # Odoo's duplicate or restore
            ("database_oid", "16999"),  # createdb -T
            ("system_identifier", "7300000000000000002"),  # another server
        ):
            with self.subTest(name):
                verdict = self.assert_held(Cause.COPY, replace(HERE, **{name: value}))
                (difference,) = verdict.differences
                self.assertEqual((difference.name, difference.present), (name, value))

    def test_a_copy_beside_its_original_is_no_renaming(self):
        copy = replace(HERE, database_name="test", database_oid="17000")
        self.assert_held(Cause.COPY, copy, outside=Outside())

    def test_renamed(self):
        self.assert_held(Cause.RENAMED, replace(HERE, database_name="old"))

    def test_environment(self):
        self.assert_held(Cause.ENVIRONMENT, replace(HERE, environment="test"))
        self.assert_held(Cause.ENVIRONMENT, replace(HERE, environment=""))
        nameless = replace(RELEASED, identity=replace(HERE, environment=""))
        self.assert_held(Cause.ENVIRONMENT, released=nameless)

    def test_what_can_no_longer_be_known_holds(self):
        self.assert_held(Cause.COPY, replace(HERE, system_identifier=""))

    def test_what_was_unknown_proves_nothing(self):
        known_less = replace(RELEASED, identity=replace(HERE, system_identifier=""))
        self.assert_held(None, released=known_less)

    def test_failover_to_a_standby_goes_on(self):
        # The same database in every respect; the server with its folder is the same, too.
        self.assert_held(None, replace(HERE), outside=replace(OUTSIDE, mark=39))

    def test_base_backup_on_another_server(self):
        self.assert_held(Cause.NO_FILE, outside=Outside())

    def test_base_backup_set_back_in_place(self):
        verdict = self.assert_held(Cause.OLDER, outside=replace(OUTSIDE, mark=90))
        self.assertEqual(verdict.backup_at, MARKED)

    def test_restored_in_place(self):
        restored = replace(HERE, database_oid="17000")
        verdict = self.assert_held(Cause.OLDER, restored, outside=replace(OUTSIDE, mark=41))
        self.assertEqual(verdict.backup_at, MARKED)
        self.assertTrue(verdict.differences)

    def test_a_transaction_that_began_before_the_last_mark(self):
        self.assert_held(None, outside=replace(OUTSIDE, mark=41))

    def test_file_of_another_release(self):
        self.assert_held(Cause.OTHER_FILE, outside=replace(OUTSIDE, token="token-2"))

    def test_backup_of_before_a_later_release(self):
        later = replace(OUTSIDE, token="token-2", mark=3, before=(RELEASED.token,))
        verdict = self.assert_held(Cause.OLDER, outside=later)
        self.assertEqual(verdict.backup_at, MARKED)
        self.assert_held(None, released=replace(RELEASED, mark=0), outside=later)

    def test_before_the_first_mark_no_file_is_asked_for(self):
        self.assert_held(None, released=replace(RELEASED, mark=0), outside=Outside())

    def test_nothing_is_kept_outside(self):
        self.assert_held(None, outside=Outside(kept=False))

    def test_held_by_a_person_whatever_else(self):
        for cause in (Cause.NEUTRALIZED, Cause.DISARMED):
            self.assert_held(cause, released=replace(RELEASED, held_because=str(cause)))
