"""The check of the set-up, as a person meets it."""

from dataclasses import replace
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import config

from ..engine import doctor_readings
from ..engine.doctor_texts import texts
from ..tools import doctor

_NAMES = (
    *("filter", "workers", "jobs", "background", "seconds", "problem", "wanted", "allowed"),
    *("level", "limit", "longest", "name", "percent"),
)
_ANY = dict.fromkeys(_NAMES, 7)


@tagged("post_install", "-at_install")
class TestDoctor(TransactionCase):
    def test_every_answer_has_words(self):
        words = texts(self.env)
        self.assertEqual(set(words), doctor.CODES)
        for code, text in words.items():
            with self.subTest(code=code):
                self.assertNotIn("%(", text.found % _ANY)
                self.assertNotIn("%(", text.mend % _ANY)

    def test_what_is_not_good_says_how_to_mend_it(self):
        good = {one.code for one in doctor.examine(doctor.Setup())}
        words = texts(self.env)
        for code in doctor.CODES - good:
            self.assertTrue(words[code].mend, code)

    def test_an_administrator_is_shown_what_was_found(self):
        admin = new_test_user(self.env, "doctor.admin", "integration_core.group_administrator")
        setup = replace(doctor_readings.read(self.env), database_filter="^shop$")
        with patch.object(doctor_readings, "read", lambda _env: setup):
            action = self.env["integration.doctor"].with_user(admin).action_examine()
        shown = self.env["integration.doctor"].with_user(admin).browse(action["res_id"])
        line = shown.line_ids.filtered(lambda one: one.code == "database.filter")
        self.assertIn("^shop$", line.name)
        self.assertIn("db_name", line.advice)
        self.assertGreaterEqual(shown.wrong_count, 1)

    def test_others_are_not(self):
        operator = new_test_user(self.env, "doctor.operator", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.env["integration.doctor"].with_user(operator).action_examine()

    def test_it_reads_what_the_server_is_told(self):
        with patch.dict(config.options, {"dbfilter": "^x$", "workers": 9, "max_cron_threads": 3}):
            setup = doctor_readings.read(self.env)
        self.assertEqual((setup.database_filter, setup.workers, setup.cron_threads), ("^x$", 9, 3))
        self.assertLess(abs(setup.clock_offset), 1)
        self.assertGreater(setup.connections_allowed, 10)
        self.assertTrue(0 < setup.disk_free <= 1)

    def test_the_runner_counts_from_its_last_beat(self):
        self.env.cr.execute("DELETE FROM integration_heartbeat WHERE kind = 'job_runner'")
        self.assertIsNone(doctor_readings.read(self.env).runner_age)
        self.env.cr.execute(
            "INSERT INTO integration_heartbeat (key, kind, name, beat_at, every) VALUES "
            "('job_runner', 'job_runner', 'Job runner', "
            "now() AT TIME ZONE 'UTC' - interval '5 minutes', 120)"
        )
        self.assertAlmostEqual(doctor_readings.read(self.env).runner_age, 300, delta=30)

    def test_channels_are_read_as_the_runner_reads_them(self):
        channels = "root:4,root.integration_background:3"
        with patch.object(doctor_readings.runner, "_channels", lambda: channels):
            setup = doctor_readings.read(self.env)
        self.assertEqual((setup.job_capacity, setup.background_capacity), (4, 3))
        with patch.object(doctor_readings.runner, "_channels", lambda: "root:many"):
            self.assertIsNone(doctor_readings.read(self.env).job_capacity)
