from odoo.tests import tagged

from odoo.addons.integration_core.engine import deliveries
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors

from .common import EngineCase


class Batches:
    """A sender of batches; ``answers`` are given one after the other, then everything is taken.

    :ivar fits: how many messages fit into one request
    """

    def __init__(self, batch_size=10, fits=None, answers=()):
        self.batch_size = batch_size
        self.fits = fits or batch_size
        self.answers = list(answers)
        self.requests = []

    def __call__(self, message):
        raise AssertionError("a sender of batches is given batches")

    def send_batch(self, messages):
        sent = messages[: self.fits]
        self.requests.append([one.document["key"] for one in sent])
        error = self.answers.pop(0) if self.answers else None
        return [Outcome(error=error, sent=one.uuid.encode()) for one in sent]


@tagged("post_install", "-at_install")
class TestOutboundBatch(EngineCase):
    """Several messages in one request."""

    def _queue(self, sender, *names):
        self.send_with(sender)
        self.patch(
            type(self.env["integration.transport.none"]),
            "_batch_size",
            lambda _transport, _interface: sender.batch_size,
        )
        self.snapshot_countries()
        for number, name in enumerate(names):
            country = self.env["res.country"].create({"name": name, "code": f"Q{number}"})
            country.phone_code = 999
            self.env.cr.flush()
        self.dispatch()
        return self.messages(self.outbound)

    def _states(self):
        return self.messages(self.outbound).mapped("state")

    def _same_key(self, messages, key="K"):
        self.env.cr.execute(
            "UPDATE integration_message SET partition_key = %s, partition_hash = 1 "
            "WHERE id = ANY(%s)",
            [key, messages.ids],
        )

    def test_messages_share_requests_in_order(self):
        self.policy.concurrency = 1
        sender = Batches(3)
        self._queue(sender, "A", "B", "C", "D")
        self.drain(self.outbound)
        self.assertEqual(sender.requests, [["A", "B", "C"], ["D"]])
        self.assertEqual(self._states(), ["done"] * 4)
        messages = self.messages(self.outbound)
        self.assertEqual([len(one.attempt_ids) for one in messages], [1] * 4)
        self.assertEqual(
            [one.payload_ids.filtered(lambda p: p.kind == "sent").size for one in messages],
            [36] * 4,
            "each keeps its own part",
        )

    def test_what_does_not_fit_follows_in_the_next_request(self):
        self.policy.concurrency = 1
        sender = Batches(10, fits=2)
        self._queue(sender, "A", "B", "C", "D", "E")
        self.drain(self.outbound)
        self.assertEqual(sender.requests, [["A", "B"], ["C", "D"], ["E"]])

    def test_a_refused_batch_is_repeated_message_by_message_in_the_ledger(self):
        self.policy.concurrency = 1
        sender = Batches(10, answers=[errors.TransientError("Down.")])
        messages = self._queue(sender, "A", "B", "C")
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["retry"] * 3)
        self.make_due(messages)
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["done"] * 3)
        self.assertEqual(sender.requests, [["A", "B", "C"]] * 2)
        self.assertEqual([one.attempts for one in self.messages(self.outbound)], [2] * 3)

    def test_what_stands_behind_an_obstacle_stays_untried(self):
        self.policy.write({"concurrency": 1, "ordering": "key", "failure_blocks_key": True})
        sender = Batches(2, answers=[errors.TransientError("Down.")])
        messages = self._queue(sender, "A", "B", "C")
        self._same_key(messages)
        self.drain(self.outbound)
        self.assertEqual(sender.requests, [["A", "B"]])
        self.assertEqual(self._states(), ["retry", "retry", "queued"])
        self.assertEqual(self.messages(self.outbound)[2].attempts, 0)

    def test_what_cannot_be_sent_interrupts_its_queue(self):
        self.policy.write({"concurrency": 1, "ordering": "key", "failure_blocks_key": True})
        sender = Batches(10)
        messages = self._queue(sender, "A", "B", "C", "D")
        self._same_key(messages[:3])
        # What breaks its contract is not sent, and holds back what stands behind it.
        self.env.cr.execute(
            "UPDATE integration_event SET data = '{}' WHERE id = %s", [messages[1].event_id.id]
        )
        self.drain(self.outbound)
        self.assertEqual(self._states(), ["done", "quarantined", "queued", "done"])
        self.assertEqual(sender.requests, [["A"], ["D"]])

    def test_threads_share_the_queues(self):
        self.policy.concurrency = 2
        sender = Batches(3)
        self._queue(sender, *"ABCDEF")
        self.drain(self.outbound)
        self.assertEqual(sorted(map(len, sender.requests)), [3, 3])
        self.assertEqual(self._states(), ["done"] * 6)

    def test_a_sender_tells_what_became_of_one_message_at_least(self):
        sender = Batches()
        sender.send_batch = lambda _messages: []
        delivery = deliveries.Delivery(None, (), sender, {}, errors.PermanentError("Gone."))
        with self.assertRaises(ValueError):
            delivery._send([object()])
