from odoo.tests import tagged

from odoo.addons.integration_core.engine import causation, sequences
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestSequence(EngineCase):
    """Numbers by which a partner sees that something is missing."""

    def setUp(self):
        super().setUp()
        self.sent = []
        self.send_with(self._send)
        self.snapshot_countries()

    def _send(self, outgoing):
        self.sent.append((outgoing.external_key, outgoing.sequence_number))
        return delivered(outgoing)

    def _fire_several(self, *codes):
        for code in codes:
            country = self.env["res.country"].create({"name": f"Land {code}", "code": code})
            country.phone_code = 999
            self.env.cr.flush()
        self.dispatch()

    def _numbers(self, interface):
        return self.messages(interface).mapped("sequence_number")

    def test_numbers_are_dense_in_the_order_of_events(self):
        self._fire_several("Q1", "Q2", "Q3")
        self._fire_several("Q4")
        self.assertEqual(self._numbers(self.outbound), [1, 2, 3, 4])
        self.drain(self.outbound)
        self.assertEqual([number for _key, number in self.sent], [1, 2, 3, 4])

    def test_each_interface_counts_for_itself(self):
        self._fire_several("Q1")
        other = self._interface(
            "Other", direction="outbound", event_type_ids=[(6, 0, self.event_type.ids)]
        )
        self._fire_several("Q2", "Q3")
        self.assertEqual(self._numbers(self.outbound), [1, 2, 3])
        self.assertEqual(self._numbers(other), [1, 2])

    def test_an_event_that_is_seen_again_takes_no_number(self):
        self._fire_several("Q1")
        self.env.cr.execute("UPDATE integration_event SET dispatched_at = NULL")
        self._fire_several("Q2")
        self.assertEqual(self._numbers(self.outbound), [1, 2])

    def test_a_retry_carries_the_same_number(self):
        answers = [Outcome(error=errors.TransientError("Down.")), Outcome(http_status=202)]
        seen = []
        self.send_with(lambda one: seen.append(one.sequence_number) or answers.pop(0))
        self._fire_several("Q1")
        self.drain(self.outbound)
        self.make_due(self.messages(self.outbound))
        self.drain(self.outbound)
        self.assertEqual(seen, [1, 1])

    def test_a_replay_carries_the_number_of_its_original(self):
        self._fire_several("Q1", "Q2")
        self.drain(self.outbound)
        self.messages(self.outbound)[0].action_replay("The partner lost it.")
        self.drain(self.outbound)
        self.assertEqual(self.sent[2], self.sent[0])
        self._fire_several("Q3")
        self.assertEqual(self._numbers(self.outbound), [1, 2, 1, 3])

    def test_what_is_quarantined_gets_its_number_when_it_leaves(self):
        cause = causation.Cause("m-1", "corr-1", None, None, causation.MAX_DEPTH + 1)
        with causation.caused_by(cause):
            self._fire_several("Q1")
        self._fire_several("Q2")
        self.assertEqual(self._numbers(self.outbound), [0, 1])
        self.drain(self.outbound)
        self.messages(self.outbound)[0].action_retry()
        self.drain(self.outbound)
        self.assertEqual(self._numbers(self.outbound), [2, 1])
        self.assertEqual([number for _key, number in self.sent], [1, 2])

    def test_what_waited_since_before_there_were_numbers_gets_one(self):
        self._fire_several("Q1", "Q2")
        self.env.cr.execute("UPDATE integration_message SET sequence_number = NULL")
        self.env.cr.execute("DELETE FROM integration_sequence")
        self.drain(self.outbound)
        self.assertEqual([number for _key, number in self.sent], [1, 2])
        self.assertEqual(self._numbers(self.outbound), [1, 2])

    def test_given_once(self):
        self._fire_several("Q1")
        message = self.messages(self.outbound)
        self.assertEqual(
            sequences.give(self.env.cr, self.outbound.id, message.ids), {message.id: 1}
        )
        self.assertEqual(sequences.take(self.env.cr, [self.outbound.id] * 2), [2, 3])
        self.assertEqual(sequences.take(self.env.cr, []), [])
