"""Flaky Logistics: a partner that fails in the way that was chosen on its page."""

import json
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from . import flaky_pages
from .flaky_log import DeliveryLog
from .modes import Mode, Setting, answer
from .signing import verify
from .web import (
    LoopbackServer,
    RawAnswer,
    Request,
    Response,
    html_response,
    json_response,
    see_other,
    utc_text,
)

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class FlakySettings:
    """What Flaky Logistics needs to start.

    :ivar state_dir: folder of ``flaky.sqlite``
    :ivar port: takes the deliveries; 0 takes a free one
    :ivar control_port: shows the page; open even while ``port`` is closed
    :ivar secrets_out: ``whsec_…`` secrets of the sender; without any, signatures are not checked
    """

    state_dir: Path
    port: int = 0
    control_port: int = 0
    secrets_out: Sequence[str] = ()


class FlakyLogistics:
    """The running partner: ``with FlakyLogistics(settings) as flaky: flaky.set_mode("500")``."""

    def __init__(self, settings: FlakySettings) -> None:
        self.settings = settings
        self.setting = Setting()
        self.closed_until: float | None = None
        self.log = DeliveryLog(Path(settings.state_dir) / "flaky.sqlite")
        self._deliveries = LoopbackServer(self.handle_delivery, settings.port, "flaky")
        self._control = LoopbackServer(self.handle_control, settings.control_port, "flaky-control")
        self._lock = threading.RLock()
        self._reopening: threading.Timer | None = None
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """Base address of the deliveries."""
        return self._deliveries.url

    @property
    def control_url(self) -> str:
        """Base address of the page and of ``POST /mode``."""
        return self._control.url

    def start(self) -> "FlakyLogistics":
        """:raises OSError: a port is taken"""
        self._deliveries.open()
        try:
            self._control.open()
        except OSError:
            self._deliveries.close()
            raise
        return self

    def stop(self) -> None:
        """Close both ports; a slow answer is cut short."""
        self._stopping.set()
        with self._lock:
            self._cancel_reopening()
        self._control.close()
        self._deliveries.close()
        self.log.close()

    def __enter__(self) -> "FlakyLogistics":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # ---- modes

    def set_mode(self, mode: str, seconds: float | None = None, times: int = 0) -> Setting:
        """Choose how to fail; see :class:`Setting`.

        :raises ValueError: unknown mode, or a number out of its range
        """
        fields = {"mode": mode, "times": str(times)}
        if seconds is not None:
            fields["seconds"] = str(seconds)
        return self._switch(Setting.parse(fields))

    def _switch(self, setting: Setting) -> Setting:
        with self._lock:
            self._cancel_reopening()
            self.setting = setting
            if setting.mode is Mode.CLOSED:
                self._deliveries.close()
                self.closed_until = time.time() + setting.seconds
                self._reopen_later(setting, setting.seconds)
            elif not self._stopping.is_set():
                self._deliveries.open()
        _LOGGER.info("Flaky Logistics: mode %s", setting.mode)
        return setting

    def _reopen_later(self, closed: Setting, seconds: float) -> None:
        self._reopening = threading.Timer(seconds, self._reopen, [closed])
        self._reopening.daemon = True
        self._reopening.start()

    def _reopen(self, closed: Setting) -> None:
        """End the closed time, unless another mode was chosen in the meantime."""
        with self._lock:
            if self.setting is not closed or self._stopping.is_set():
                return
            try:
                self._switch(Setting())
            except OSError:
                # Somebody took the port meanwhile: it is still closed for the sender.
                self.setting = closed
                self._reopen_later(closed, 1.0)

    def _cancel_reopening(self) -> None:
        self.closed_until = None
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None

    def _next_setting(self) -> Setting:
        """Take the setting of one delivery and count it."""
        with self._lock:
            taken, self.setting = self.setting, self.setting.after_delivery()
            return taken

    # ---- HTTP

    def handle_delivery(self, request: Request) -> Response | RawAnswer:
        """Answer on the port that takes deliveries."""
        if request.method != "POST":
            return see_other(self.control_url + "/")
        received_at = time.time()
        setting = self._next_setting()
        reply = answer(setting)
        delivery = self.log.add(
            request.headers.get("webhook-id", "(none)")[:255],
            received_at,
            setting.mode,
            setting.mode if isinstance(reply, RawAnswer) else str(reply.status),
            self._check_signature(request),
            _subject(request.body),
            request.headers.get("x-correlation-id"),
        )
        _LOGGER.info(
            "Flaky Logistics: %s, attempt %d: %s",
            delivery.subject,
            delivery.attempt,
            delivery.result,
        )
        if setting.mode is Mode.SLOW:
            self._stopping.wait(setting.seconds)
        return reply

    def _check_signature(self, request: Request) -> str:
        if not self.settings.secrets_out:
            return "not checked"
        is_valid = verify(self.settings.secrets_out, request.headers, request.body)
        return "valid" if is_valid else "invalid"

    def handle_control(self, request: Request) -> Response:
        """Answer on the port that shows the page."""
        if request.method == "GET":
            return self._show(request)
        if request.method == "POST" and request.path in ("/mode", "/clear"):
            return self._command(request)
        return json_response(404, {"error": "not found"})

    def _show(self, request: Request) -> Response:
        if request.path == "/health":
            return json_response(200, {"status": "ok"})
        if request.path == "/state":
            return json_response(200, self.state())
        if request.path != "/":
            return json_response(404, {"error": "not found"})
        with self._lock:
            setting, closed_until = self.setting, self.closed_until
        live = flaky_pages.live(self.log.latest(), setting, closed_until, time.time())
        if "live" in request.query:
            return html_response(live)
        return html_response(flaky_pages.page(live, setting, self.url))

    def _command(self, request: Request) -> Response:
        if not request.is_same_origin():
            return json_response(403, {"error": "only from this page"})
        if request.path == "/clear":
            self.log.clear()
            return see_other("/")
        try:
            setting = self._switch(Setting.parse(request.fields()))
        except ValueError as problem:
            return json_response(400, {"error": str(problem)})
        if "json" in request.headers.get("content-type", ""):
            return json_response(200, asdict(setting))
        return see_other("/")

    def state(self) -> dict:
        """Return the mode and the deliveries, newest first, for programs that watch."""
        deliveries = [
            {**asdict(delivery), "received_at": utc_text(delivery.received_at)}
            for delivery in self.log.latest(1000)
        ]
        return {
            "setting": asdict(self.setting),
            "listening": self._deliveries.is_open,
            "deliveries": deliveries,
        }


def _subject(body: bytes) -> str:
    """Return event type and document number of a delivery, as far as they can be read."""
    with suppress(ValueError, AttributeError):
        event = json.loads(body)
        number = (event.get("data") or {}).get("order_number")
        return " ".join(str(part)[:80] for part in (event.get("type"), number) if part)
    return f"{len(body)} bytes that are no JSON object"
