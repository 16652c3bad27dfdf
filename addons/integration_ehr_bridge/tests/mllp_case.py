from dataclasses import replace

from odoo import fields

from odoo.addons.integration_core.engine import intake_batch, keys
from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import hl7_arrival
from ..engine.listener_waiting import Waiting
from ..tools.mllp import reception
from ..tools.mllp.committer import Job

ADT = (
    b"MSH|^~\\&|EHR|GENERAL|ODOO|GENERAL|20261101||ADT^A01|%s|T|2.5.1\r"
    b"PID|1||%s^^^GENERAL^MR\rPV1|1|I\r"
)


class MllpCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feed = cls._interface(
            "Feed",
            direction="inbound",
            transport="mllp",
            body_codec="hl7",
            data_class="clinical",
            mllp_port=22575,
            mllp_tls="none",
        )


class ArrivalCase(MllpCase):
    """Parts into the ledger, and answers out of it."""

    def store(self, *messages, **rules):
        spec = self.feed._inbound_spec()
        found = [
            part
            for message in messages
            for part in reception.receive(
                message, self.feed._hl7_rules(), fields.Datetime.now().astimezone()
            ).parts
        ]
        ring = keys.optional_ring(self.env.cr)
        arrived = [hl7_arrival.incoming(spec, part, ring) for part in found]
        receipts = intake_batch.store(self.env.cr, spec, arrived, ring)
        hl7_arrival.keep_batches(self.env.cr, spec, found, receipts, ring)
        results = hl7_arrival.results(self.env.cr, spec, found, receipts, ring)
        return receipts, results

    def settle(self, receipt, part, *, late=False, over=False):
        """What is told of a message that waits, and whether it is kept for repetitions."""
        door = replace(self.feed._mllp_door(), late=late)
        waiting = Waiting(None, None)
        states = waiting._states(self.env.cr, [receipt.uuid])
        entry = (receipt.uuid, Job(door, part), float("-inf") if over else float("inf"))
        return waiting._settled(self.env.cr, entry, states, 0.0)

    def waiting_part(self, control_id, template=ADT):
        self.feed._write_approved({"hl7_respond": "handled"})
        part = reception.receive(
            template % (control_id, b"1"),
            self.feed._hl7_rules(),
            fields.Datetime.now().astimezone(),
        ).parts[0]
        (receipt,), _results = self.store(template % (control_id, b"1"))
        return receipt, part

    def end(self, receipt, state, code=None, text=None):
        self.env.cr.execute(
            "UPDATE integration_message SET state = %s, error_code = %s, error_message = %s"
            " WHERE uuid = %s",
            [state, code, text, receipt.uuid],
        )
