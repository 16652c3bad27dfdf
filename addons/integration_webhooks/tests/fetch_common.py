import json
from unittest.mock import patch

from odoo.addons.integration_core.mixins.revised import APPROVED
from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_core.tools.http_wire import check_headers
from odoo.addons.integration_webhooks.engine import fetcher

TOKEN = "token-of-our-account-there"
BASE = "https://api.partner.example/v2"


class PartnerApi:
    """Stands for the HTTP client, and a partner's API behind it."""

    def __init__(self):
        self.asked = []
        self.answers = []
        self.content = {"key": "as it is there"}

    def send(self, request):
        check_headers(request.headers)
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        body = json.dumps(self.content).encode() if answer == 200 else b"no"
        cut = body[: request.max_response_bytes]
        headers = {"content-type": "application/json"}
        return HttpResponse(answer, headers, cut, cut != body, 0.1, "192.0.2.1")

    @property
    def urls(self):
        return [request.url for request in self.asked]


class FetchCase(EngineCase):
    """A partner that notifies, and an API of its that tells what it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credential = cls.env["integration.credential"].create(
            {"name": "API", "kind": "bearer", "version_ids": [(0, 0, {"secret": TOKEN})]}
        )
        cls.fetch = cls._interface(
            "Fetch",
            direction="outbound",
            transport="webhook",
            webhook_purpose="fetch",
            url=BASE,
            credential_id=cls.credential.id,
        )
        cls.approve(
            cls.inbound,
            transport="webhook",
            webhook_fetch="path",
            webhook_fetch_id=cls.fetch.id,
            webhook_fetch_path="things/{id}?part={part}",
        )

    @classmethod
    def approve(cls, interface, **values):
        """What a second person has approved."""
        interface.with_context(**{APPROVED: True}).write(values)

    def setUp(self):
        super().setUp()
        self.api = PartnerApi()
        self.startPatcher(patch.object(fetcher, "client", self.api))
        self.handled = []
        self.handle_with(
            lambda handler, received, data: self.handled.append((received, data)) or None
        )

    def notify(self, key="n1", **values):
        message = self.receive(key, {"id": "T/1", "part": 2, **values})
        self.drain(self.inbound)
        return message

    def run_all(self):
        self.make_due(self.messages(self.fetch).filtered(lambda one: one.state == "retry"))
        self.drain(self.fetch)
        self.drain(self.inbound)

    def content(self):
        return self.messages(self.inbound).filtered("causation_id")
