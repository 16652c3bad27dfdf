from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.tools.stride import BRISK, SLOW, START, Stride


@tagged("post_install", "-at_install")
class TestStride(TransactionCase):
    def test_bad_messages_everywhere_cost_few_batches(self):
        stride, batches = Stride(500), 0
        for _message in range(500):
            while stride.size > 1:
                stride.failed(stride.size)
                batches += 1
        self.assertEqual(batches, 5)

    def test_one_bad_message_is_left_behind(self):
        stride, taken, tried, bad = Stride(500), 0, 0, 137
        while taken < 500:
            size = min(stride.size, 500 - taken)
            tried += size
            if size > 1 and taken <= bad < taken + size:
                stride.failed(size)
                continue
            taken += size
            stride.passed(0)
        self.assertLess(tried, 500 * 4)
        self.assertEqual(stride.size, 500)

    def test_few_that_failed_are_the_measure(self):
        stride = Stride(500)
        self.assertEqual(stride.size, START)
        stride.failed(1)
        self.assertEqual(stride.size, 1)

    def test_slow_ones_get_smaller(self):
        stride = Stride(80)
        stride.passed(SLOW + 1)
        self.assertEqual(stride.size, START // 2)
        stride.passed(BRISK + 0.1)
        self.assertEqual(stride.size, START // 2)
        stride.passed(BRISK / 2)
        self.assertEqual(stride.size, START)
        stride.passed(BRISK / 2)
        self.assertEqual(stride.size, 80, "never more than the handler takes")

    def test_without_batches_it_stays_one(self):
        stride = Stride(1)
        stride.passed(0)
        self.assertEqual(stride.size, 1)

    def test_stopped_it_stays_one(self):
        stride = Stride(500)
        stride.stop()
        stride.passed(0)
        self.assertEqual(stride.size, 1)
