# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools import states
from ..tools.states import State


@tagged("post_install", "-at_install")
class TestStates(BaseCase):
    """One message's life, told by the transition table."""

    def test_the_usual_life(self):
        for old, new in (("received", "queued"), ("queued", "processing"), ("processing", "done")):
            states.check(old, new)

    def test_a_retry_may_be_claimed_directly_or_queued_first(self):
        states.check(State.PROCESSING, State.RETRY)
        states.check(State.RETRY, State.PROCESSING)
        states.check(State.RETRY, State.QUEUED)

    def test_an_expired_lease_returns_the_message(self):
        states.check(State.PROCESSING, State.QUEUED)

    def test_operators_retry_and_resolve(self):
        for failed in states.ATTENTION:
            states.check(failed, State.QUEUED)
            states.check(failed, State.CANCELLED)

    def test_a_done_message_stays_done(self):
        for new in State:
            with self.assertRaises(states.IllegalTransition) as caught:
                states.check(State.DONE, new)
        self.assertEqual(caught.exception.old, State.DONE)
        self.assertIn("'done'", str(caught.exception))

    def test_nothing_is_done_without_being_claimed(self):
        with self.assertRaises(states.IllegalTransition):
            states.check(State.QUEUED, State.DONE)
        with self.assertRaises(states.IllegalTransition):
            states.check(State.HELD, State.PROCESSING)

    def test_sources_for_sql(self):
        self.assertEqual(states.sources_of("processing"), ("queued", "retry"))
        self.assertEqual(states.sources_of(State.DONE), ("processing", "waiting"))
        self.assertEqual(states.sources_of(State.RECEIVED), ())

    def test_unknown_states_are_refused(self):
        with self.assertRaises(ValueError):
            states.sources_of("finished")
        with self.assertRaises(ValueError):
            states.check("queued", "finished")

    def test_the_table_cannot_be_changed(self):
        with self.assertRaises(TypeError):
            states.TRANSITIONS[State.DONE] = frozenset(State)
