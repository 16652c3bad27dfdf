import time
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import tagged

from odoo.addons.integration_core.engine import acknowledgements

from ..engine import listener_rows
from ..engine.listener_rows import Rows
from ..engine.listener_waiting import Waiting
from ..tools.mllp.committer import Job
from .mllp_case import ArrivalCase

FILE = (
    b"MSH|^~\\&|MMIS|GENERAL|ODOO|GENERAL|20261101||MFN^M16|%s|T|2.8\r"
    b"MFI|INV||UPD|||AL\rMFE|MUP|R1||I-%s|CWE\rITM|I-1|Gauze|A\r"
)


@tagged("post_install", "-at_install")
class TestMllpRows(ArrivalCase):
    """What the sender of a master file is told of its rows."""

    def file(self, control_id, *states):
        """A file that was taken apart into rows of these states."""
        receipt, part = self.waiting_part(control_id, FILE)
        whole = self.env["integration.message"].search([("uuid", "=", receipt.uuid)])
        self.end(receipt, "done")
        for number, state in enumerate(states):
            (row,), _results = self.store(FILE % (b"%s-%d" % (control_id, number), b"1"))
            self.env.cr.execute(
                "UPDATE integration_message SET state = %s, causation_id = %s, correlation_id = %s "
                "WHERE uuid = %s",
                [state, whole.uuid, whole.correlation_id, row.uuid],
            )
        return receipt, part

    def test_a_file_whose_rows_are_late_is_told_of_them_when_it_comes_again(self):
        receipt, part = self.file(b"F1", "queued")
        self.assertIsNone(self.settle(receipt, part))
        early = self.settle(receipt, part, over=True).content
        self.assertIn(b"MSA|AA|F1", early)
        self.assertNotIn(b"MFA|", early)
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'quarantined', error_code = 'unknown_item' "
            "WHERE causation_id = %s",
            [receipt.uuid],
        )
        told = self.settle(receipt, part).content
        self.assertIn(b"MSA|AE|F1", told)
        self.assertIn(b"MFA|MUP|R1|", told)
        self.assertIn(b"unknown_item", told)
        self.assertEqual(self.settle(receipt, part).content, told, "it is kept")

    def test_nobody_waits_for_another_listener(self):
        """It may take its time; its answer is found by a later look."""
        receipt, part = self.file(b"F2", "done")
        with db_connect(self.env.cr.dbname).cursor() as other:
            self.assertTrue(acknowledgements.reserve(other, receipt.uuid))
            self.env.cr.execute("SET LOCAL lock_timeout TO 2000")
            self.assertIsNone(self.settle(receipt, part, over=True))
        self.assertIn(b"MSA|AA|F2", self.settle(receipt, part).content)

    def test_a_file_of_many_rows_is_looked_at_now_and_then(self):
        receipt, part = self.file(b"F3", "queued")
        waiting = Waiting(None, None)
        states = waiting._states(self.env.cr, [receipt.uuid])
        job = Job(self.feed._mllp_door(), part)
        looks = []

        def look_slowly(*_args):
            looks.append(time.sleep(0.05))
            return Rows(open=True)

        now = time.monotonic()
        with patch.object(listener_rows, "of_file", look_slowly):
            # The second comes while it rests, the third after that, the last one is late.
            for moment, end, expected in (
                (now, now + 100, 1),
                (now + 0.5, now + 100, 1),
                (now + 60, now + 100, 2),
                (now + 0.5, now + 0.1, 3),
            ):
                waiting._settled(self.env.cr, (receipt.uuid, job, end), states, moment)
                self.assertEqual(len(looks), expected)
