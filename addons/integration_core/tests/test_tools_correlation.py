# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import uuid

from odoo.tests import BaseCase, tagged

from ..tools import correlation

#: The example of W3C Trace Context, section 3.2.
EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@tagged("post_install", "-at_install")
class TestCorrelation(BaseCase):
    """Identifiers that travel with every message."""

    def test_new_ids(self):
        self.assertEqual(uuid.UUID(correlation.new_id()).version, 7)
        self.assertNotEqual(correlation.new_id(), correlation.new_id())
        many = correlation.new_ids(20)
        self.assertEqual(len({uuid.UUID(one) for one in many}), 20)

    def test_the_example_of_the_standard(self):
        parent = correlation.parse_traceparent(EXAMPLE)
        self.assertEqual(parent.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736")
        self.assertEqual(parent.span_id, "00f067aa0ba902b7")
        self.assertEqual(parent.flags, 1)
        self.assertEqual(str(parent), EXAMPLE)

    def test_a_child_stays_in_the_trace(self):
        parent = correlation.parse_traceparent(EXAMPLE.replace("-01", "-ff"))
        child = parent.child()
        self.assertEqual((child.trace_id, child.flags), (parent.trace_id, 1))
        self.assertNotEqual(child.span_id, parent.span_id)

    def test_next_steps_of_many_messages(self):
        """As of one: a trace of its own for each, or the next step of the given one."""
        first = [correlation.parse_traceparent(one) for one in correlation.next_steps(None, 50)]
        self.assertEqual(len({one.trace_id for one in first}), 50)
        self.assertEqual({one.flags for one in first}, {1})
        parent = correlation.parse_traceparent(EXAMPLE.replace("-01", "-fe"))
        found = [correlation.parse_traceparent(one) for one in correlation.next_steps(parent, 50)]
        self.assertEqual({(one.trace_id, one.flags) for one in found}, {(parent.trace_id, 0)})
        self.assertEqual(len({one.span_id for one in found} | {parent.span_id}), 51)

    def test_invalid_traceparents(self):
        for value in (
            None,
            "",
            EXAMPLE.upper(),
            EXAMPLE + "-extra",
            EXAMPLE[:-1],
            " " + EXAMPLE,
            EXAMPLE + "\n",
            "ff" + EXAMPLE[2:],
            f"00-{'0' * 32}-00f067aa0ba902b7-01",
            f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
            EXAMPLE.replace("-01", "-0g"),
        ):
            self.assertIsNone(correlation.parse_traceparent(value), value)

    def test_higher_versions_are_read_as_far_as_known(self):
        self.assertIsNotNone(correlation.parse_traceparent("cc" + EXAMPLE[2:] + "-what-the-future"))
        self.assertIsNone(correlation.parse_traceparent("cc" + EXAMPLE[2:] + ".what"))

    def test_new_traces_are_valid(self):
        parent = correlation.new_traceparent()
        self.assertEqual(correlation.parse_traceparent(str(parent)), parent)

    def test_partners_ids(self):
        for value in ("PO-0042", "urn:uuid:7c9e6679", "a", "x" * 128, " padded "):
            self.assertEqual(correlation.accept_correlation_id(value), value.strip())
        for value in (
            None,
            "",
            "x" * 129,
            "a b",
            "a\r\nX-Admin: 1",
            "<b>",
            "'; --",
            "\u00e4",
            "-a",
        ):
            self.assertIsNone(correlation.accept_correlation_id(value))
