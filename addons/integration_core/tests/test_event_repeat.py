import json

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .test_event_capture import EventCase


@tagged("post_install", "-at_install")
class TestEventRepeat(EventCase):
    """A field keeps its value, and what has to be told changes beside it."""

    def setUp(self):
        super().setUp()
        self.event_type = self.define(paths=("name", "color"), repeat_field_name="color")
        self.warm_up()

    def told(self):
        events = self.events(self.event_type).sorted("id")
        return [json.loads(event.data)["color"] for event in events]

    def test_each_change_while_it_has_the_value(self):
        contact = self.contact(color=1)
        self.next_transaction()
        contact.color = 2
        self.assertEqual(self.told(), [], "it has another value")
        self.next_transaction()
        contact.write({"type": "delivery", "color": 3})
        self.assertEqual(self.told(), [3], "reached and changed is one event")
        self.next_transaction()
        contact.color = 4
        self.assertEqual(self.told(), [3, 4])
        self.next_transaction()
        contact.write({"type": "delivery", "color": 5})
        self.assertEqual(self.told(), [3, 4, 5], "written again is kept")
        self.next_transaction()
        contact.write({"type": "other", "color": 6})
        self.assertEqual(self.told(), [3, 4, 5], "it leaves the value")

    def test_what_does_not_change_is_not_told(self):
        contact = self.contact(type="delivery", color=1)
        self.next_transaction()
        told = self.told()
        contact.write({"color": 1, "name": "Ada King"})
        self.assertEqual(self.told(), told)

    def test_several_records_of_one_write(self):
        contacts = self.contact(type="delivery", color=1) | self.contact(color=1)
        contacts |= self.contact(type="delivery", color=2)
        self.next_transaction()
        before = self.events(self.event_type)
        contacts.write({"color": 2})
        new = self.events(self.event_type) - before
        self.assertEqual(new.mapped("res_id"), contacts[0].ids)

    def test_others_pay_nothing(self):
        once = self.define(paths=("name",))
        contact = self.contact(type="delivery", color=1)
        self.next_transaction()
        before = self.events(once)
        contact.color = 2
        self.assertEqual(self.events(once), before)

    def test_definition_as_people_read_it(self):
        self.assertIn("Color Index", self.event_type.happens)
        self.assertFalse(self.event_type.faults)

    def test_only_what_is_stored_once(self):
        for name in ("gone", "comment", "barcode", "category_id"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.define(subscribe=False, repeat_field_name=name)
