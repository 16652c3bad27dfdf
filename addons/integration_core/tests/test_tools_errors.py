# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools import errors
from ..tools.errors import ErrorClass
from ..tools.states import State


@tagged("post_install", "-at_install")
class TestErrors(BaseCase):
    """What each class of failure does to its message."""

    def test_each_class_has_its_exception(self):
        classes = {cls.error_class for cls in errors.IntegrationError.__subclasses__()}
        self.assertEqual(classes, set(ErrorClass))

    def test_what_a_person_must_mend_is_quarantined(self):
        for error_class in ("contract", "mapping", "conflict", "configuration"):
            self.assertEqual(errors.next_state(error_class, 1, 10), State.QUARANTINED)

    def test_transient_failures_are_retried_until_attempts_are_exhausted(self):
        for error_class in ("transient", "throttled", "unknown_outcome"):
            self.assertEqual(errors.next_state(error_class, 9, 10), State.RETRY)
            self.assertEqual(errors.next_state(error_class, 10, 10), State.DEAD)
            self.assertEqual(errors.next_state(error_class, 1000, None), State.RETRY)

    def test_permanent_failures_are_dead_at_once(self):
        self.assertEqual(errors.next_state("permanent", 1, 10), State.DEAD)

    def test_an_unknown_outcome_is_not_repeated_blindly(self):
        state = errors.next_state("unknown_outcome", 1, 10, idempotent=False)
        self.assertEqual(state, State.QUARANTINED)

    def test_whose_fault_it_is(self):
        theirs = {
            "outbound": {"transient", "throttled", "permanent", "unknown_outcome"},
            "inbound": {"contract", "conflict"},
        }
        for direction, classes in theirs.items():
            for error_class in ErrorClass:
                with self.subTest(direction=direction, error_class=error_class):
                    expected = "partner" if error_class in classes else "own"
                    self.assertEqual(errors.fault_of(error_class, None, direction), expected)
        for code in ("worker_lost", "internal_error", "event_missing"):
            self.assertEqual(errors.fault_of("transient", code, "outbound"), "own")

    def test_codes_and_details(self):
        error = errors.ThrottledError("slow down", 30.0, code="http_429")
        self.assertEqual((error.code, error.retry_after), ("http_429", 30.0))
        self.assertEqual(errors.PermanentError("no").code, "permanent")
        error = errors.ContractError("bad order", ["/lines: is required"])
        self.assertEqual(error.violations, ("/lines: is required",))

    def test_foreign_exceptions_do_not_speak(self):
        error = errors.classify(ValueError("invalid literal for int(): 'Jane Doe'"))
        self.assertEqual(error.error_class, ErrorClass.TRANSIENT)
        self.assertEqual((error.code, str(error)), ("internal_error", "unexpected ValueError"))
        self.assertIsInstance(error.__cause__, ValueError)

    def test_typed_failures_stay_as_they_are(self):
        error = errors.MappingError("no")
        self.assertIs(errors.classify(error), error)
