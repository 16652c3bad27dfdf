# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools import acts, advice, errors, states
from ..tools.acts import Act
from ..tools.states import State

TARGETS = {
    Act.RETRY: State.QUEUED,
    Act.PARK: State.HELD,
    Act.RELEASE: State.QUEUED,
    Act.CANCEL: State.CANCELLED,
    Act.RESOLVE: State.CANCELLED,
}


def finished(**changes):
    usual = {
        "outbound": False,
        "had_effect": True,
        "attempted": True,
        "repeatable": False,
        "source": True,
        "open_replay": False,
        "retired": False,
    }
    return acts.Finished(**{**usual, **changes})


@tagged("post_install", "-at_install")
class TestActs(BaseCase):
    def test_what_is_possible_is_in_the_transition_table(self):
        for act, target in TARGETS.items():
            for state in State:
                for reason in ("parked", "paused") if state is State.HELD else (None,):
                    possible = acts.refusal(act, state, reason) is None
                    if possible and state is not target:
                        states.check(state, target)

    def test_every_refusal_has_a_sentence(self):
        for act in Act:
            for state in State:
                for reason in ("parked", "paused", "inactive", None):
                    code = acts.refusal(act, state, reason)
                    if code is not None:
                        self.assertIn(code, acts.REFUSALS, (act, state, reason))

    def test_each_unfinished_message_can_be_ended(self):
        for state in set(State) - states.TERMINAL - {State.PROCESSING}:
            ways = [acts.refusal(act, state, "paused") for act in (Act.CANCEL, Act.RESOLVE)]
            self.assertEqual(ways.count(None), 1, state)

    def test_what_is_finished_is_replayed_and_what_failed_is_retried(self):
        for state in states.TERMINAL:
            self.assertIsNone(acts.refusal("replay", state))
            self.assertEqual(acts.refusal("retry", state), "replay")
        for state in states.ATTENTION:
            self.assertEqual(acts.refusal("replay", state), "retry")
            self.assertIsNone(acts.refusal("retry", state))

    def test_a_parked_message_is_its_operators_and_a_paused_one_the_interfaces(self):
        self.assertIsNone(acts.refusal("release", "held", "parked"))
        self.assertEqual(acts.refusal("release", "held", "paused"), "paused")
        self.assertEqual(acts.refusal("park", "held", "parked"), "parked_already")
        self.assertIsNone(acts.refusal("park", "held", "paused"))

    def test_replay_of_an_effect_needs_a_repeatable_handler(self):
        self.assertEqual(acts.replay_refusal(finished()), "effect")
        for allowed in ({"repeatable": True}, {"had_effect": False}, {"outbound": True}):
            self.assertIsNone(acts.replay_refusal(finished(**allowed)), allowed)

    def test_what_was_fetched_is_not_fetched_by_replaying_the_fetch(self):
        fetch = {"outbound": True, "fetch": True}
        self.assertEqual(acts.replay_refusal(finished(**fetch)), "fetched")
        self.assertIsNone(acts.replay_refusal(finished(**fetch, had_effect=False)))
        self.assertIn("fetched", acts.REFUSALS)

    def test_other_reasons_against_a_replay(self):
        for change, code in (
            ({"source": False}, "content"),
            ({"open_replay": True}, "open_replay"),
            ({"retired": True}, "retired"),
            ({"handler": False}, "no_handler"),
        ):
            self.assertEqual(acts.replay_refusal(finished(repeatable=True, **change)), code)
            self.assertIn(code, acts.REFUSALS)

    def test_effects(self):
        def effect(**facts):
            code = acts.effect(**{"had_effect": False, "attempted": False, **facts})
            self.assertIn(code, acts.EFFECTS)
            return code

        self.assertEqual(effect(outbound=True), "new")
        self.assertEqual(effect(outbound=True, attempted=True), "recognised")
        self.assertEqual(effect(outbound=True, renewed=True), "renewed")
        self.assertEqual(effect(outbound=True, attempted=True, kept=True), "kept")
        self.assertEqual(effect(outbound=False), "first")
        self.assertEqual(effect(outbound=False, had_effect=True), "again")
        self.assertEqual(effect(outbound=False, fetch=True), "fetched_first")
        self.assertEqual(effect(outbound=False, fetch=True, had_effect=True), "fetched_again")
        self.assertEqual(effect(outbound=True, fetch=True, renewed=True), "asked")


@tagged("post_install", "-at_install")
class TestAdvice(BaseCase):
    def test_each_class_of_error_has_its_advice(self):
        for error_class in errors.ErrorClass:
            self.assertTrue(advice.advice(error_class, None), error_class)

    def test_a_code_says_more_than_its_class(self):
        self.assertNotEqual(advice.advice("conflict", "key_reused"), advice.advice("conflict", "x"))

    def test_no_error_no_advice(self):
        self.assertEqual(advice.advice(None, None), "")
