import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.errors import ConfigurationError, ContractError
from odoo.addons.integration_webhooks.tools import envelopes
from odoo.addons.integration_webhooks.tools.envelopes import Envelope, Message, wrap

MESSAGE = Message(
    id="e-1",
    type="procurement.purchase_order.confirmed",
    occurred_at=datetime(2026, 11, 22, 10, 0, 0, 250000),
    data={"total": "12.50", "number": "PO00042", "note": "Kühl lagern"},
    source="/odoo/hospital/purchase",
    subject="PO00042",
    dataschema="https://hospital.example/contracts/purchase-order/1.0.0",
    extensions={"traceparent": "00-4bf9-00f0-01", "sequence": "17", "urgent": True, "depth": 2},
)
DATA = '{"note":"Kühl lagern","number":"PO00042","total":"12.50"}'.encode()
LINK = "https://odoo.hospital.example/odoo/purchase/42"


class TestEnvelopes(BaseCase):
    def test_standard(self):
        content = wrap("standard", [MESSAGE])
        self.assertEqual(
            content.body,
            b'{"data":' + DATA + b',"timestamp":"2026-11-22T10:00:00.250Z",'
            b'"type":"procurement.purchase_order.confirmed"}',
        )
        self.assertEqual(content.headers, {"content-type": "application/json"})

    def test_structured(self):
        content = wrap(Envelope.STRUCTURED, [MESSAGE])
        self.assertEqual(content.content_type, "application/cloudevents+json")
        self.assertEqual(
            content.body,
            b'{"data":' + DATA + b',"datacontenttype":"application/json",'
            b'"dataschema":"https://hospital.example/contracts/purchase-order/1.0.0",'
            b'"depth":2,"id":"e-1","sequence":"17","source":"/odoo/hospital/purchase",'
            b'"specversion":"1.0","subject":"PO00042","time":"2026-11-22T10:00:00.250Z",'
            b'"traceparent":"00-4bf9-00f0-01","type":"procurement.purchase_order.confirmed",'
            b'"urgent":true}',
        )

    def test_binary(self):
        content = wrap("binary", [MESSAGE])
        self.assertEqual(content.body, DATA)
        self.assertEqual(
            content.headers,
            {
                "content-type": "application/json",
                "ce-specversion": "1.0",
                "ce-id": "e-1",
                "ce-source": "/odoo/hospital/purchase",
                "ce-type": "procurement.purchase_order.confirmed",
                "ce-subject": "PO00042",
                "ce-time": "2026-11-22T10:00:00.250Z",
                "ce-dataschema": "https://hospital.example/contracts/purchase-order/1.0.0",
                "ce-traceparent": "00-4bf9-00f0-01",
                "ce-sequence": "17",
                "ce-urgent": "true",
                "ce-depth": "2",
            },
        )

    def test_binary_encodes_what_a_header_cannot_hold(self):
        """The example of the HTTP binding, 3.1.3.2."""
        message = Message("1", "a", MESSAGE.occurred_at, None, "/s", 'Euro € 😀 100% "x"~')
        content = wrap("binary", [message])
        self.assertEqual(
            content.headers["ce-subject"], "Euro%20%E2%82%AC%20%F0%9F%98%80%20100%25%20%22x%22~"
        )
        self.assertEqual(content.body, b"null")

    def test_batch(self):
        other = Message("e-2", "a.b", MESSAGE.occurred_at, None, "/s")
        content = wrap("batch", [MESSAGE, other])
        self.assertEqual(content.content_type, "application/cloudevents-batch+json")
        single = wrap("structured", [MESSAGE]).body, wrap("structured", [other]).body
        self.assertEqual(content.body, b"[" + b",".join(single) + b"]")
        self.assertEqual(wrap("batch", [other]).body, b"[" + single[1] + b"]")

    def test_id_of_a_batch(self):
        other = Message("e-2", "a.b", MESSAGE.occurred_at, None, "/s")
        first = envelopes.batch_id([MESSAGE, other])
        self.assertRegex(first, r"^batch_[0-9a-f]{40}$")
        self.assertEqual(first, envelopes.batch_id([MESSAGE, other]))
        self.assertNotEqual(first, envelopes.batch_id([other, MESSAGE]))
        joined = Message('e-1","e-2', "a.b", MESSAGE.occurred_at, None)
        self.assertNotEqual(first, envelopes.batch_id([joined]))

    def test_numbers_of_messages(self):
        for envelope, count in (
            ("standard", 0), ("standard", 2), ("structured", 2), ("binary", 2), ("batch", 0),
            ("batch", envelopes.MAX_BATCH + 1),
        ):  # fmt: skip
            with self.assertRaises(ValueError):
                wrap(envelope, [MESSAGE] * count)
        with self.assertRaises(ValueError):
            wrap("soap", [MESSAGE])

    def test_times(self):
        cet = timezone(timedelta(hours=1))
        for moment in (
            datetime(2026, 1, 1, 9, 0, 0, 999),
            datetime(2026, 1, 1, 9, 0, tzinfo=UTC),
            datetime(2026, 1, 1, 10, 0, tzinfo=cet),
        ):
            self.assertEqual(Message("1", "a", moment, None).time, "2026-01-01T09:00:00.000Z")

    def test_what_cannot_be_written(self):
        for data, code in ((1.5, "not_canonical"), ({"a": Decimal("1.50")}, "not_canonical"),
                           (2**60, "not_canonical"), ({1: 2}, "not_canonical")):  # fmt: skip
            message = Message("1", "a", MESSAGE.occurred_at, data, "/s")
            for envelope in Envelope:
                with self.assertRaises(ContractError) as caught:
                    wrap(envelope, [message])
                self.assertEqual(caught.exception.code, code)
                self.assertNotIn("1.5", str(caught.exception))
        for change in ({"source": ""}, {"subject": "a\nb"}, {"extensions": {"Bad": "x"}}):
            message = Message(**{"id": "1", "type": "a", "occurred_at": MESSAGE.occurred_at,
                                 "data": None, "source": "/s", **change})  # fmt: skip
            with self.assertRaises(ContractError):
                wrap("binary", [message])

    def test_content_does_not_show(self):
        for shown in (repr(MESSAGE), repr(wrap("standard", [MESSAGE]))):
            self.assertNotIn("lagern", shown)
            self.assertNotIn("PO00042", shown)


class TestThin(BaseCase):
    def test_nothing_else_is_told(self):
        thin = MESSAGE.thin(LINK)
        expected = {
            "id": "e-1",
            "link": LINK,
            "time": "2026-11-22T10:00:00.250Z",
            "type": "procurement.purchase_order.confirmed",
        }
        self.assertEqual(json.loads(wrap("standard", [thin]).body)["data"], expected)
        for envelope in Envelope:
            content = wrap(envelope, [thin])
            for secret in ("PO00042", "12.50", "lagern", "contracts"):
                self.assertNotIn(secret, content.body.decode() + str(content.headers))

    def test_links(self):
        for link in ("", "/odoo/42", "javascript:alert(1)", "https://", "https://u:p@x/", "//x/y",
                     "https://[x/"):  # fmt: skip
            with self.assertRaises(ConfigurationError):
                MESSAGE.thin(link)
