import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import arming, claims, outside, settings

from .common import EngineCase, delivered


class ArmingCase(EngineCase):
    """A folder of its own for what is kept outside, and no memory of other tests."""

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        section = {**settings.section(), "state_dir": str(self.folder)}
        self.patch(settings, "section", lambda: section)
        self.section = section
        self.addCleanup(arming.forget, self.env.cr.dbname)
        self.enterContext(mute_logger("odoo.addons.integration_core.engine.arming"))
        arming.forget(self.env.cr.dbname)
        self.armings = self.env["integration.arming"]
        self.arming = self.armings._current()

    def pretend(self, **values):
        """Let the database remember the release of another one."""
        self.arming.write(values)
        self.env.flush_all()

    def cause(self):
        self.env.flush_all()
        verdict = arming.verdict(self.env.cr)
        return verdict.cause and str(verdict.cause)

    def write_outside(self, mark, token=None):
        place = self.folder / self.env.cr.dbname
        place.mkdir(exist_ok=True)
        at = datetime.now(UTC).replace(tzinfo=None).isoformat()
        marks = {"token": token or self.arming.sudo().token, "mark": mark, "at": at}
        (place / outside.MARKS).write_text(json.dumps(marks))


@tagged("post_install", "-at_install")
class TestArming(ArmingCase):
    def test_identity(self):
        found = arming.identity(self.env.cr)
        self.assertEqual(found.database_name, self.env.cr.dbname)
        self.assertTrue(found.database_oid.isdecimal())
        self.assertTrue(found.system_identifier.isdecimal())
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertEqual(found.database_uuid, uuid)

    def test_the_cluster_may_be_withheld(self):
        """Some hosts withdraw the right to ask for the cluster; the rest must do then."""
        self.env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        self.assertFalse(self.env.cr.fetchone()[0], "the role of Odoo is no superuser")
        with patch.object(arming, "_system_identifier", side_effect=AssertionError):
            allowed = "has_function_privilege('pg_catalog.pg_control_system()', 'execute')"
            execute = type(self.env.cr).execute

            def withheld(cr, query, *args, **kwargs):
                query = query.replace(allowed, "false") if isinstance(query, str) else query
                return execute(cr, query, *args, **kwargs)

            with patch.object(type(self.env.cr), "execute", withheld):
                self.assertEqual(arming.identity(self.env.cr).system_identifier, "")

    def test_what_holds(self):
        self.assertIsNone(self.cause())
        for values, cause in (
            ({"database_uuid": "another"}, "copy"),
            ({"database_oid": "1"}, "copy"),
            ({"system_identifier": "1"}, "copy"),
            ({"database_name": "old"}, "renamed"),
            ({"environment": "production"}, "environment"),
            ({"armed": False, "held_because": "neutralized"}, "neutralized"),
        ):
            with self.subTest(cause=cause), self.env.cr.savepoint() as savepoint:
                self.pretend(**values)
                self.assertEqual(self.cause(), cause)
                self.assertTrue(self.armings._held())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_environment_of_the_server(self):
        self.section["environment"] = " production "
        self.assertEqual(arming.environment(), "production")
        with patch.dict("os.environ", {"INTEGRATION_ENVIRONMENT": "test"}):
            self.assertEqual(arming.environment(), "test")

    def test_marks_outside(self):
        self.pretend(mark=5, mark_at="2026-03-02 08:00:00")
        self.assertEqual(self.cause(), "no_file")
        self.write_outside(5)
        self.assertIsNone(self.cause())
        self.write_outside(9)
        self.assertEqual(self.cause(), "older")
        self.assertEqual(str(self.arming.backup_at), "2026-03-02 08:00:00")
        self.write_outside(5, token="of another release")
        self.assertEqual(self.cause(), "other_file")
        (self.folder / self.env.cr.dbname / outside.MARKS).write_text('{"mark": ')
        with mute_logger("odoo.addons.integration_core.engine.outside"):
            self.assertEqual(self.cause(), "no_file")
        self.section["state_dir"] = "none"
        self.assertIsNone(self.cause())

    def test_a_look_from_before_the_first_mark_holds_nothing(self):
        """A worker that looked outside before the file was there looks again."""
        self.pretend(mark=0)
        self.assertFalse(arming.is_held(self.env.cr))  # keeps that there is no file
        kept = dict(arming._identities)
        self.write_outside(1)
        self.pretend(mark=1, mark_at="2026-03-02 08:00:00")
        arming._identities.update(kept)
        self.assertFalse(arming.is_held(self.env.cr))

    def test_mark_is_written_outside(self):
        outside.write(self.env.cr.dbname, "t", 7)
        found = outside.read(self.env.cr.dbname)
        self.assertEqual((found.token, found.mark), ("t", 7))
        path = self.folder / self.env.cr.dbname / outside.MARKS
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(path.parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual([one.name for one in path.parent.iterdir()], [outside.MARKS])

    def test_nothing_is_sent_while_held(self):
        sent = []
        self.send_with(lambda message: sent.append(message) or delivered(message))
        self.fire()
        self.pretend(database_oid="1")
        self.dispatch()
        self.drain(self.outbound)
        (message,) = self.messages(self.outbound)
        self.assertEqual(message.state, "queued")
        self.assertEqual(sent, [])
        self.pretend(database_oid=arming.identity(self.env.cr).database_oid)
        self.drain(self.outbound)
        self.assertEqual(len(sent), 1)

    def test_a_claim_under_way_sees_the_hold(self):
        lane = self.env["integration.lane"].search([("interface_id", "=", self.outbound.id)])
        self.assertTrue(claims.terms(self.env.cr, lane.id).open)
        self.arming.action_disarm("Fire drill")
        self.env.flush_all()
        rules = claims.terms(self.env.cr, lane.id)
        self.assertFalse(rules.open)
        self.assertEqual(rules.held_reason, "unreleased")

    def test_door_is_told(self):
        spec = self.inbound._inbound_spec()
        self.assertEqual((spec["open"], spec["held"]), (True, False))
        self.arming.action_disarm("Fire drill")
        spec = self.inbound._inbound_spec()
        self.assertEqual((spec["open"], spec["held"]), (True, True))

    def test_the_door_asks_no_statement_more(self):
        arming.was_held(self.env.cr)
        with self.assertQueryCount(0):
            for _request in range(100):
                self.assertFalse(arming.was_held(self.env.cr))

    def test_light_and_banner(self):
        self.assertEqual(self.inbound.light, "ok")
        self.inbound.sudo().awaits_release = True
        self.assertEqual(self.inbound.light, "unreleased")
        self.assertTrue(self.inbound.traffic_held)
        self.assertFalse(self.outbound.traffic_held)

    def test_a_contract_in_use_stays_in_use_in_a_copy(self):
        self.arming.action_disarm("Fire drill")
        self.assertFalse(self.inbound._carries_traffic())
        self.assertTrue(self.inbound._is_open())

    def test_conditions_are_not_checked(self):
        types = self.env["integration.event.type"]
        self.arming.action_disarm("Fire drill")
        with patch.object(type(types), "_checked_types", side_effect=AssertionError):
            types._cron_conditions()

    def test_watchdog_rests(self):
        self.arming.action_disarm("Fire drill")
        with patch.object(arming, "keep_mark", side_effect=AssertionError):
            self.env["integration.lane"]._cron_watchdog()


@tagged("post_install", "-at_install")
class TestArmingRights(ArmingCase):
    def setUp(self):
        super().setUp()
        self.ada = new_test_user(self.env, "arming.ada", "integration_core.group_administrator")
        self.olga = new_test_user(self.env, "arming.olga", "integration_core.group_operator")

    def test_closed_to_the_orm(self):
        mine = self.arming.with_user(self.ada)
        for write in (
            lambda: mine.write({"armed": False}),
            lambda: mine.create({"armed": True}),
            lambda: mine.unlink(),
            lambda: mine.read(["token"]),
            lambda: self.inbound.with_user(self.ada).write({"awaits_release": False}),
        ):
            with self.assertRaises(UserError):
                write()

    def test_only_administrators_hold(self):
        with self.assertRaises(AccessError):
            self.arming.with_user(self.olga).action_disarm("because")
        self.arming.with_user(self.ada).action_disarm("Partner reports nonsense")
        self.assertEqual(self.cause(), "disarmed")
        entry = self.env["integration.audit.entry"].search([("act", "=", "disarm")], limit=1)
        self.assertEqual(entry.actor_id, self.ada.id)
        self.assertEqual(entry.reason, "Partner reports nonsense")
        with self.assertRaises(UserError):
            self.arming.with_user(self.ada).action_disarm("again")

    def test_everybody_with_a_role_is_told(self):
        info = self.env["ir.http"].with_user(self.olga)
        self.arming.action_disarm("Fire drill")
        self.assertTrue(self.armings.with_user(self.olga)._held_lately())
        self.assertTrue(info._integration_is_held())

    def test_first_activation_releases(self):
        self.env.cr.execute("DELETE FROM integration_arming")
        self.env.cr.execute("UPDATE integration_interface SET state = 'draft', activated_at = NULL")
        self.env.invalidate_all()
        self.assertEqual(self.cause(), "never")
        self.armings._first_activation(self.inbound)
        self.assertIsNone(self.cause())

    def test_activation_in_a_held_database_releases_nothing(self):
        self.env.cr.execute("DELETE FROM integration_arming")
        self.env.invalidate_all()
        self.armings._first_activation(self.inbound)  # the outbound one is open already
        self.assertEqual(self.cause(), "never")

    def test_upgrade_of_an_installation_at_work(self):
        self.env.cr.execute("DELETE FROM integration_arming")
        self.env.invalidate_all()
        self.armings._arm_installation()
        self.assertIsNone(self.cause())

    def test_upgrade_of_a_copy_stays_held(self):
        for prepare, cause in (
            (lambda: self.section.update(environment="test"), "disarmed"),
            (
                lambda: self.env["ir.config_parameter"].set_param("database.is_neutralized", "t"),
                "neutralized",
            ),
        ):
            self.env.cr.execute("DELETE FROM integration_arming")
            self.env.invalidate_all()
            prepare()
            self.env.flush_all()
            arming.forget(self.env.cr.dbname)
            self.armings._arm_installation()
            self.assertEqual(self.cause(), cause)
