from odoo.tests import tagged

from .test_engine_batch import BatchCase


@tagged("post_install", "-at_install")
class TestConcerns(BatchCase):
    """Messages of which their handler says that it has no use for them."""

    def setUp(self):
        super().setUp()
        handler = type(self.env["integration.handler"])
        self.patch(handler, "_concerns", lambda _handler, data: data["key"] != "other")

    def test_they_are_kept_and_nothing_else_in_a_batch(self):
        told = self.deliver("a", "other", "b")
        self.assertEqual(told.mapped("state"), ["done", "filtered", "done"])
        self.assertEqual(self.known(), ["a", "b"])
        self.assertEqual(self.calls, [["a", "b"]])
        self.assertFalse(told[1].error_code)

    def test_they_are_kept_and_nothing_else_one_by_one(self):
        self.patch(type(self.env["integration.handler"]), "_batch_size", 1)
        told = self.deliver("a", "other", "b")
        self.assertEqual(told.mapped("state"), ["done", "filtered", "done"])
        self.assertEqual(self.singles, ["a", "b"])

    def test_they_hold_back_nothing_of_their_key(self):
        self.order_by_key(failure_blocks_key=True)
        told = self.deliver("other", "a", "other")
        self.assertEqual(told.mapped("state"), ["filtered", "done", "filtered"])
