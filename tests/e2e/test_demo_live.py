"""The live connection of a browser to the server that ``make run`` starts.

Odoo pushes what has changed through a websocket. The server runs jobs as well, and one of them
says what is pushed here.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import websocket

from setup import demo_run
from tests.harness import Client, Database, Server, Shell
from tests.harness.browser import Browser, browser, is_there
from tests.harness.waiting import wait_until

KIND = "suite_is_live"
# The server closes the connections of programs of another version.
_VERSION = """
from odoo.addons.bus.websocket import WebsocketConnectionHandler
result = WebsocketConnectionHandler._VERSION
"""
_SAY = """
env["res.users"].browse(uid).partner_id.with_delay()._bus_send(kind, {"text": text})
"""
_LISTEN = """
window.heard = [];
odoo.__WOWL_DEBUG__.root.env.services.bus_service.subscribe(
    %s, (payload) => window.heard.push(payload.text));
"""
_MONITOR = "odoo.__WOWL_DEBUG__.root.env.services['bus.monitoring_service']"
_SECONDS = 15


@pytest.fixture(scope="module")
def server(database: Database) -> Iterator[Server]:
    """A server with the processes of the demo; its log stays free of tracebacks."""
    with database.server(options=demo_run.PROCESSES, channels=demo_run.CHANNELS) as server:
        yield server
        log, errors = server.log_text(), server.errors()
    assert not errors, "the server logged errors:\n" + "\n".join(errors)
    assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def shell(database: Database) -> Iterator[Shell]:
    with database.shell() as shell:
        yield shell


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return server.login()


@pytest.fixture
def page(admin: Client) -> Iterator[Browser]:
    if not is_there():
        pytest.skip("there is no browser on this machine")
    with browser() as page:
        page.enter(admin)
        page.open(f"{admin.url}/odoo?debug=tests")
        yield page


def _connect(client: Client, version: str) -> websocket.WebSocket:
    """Open the live connection as the web client does, and ask for one's own notifications."""
    address = client.url.replace("http", "ws", 1)
    connection = websocket.create_connection(
        f"{address}/websocket?version={version}",
        cookie=f"session_id={client.session.cookies['session_id']}",
        origin=client.url,
        timeout=_SECONDS,
    )
    connection.send(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))
    return connection


def _hear(connection: websocket.WebSocket) -> Any:
    """Return the first notification of our kind."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for one in json.loads(connection.recv()):
            if one["message"]["type"] == KIND:
                return one["message"]["payload"]
    raise AssertionError("no notification came")


def test_what_a_job_says_is_pushed(admin: Client, shell: Shell) -> None:
    with closing(_connect(admin, shell.run(_VERSION))) as connection:
        shell.run(_SAY, uid=admin.uid, kind=KIND, text="to a client")
        assert _hear(connection) == {"text": "to a client"}


def test_the_first_screen_is_connected(admin: Client, shell: Shell, page: Browser) -> None:
    page.evaluate(_LISTEN % json.dumps(KIND))
    shell.run(_SAY, uid=admin.uid, kind=KIND, text="to a page")
    # Among those of the last minute.
    wait_until(
        lambda: "to a page" in page.evaluate("window.heard"), _SECONDS, what="a notification"
    )
    # The first screen is Discuss, which shows a lost connection.
    wait_until(lambda: page.evaluate("!!document.querySelector('.o-mail-Discuss')"), what="it")
    assert page.evaluate(f"{_MONITOR}.isConnectionLost") is False
    assert not page.evaluate("!!document.querySelector('.o-bus-ConnectionAlert')")
    assert "Real-time connection lost" not in page.evaluate("document.body.innerText")
