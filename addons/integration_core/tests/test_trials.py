from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..engine import trials
from ..tools.rate import KeyedLimiter
from .test_mapping import ADMINISTRATOR, MappingCase


@tagged("post_install", "-at_install")
class TestTrials(MappingCase):
    """Trying out does not take the server away from others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = new_test_user(cls.env, "tries.ana", f"{ADMINISTRATOR},base.group_partner_manager")
        cls.ben = new_test_user(cls.env, "tries.ben", ADMINISTRATOR)

    def setUp(self):
        super().setUp()
        self.patch(trials, "_limiter", KeyedLimiter())
        self.now = 1000.0
        self.spent = 0.0
        clock = patch.object(trials, "time").start()
        self.addCleanup(patch.stopall)
        clock.monotonic.side_effect = lambda: self.now
        # Each look at the processor's clock is a trial's begin or end.
        clock.thread_time.side_effect = self._work
        self.cost = 0.0

    def _work(self):
        self.spent += self.cost
        return self.spent

    def attempt(self, user=None):
        mapping = self.mapping.with_user(user or self.ana)
        return mapping.run_trial('{"farbe": "rot", "menge": "1"}')

    def exhaust(self, attempt=None):
        """Try until it is refused; how often that went well."""
        for number in range(1000):
            try:
                (attempt or self.attempt)()
            except UserError as exc:
                self.assertIn("seconds", str(exc))
                return number
        return self.fail("there is no limit")

    def test_small_trials(self):
        self.assertEqual(self.exhaust(), trials.BURST / trials.LEAST)
        self.now += 2
        self.attempt()
        with self.assertRaises(UserError):
            self.attempt()

    def test_what_costs_more_is_refused_sooner(self):
        self.cost = 5.0
        self.assertLess(self.exhaust(), 5)

    def test_one_user_does_not_stop_another(self):
        self.exhaust()
        self.assertTrue(self.attempt(self.ben)["output"])

    def test_the_sentence_says_how_long_to_wait(self):
        self.exhaust()
        with self.assertRaisesRegex(UserError, "again in 2 seconds"):
            self.attempt()
        self.now += 2
        self.assertTrue(self.attempt()["output"])

    def test_all_kinds_of_trials(self):
        message = self.quarantine("blau")
        partner = self.env["res.partner"].create({"name": "Ada"})
        event_type = self.env["integration.event.type"].create(
            {
                "name": "Contact",
                "code": "test.tries.contact",
                "model_name": "res.partner",
                "trigger": "created",
                "contract_id": self.contract.id,
                "field_ids": [(0, 0, {"path": "name"})],
            }
        )
        mapping = self.mapping.with_user(self.ana)
        maps = self.value_map.with_user(self.ana)
        self.exhaust()
        for attempt in (
            lambda: mapping.trial_input(message.id),
            lambda: event_type.with_user(self.ana).try_on(partner.id),
            lambda: event_type.with_user(self.ana).write_contract(partner.id),
            lambda: message.with_user(self.ana).unmapped_values(),
            maps.count_waiting,
            lambda: maps.value_choices([{"map_id": maps.id, "value": "blau"}]),
        ):
            with self.assertRaisesRegex(UserError, "again in"):
                attempt()

    def test_work_itself_has_no_limit(self):
        self.quarantine("blau")
        self.exhaust()
        self.value_map.with_user(self.ana).reprocess_waiting()
