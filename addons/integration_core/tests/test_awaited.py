from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.integration_core.engine import awaited
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestAwaited(EngineCase):
    """A message that the partner took waits for what it made of it."""

    def setUp(self):
        super().setUp()
        interface = type(self.env["integration.interface"])
        self.patch(
            interface,
            "_acknowledgement_error",
            lambda _self, code, _detail: {
                "AA": None,
                "AE": errors.TransientError("Not now.", code="said_ae"),
                "AR": errors.PermanentError("Refused.", code="said_ar"),
            }[code],
        )

    def _waiting(self, wire_id="W1", seconds=30.0):
        self.send_with(lambda outgoing: Outcome(sent=b"x", wire_id=wire_id, waits=seconds))
        record = self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        message.invalidate_recordset()
        return record, message

    def _said(self, code, wire_id="W1", system=None, **values):
        with self.enter_registry_test_mode():
            taken = awaited.acknowledge(
                self.env.registry,
                (system or self.system).id,
                wire_id,
                awaited.Answer(code, **values),
            )
        self.env.invalidate_all()
        return taken

    def _sync(self, record):
        return self.env["integration.record.sync"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def test_it_waits_with_a_deadline_and_its_attempt_says_so(self):
        record, message = self._waiting()
        self.assertEqual((message.state, message.wire_id), ("waiting", "W1"))
        self.assertAlmostEqual(
            message.available_at, self.env.cr.now() + timedelta(seconds=30), delta=timedelta(5)
        )
        self.assertEqual(message.attempt_ids.outcome, "waiting")
        self.assertEqual(self._sync(record).state, "pending")

    def test_good_news_end_it_and_are_kept(self):
        record, message = self._waiting()
        taken = self._said("AA", body=b"MSA|AA|W1", content_type="application/hl7-v2")
        self.assertIs(taken, awaited.Taken.ENDED)
        self.assertEqual((message.state, message.attempt_ids.outcome), ("done", "done"))
        self.assertTrue(message.finished_at)
        self.assertIn("acknowledgement", message.payload_ids.mapped("kind"))
        self.assertEqual(self._sync(record).state, "synchronised")
        self.assertIs(self._said("AA"), awaited.Taken.LATE)

    def test_bad_news_are_retried_or_final(self):
        _record, message = self._waiting()
        self._said("AE")
        self.assertEqual((message.state, message.error_code), ("retry", "said_ae"))
        self.make_due(message)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("waiting", 2))
        self._said("AR")
        self.assertEqual((message.state, message.error_class), ("dead", "permanent"))
        self.assertEqual(message.attempt_ids.mapped("outcome"), ["retry", "dead"])
        self.assertTrue(self.outbound.activity_ids, "a person is told")

    def test_another_system_says_nothing_of_it(self):
        _record, message = self._waiting()
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        self.assertIs(self._said("AA", system=other), awaited.Taken.EARLY)
        self.assertEqual(message.state, "waiting")

    def test_an_acknowledgement_may_overtake_the_record_of_the_send(self):
        self.assertIs(self._said("AR", "W7"), awaited.Taken.EARLY)
        _record, message = self._waiting("W7")
        self.assertEqual((message.state, message.error_code), ("dead", "said_ar"))
        self.assertFalse(self.env["integration.early.acknowledgement"].search([]))

    def test_what_was_said_of_an_earlier_attempt_does_not_count(self):
        self.assertIs(self._said("AR", "W7"), awaited.Taken.EARLY)
        self.env.cr.execute(
            "UPDATE integration_early_acknowledgement SET received_at = received_at - "
            "interval '1 minute'"
        )
        _record, message = self._waiting("W7")
        self.assertEqual(message.state, "waiting")
        self._said("AA", "W7")
        self.assertEqual(message.state, "done")

    def test_silence_is_judged_after_the_deadline_only(self):
        _record, message = self._waiting()
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "waiting")
        self.make_due(message)
        self.send_with(delivered)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("retry", "acknowledgement_timeout"))

    def test_a_person_decides_where_silence_must_not_be_repeated(self):
        _record, message = self._waiting()
        error = errors.UnknownOutcomeError("Ask the partner.", code="asked")
        error.asks = True
        self.patch(type(self.outbound), "_silence_error", lambda _self: error)
        self.make_due(message)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("quarantined", 1))

    def test_what_is_said_after_the_deadline_is_there_for_who_decides(self):
        _record, message = self._waiting()
        self.make_due(message)
        self.send_with(delivered)
        self.drain(self.outbound)
        self.assertEqual(message.state, "retry")
        for body in (b"MSA|AA|W1", b"MSA|AE|W1"):
            self.assertIs(self._said("AA", body=body), awaited.Taken.LATE)
        self.assertEqual(message.state, "retry", "it is sent again under its id")
        self.assertEqual(message.payload_ids.mapped("kind").count("acknowledgement"), 1)
        self.assertFalse(self.env["integration.early.acknowledgement"].search([]))

    def test_acknowledgements_of_nothing_are_kept_in_limits(self):
        self.patch(awaited, "MOST_EARLY", 2)
        for name in ("X1", "X2", "X3", "X1"):
            self.assertIs(self._said("AA", name), awaited.Taken.EARLY)
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        self._said("AA", "X3", system=other)
        self._said("AE", "X2")
        kept = self.env["integration.early.acknowledgement"].search([], order="id")
        self.assertEqual(kept.mapped("wire_id"), ["X1", "X2", "X3"])
        self.assertEqual(kept.mapped("code"), ["AA", "AE", "AA"], "the latest word counts")
        self.assertEqual(kept.system_id, self.system | other)

    def test_silence_may_be_assent(self):
        _record, message = self._waiting()
        self.patch(type(self.outbound), "_silence_error", lambda _self: None)
        self.make_due(message)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    def test_strict_order_waits_behind_it(self):
        self.policy.ordering = "strict"
        sent = []

        def send(outgoing):
            sent.append(outgoing.id)
            return Outcome(wire_id=f"W{len(sent)}", waits=30)

        self.send_with(send)
        self.fire()
        self.dispatch()
        country = self.env["res.country"].create({"name": "Yonder", "code": "YX"})
        country.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)
        self.drain(self.outbound)
        self.assertEqual(len(sent), 1)
        self._said("AA")
        self.drain(self.outbound)
        self.assertEqual(len(sent), 2)

    def test_what_passes_by_itself_is_told_to_nobody(self):
        busy = errors.TransientError("Somebody else has the connection.", code="busy")
        busy.holds, busy.passes_in = True, 0.2
        self.send_with(lambda outgoing: Outcome(error=busy))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        message.invalidate_recordset()
        self.outbound.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.assertFalse(self.outbound.blocked_reason)
        self.send_with(delivered)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
