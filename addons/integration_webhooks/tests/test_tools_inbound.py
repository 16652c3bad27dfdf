from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools.errors import ContractError
from odoo.addons.integration_webhooks.tools import batches, bodies, handshakes
from odoo.addons.integration_webhooks.tools.options import Options
from odoo.addons.integration_webhooks.tools.request import Headers, InboundRequest

URL = "https://odoo.example.com/integration/webhook/token"


def request(method="POST", query="", body=b"", **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return InboundRequest(method, URL + query, Headers(fields), body)


class TestHandshakes(BaseCase):
    def test_microsoft_graph(self):
        asked = request(query="?validationToken=Validation%3A%20a%2Bb")
        found = handshakes.HANDSHAKES["graph"].answer(asked, (), Options())
        self.assertEqual((found.status, found.body), (200, b"Validation: a+b"))

    def test_meta(self):
        query = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock"
        hub = handshakes.HANDSHAKES["hub"]
        options = handshakes.HubOptions(verify_tokens=("meatyhamhock",))
        self.assertEqual(hub.answer(request("GET", query), (), options).body, b"1158201444")
        wrong = request("GET", query + "x")
        self.assertEqual(hub.answer(wrong, (), options).status, 403)

    def test_event_grid(self):
        asked = request(
            "OPTIONS",
            WebHook_Request_Origin="eventgrid.azure.net",
            WebHook_Request_Rate="120",
        )
        options = handshakes.CloudEventsOptions(origins=("eventgrid.azure.net",))
        found = handshakes.HANDSHAKES["cloudevents"].answer(asked, (), options)
        self.assertEqual(found.headers["WebHook-Allowed-Origin"], "eventgrid.azure.net")
        self.assertEqual(found.headers["WebHook-Allowed-Rate"], "120")

    def test_a_delivery_is_no_handshake(self):
        asked = request(body=b'{"id": 1}')
        for code, handshake in handshakes.HANDSHAKES.items():
            with self.subTest(code):
                self.assertIsNone(handshake.answer(asked, ("s" * 20,), handshake.options()))


class TestBodies(BaseCase):
    def test_each_kind(self):
        for raw, content_type, value in (
            (b'{"a": 1.50}', "application/json", {"a": Decimal("1.50")}),
            (b"a=1&b=&a=2", bodies.FORM, {"a": ["1", "2"], "b": ""}),
            (b'<a x="1"><b>2</b></a>', "text/xml", {"a": {"@x": "1", "b": "2"}}),
            (b"a,b\r\n1,2\r\n", "text/csv", [{"a": "1", "b": "2"}]),
        ):
            with self.subTest(content_type):
                self.assertEqual(bodies.decode(raw, content_type), value)

    def test_a_fault_says_what_to_do_and_quotes_nothing(self):
        for raw, content_type in (
            (b'{"Jane Doe": }', "application/json"),
            (b"<a>Jane Doe", "text/xml"),
            (b'a\r\n"Jane Doe', "text/csv"),
            (b"Jane Doe%ff", bodies.FORM),
            (b"Jane Doe", "text/plain"),
        ):
            with self.subTest(content_type), self.assertRaises(ContractError) as caught:
                bodies.decode(raw, content_type)
            self.assertNotIn("Jane", caught.exception.message)
            self.assertRegex(caught.exception.message, "(?i)ask the partner")


class TestBatches(BaseCase):
    def test_an_array(self):
        body = b' [{"id": "a", "n": 1.50}, {"id": "b"}] '
        options = batches.BatchOptions(form="array", id_path="id")
        found = batches.split(request(body=body), options)
        self.assertEqual([item.id for item in found], ["a", "b"])
        self.assertEqual(found[0].body, b'{"id": "a", "n": 1.50}')

    def test_events(self):
        event = b'{"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data": {}}'
        options = batches.BatchOptions(form="cloudevents")
        for body, content_type in (
            (event, "application/cloudevents+json; charset=utf-8"),
            (b"[%s]" % event, "application/cloudevents-batch+json"),
        ):
            (item,) = batches.split(request(body=body, Content_Type=content_type), options)
            self.assertEqual((item.id, item.message_type, item.body), ("/a 1", "t", event))
