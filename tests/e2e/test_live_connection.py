"""The live connection of a browser, through which Odoo pushes what has changed.

To the server that ``make run`` starts, which runs jobs as well: one of them says what is pushed
here. And to that of ``odoo.conf.example``, which answers it on a port of its own.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
import websocket

from setup import demo_run
from setup.odoo_server import free_port
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
_SAY_AT_ONCE = _SAY.replace(".with_delay()", "")
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


def _connect(client: Client, version: str, url: str = "") -> websocket.WebSocket:
    """Open the live connection as the web client does, and ask for one's own notifications.

    :param url: where a reverse proxy would lead it
    """
    address = (url or client.url).replace("http", "ws", 1)
    connection = websocket.create_connection(
        f"{address}/websocket?version={version}",
        cookie=f"session_id={client.session.cookies['session_id']}",
        origin=client.url,
        timeout=_SECONDS,
    )
    connection.send(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))
    return connection


def _wait_to_hear(connection: websocket.WebSocket, text: str) -> None:
    """Wait for a notification, which may come with those of the last minute."""
    heard: list[str] = []
    deadline = time.monotonic() + _SECONDS
    while text not in heard:
        assert time.monotonic() < deadline, f"heard {heard}"
        messages = [one["message"] for one in json.loads(connection.recv())]
        heard += [one["payload"]["text"] for one in messages if one["type"] == KIND]


def test_what_a_job_says_is_pushed(admin: Client, shell: Shell) -> None:
    with closing(_connect(admin, shell.run(_VERSION))) as connection:
        shell.run(_SAY, uid=admin.uid, kind=KIND, text="to a client")
        _wait_to_hear(connection, "to a client")


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


def test_workers_leave_it_to_a_process_of_its_own(database: Database, shell: Shell) -> None:
    """On ``gevent_port``, to which a reverse proxy leads ``/websocket``."""
    port = free_port()
    options = {"gevent_port": port, "server_wide_modules": "base,rpc,web"}
    with database.server(options=options, job_runner=False) as server:
        client, url = server.login(), f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), what="the process for live connections")
        with closing(_connect(client, shell.run(_VERSION), url)) as connection:
            shell.run(_SAY_AT_ONCE, uid=client.uid, kind=KIND, text="by a process of its own")
            _wait_to_hear(connection, "by a process of its own")
        assert "Traceback" not in server.log_text()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/websocket/health", timeout=5).ok
    except requests.RequestException:
        return False
