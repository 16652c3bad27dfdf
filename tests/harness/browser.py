"""A real browser on a real server: plays tours where jobs, commits and partners are real, too.

Odoo's own runner of tours works inside a test transaction, in which nothing commits: what a worker
sends never leaves there. This one drives headless Chromium through its DevTools protocol.
"""

import itertools
import json
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import websocket

from setup import packages
from tests.harness.rpc import Client
from tests.harness.waiting import wait_until

_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_SUCCEEDED = "tour succeeded"
_TIMEOUT = 30  # seconds for one answer of the browser; a first page builds its assets meanwhile


class TourError(AssertionError):
    """A tour failed, or the page logged an error."""


def is_there() -> bool:
    """Whether this machine has a browser."""
    return packages.chromium() is not None


@dataclass
class Browser:
    """One page of a browser.

    :ivar log: what the page wrote to its console, one text a line
    :ivar errors: those of them that are errors
    """

    socket: websocket.WebSocket
    log: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def enter(self, client: Client) -> None:
        """Be logged in as a client is."""
        cookie = {"name": "session_id", "value": client.session.cookies["session_id"]}
        self.command("Network.setCookie", **cookie, url=client.url)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the page a size in pixels, and the touch of a phone if asked to."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        self.command("Emulation.setTouchEmulationEnabled", enabled=phone)

    def open(self, url: str) -> None:
        """Go to a page of the web client, and wait until its tours could start.

        :raises AssertionError: that takes too long
        """
        self.command("Page.navigate", url=url)
        wait_until(
            lambda: self.evaluate("document.readyState === 'complete' && !!odoo.startTour"),
            what=f"the web client at {url}",
        )

    def tour(self, name: str, timeout: float = 60) -> None:
        """Play a tour on the page that is open, to its end.

        :param timeout: seconds
        :raises TourError: a step failed, or the page logged an error
        """
        options = {"stepDelay": 0, "debug": False, "redirect": False}
        self.evaluate(f"void odoo.startTour({json.dumps(name)}, {json.dumps(options)})")
        deadline = time.monotonic() + timeout
        while _SUCCEEDED not in self.log:
            if self.errors:
                raise TourError("\n".join([*self.errors, "", "What went before:", *self.log[-8:]]))
            if time.monotonic() > deadline:
                raise TourError(f"{name} took longer than {timeout:g} s; last: {self.log[-3:]}")
            self.evaluate("1")  # reads what the page has logged meanwhile
            time.sleep(0.1)

    def screenshot(self, path: Path) -> None:
        """Save what the page shows as PNG."""
        path.write_bytes(b64decode(self.command("Page.captureScreenshot")["data"]))

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is waited for.

        :raises TourError: it threw
        """
        answer = self.command(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise TourError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result.

        :raises TourError: the browser refused it
        """
        number = next(self._numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise TourError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        """Keep what the page says by itself."""
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.consoleAPICalled":
            text = " ".join(str(_plain(one)) for one in parameters["args"])
            self.log.append(text)
            if parameters["type"] == "error":
                self.errors.append(text)
        elif message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))


def _plain(argument: dict[str, Any]) -> Any:
    return argument.get("value", argument.get("description", ""))


@contextmanager
def browser(width: int = 1366, height: int = 768) -> Iterator[Browser]:
    """Give a page of a new browser, which ends with it.

    :param width: of the page, in pixels
    """
    executable = packages.chromium()
    assert executable, "there is no browser on this machine"
    folder = Path(tempfile.mkdtemp(prefix="suite-browser-"))
    command = [str(executable), *_SWITCHES, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        socket = websocket.create_connection(
            wait_until(lambda: _page(folder), what="the browser"),
            timeout=_TIMEOUT,
            suppress_origin=True,
        )
        page = Browser(socket)
        for domain in ("Page", "Runtime", "Network"):
            page.command(f"{domain}.enable")
        page.resize(width, height)
        yield page
        socket.close()
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _page(folder: Path) -> str | None:
    """Return the address of the DevTools of the browser's page, once there is one."""
    try:
        port = int((folder / "DevToolsActivePort").read_text().split()[0])
        targets = requests.get(f"http://127.0.0.1:{port}/json", timeout=5).json()
    except (OSError, IndexError):  # not written yet; requests' errors are OSErrors
        return None
    return next((one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page"), None)
