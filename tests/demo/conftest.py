"""Fixtures for the demo partners: a stand-in for Odoo, and both partners on free ports."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests
from demo_partners.flaky import FlakyLogistics, FlakySettings
from demo_partners.medsupply import MedSupply, MedSupplySettings
from demo_partners.orders import Behaviour
from demo_partners.web import LoopbackServer, Request, Response, json_response

from .samples import SECRET_IN, SECRET_OUT


@dataclass
class FakeOdoo:
    """Takes confirmations; answers with the statuses in ``replies``, then with 202."""

    received: list[Request] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, request: Request) -> Response:
        with self.lock:
            self.received.append(request)
            status = self.replies.pop(0) if self.replies else 202
        return json_response(status, {"receipt": "r-1"})


@pytest.fixture
def odoo() -> Iterator[FakeOdoo]:
    fake = FakeOdoo()
    server = LoopbackServer(fake.handle)
    server.open()
    fake.url = server.url
    yield fake
    server.close()


@pytest.fixture
def make_supplier(odoo, tmp_path) -> Iterator[Callable[..., MedSupply]]:
    running = []

    def make(**changes) -> MedSupply:
        values = {
            "state_dir": tmp_path,
            "inbound_url": odoo.url + "/integration/webhook/secret-token",
            "secrets_out": [SECRET_OUT],
            "secret_in": SECRET_IN,
            "behaviour": Behaviour(delay=0),
        }
        running.append(MedSupply(MedSupplySettings(**values | changes)).start())
        return running[-1]

    yield make
    for supplier in running:
        supplier.stop()


@pytest.fixture
def supplier(make_supplier) -> MedSupply:
    return make_supplier()


@pytest.fixture
def flaky(tmp_path) -> Iterator[FlakyLogistics]:
    with FlakyLogistics(FlakySettings(tmp_path, secrets_out=[SECRET_OUT])) as partner:
        yield partner


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
