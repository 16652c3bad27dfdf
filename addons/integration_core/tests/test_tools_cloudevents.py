# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools.cloudevents import CloudEvent, parse_structured
from ..tools.errors import ContractError

WIRE = {
    "specversion": "1.0",
    "id": "7c9e6679",
    "source": "/odoo/hospital/purchase",
    "type": "procurement.purchase_order.confirmed",
    "subject": "PO00042",
    "time": "2026-11-22T10:00:00Z",
    "dataschema": "https://hospital.example/contracts/purchase-order/1.0.0",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "datacontenttype": "application/json",
    "data": {"number": "PO00042"},
}


@tagged("post_install", "-at_install")
class TestCloudEvents(BaseCase):
    """CloudEvents 1.0, structured mode."""

    def test_round_trip(self):
        event = parse_structured(WIRE)
        self.assertEqual(event.subject, "PO00042")
        self.assertEqual(event.extensions, {"traceparent": WIRE["traceparent"]})
        self.assertEqual(event.structured(), WIRE)

    def test_a_small_event(self):
        event = CloudEvent("1", "/odoo", "a.b")
        self.assertEqual(
            event.structured(),
            {
                "specversion": "1.0",
                "id": "1",
                "source": "/odoo",
                "type": "a.b",
                "datacontenttype": "application/json",
                "data": None,
            },
        )

    def test_violations_name_places(self):
        for change, place in (
            ({"specversion": "0.3"}, "/specversion"),
            ({"specversion": 1.0}, "/specversion"),
            ({"id": ""}, "/id"),
            ({"id": 7}, "/id"),
            ({"id": "a\nb"}, "/id"),
            ({"id": "x" * 2049}, "/id"),
            ({"source": None}, "/source"),
            ({"source": "not a uri"}, "/source"),
            ({"type": ["x"]}, "/type"),
            ({"time": "2026-11-22"}, "/time"),
            ({"time": "2026-11-22 10:00:00"}, "/time"),
            ({"time": "2026-13-01T00:00:00Z"}, "/time"),
            ({"dataschema": "/relative"}, "/dataschema"),
            ({"datacontenttype": "application/xml"}, "/datacontenttype"),
            ({"data_base64": "AA=="}, "/data_base64"),
            ({"Bad-Name": "1"}, "/: an extension"),
            ({"nested": {}}, "/nested"),
            ({"ratio": 1.5}, "/ratio"),
        ):
            with self.assertRaises(ContractError) as caught:
                parse_structured({**WIRE, **change})
            self.assertEqual(caught.exception.code, "invalid_cloudevent")
            self.assertTrue(caught.exception.violations[0].startswith(place), change)

    def test_tolerated(self):
        for change in (
            {"datacontenttype": "application/fhir+json; charset=utf-8"},
            {"subject": None},
            {"hops": 3, "urgent": True},
            {"time": "2026-11-22t10:00:00.5+01:00"},
        ):
            parse_structured({**WIRE, **change})

    def test_not_an_object(self):
        for value in (None, [], "x", [WIRE]):
            with self.assertRaises(ContractError):
                parse_structured(value)
