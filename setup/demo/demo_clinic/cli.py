"""The command that opens the clinic."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from demo_partners.web import LoopbackServer, Request, Response, html_response

from . import certificate, page, settings
from .day import Day
from .diary import Diary
from .door import Door
from .reader import Reader
from .server import FhirServer

EXIT_BAD_SETTINGS = 2
EXIT_PORT_TAKEN = 3
FASTEST = 6000.0
PORT = 8074
PAGE_PORT = 8075


def parser() -> argparse.ArgumentParser:
    """Return the description of the command line."""
    result = argparse.ArgumentParser(
        prog="clinic.py",
        description="A day clinic whose system speaks FHIR R4: it tells Odoo who comes and goes, "
        "answers when it is asked, and reads what Odoo shows.",
        epilog="Secrets are read from the file, never from the command line.",
    )
    result.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="JSON file with mode 0600"
    )
    result.add_argument(
        "--init-config",
        action="store_true",
        help="write FILE with fresh secrets unless it exists, and end",
    )
    result.add_argument("--odoo-url", default="", help="default: what the file has")
    result.add_argument("--state", type=Path, metavar="FILE", help="its memory")
    result.add_argument("--pace", type=_pace, default=6.0, help="events a minute; default: 6")
    result.add_argument("--seed", type=int, default=1, help="of its chance; default: 1")
    result.add_argument("--limit", type=int, default=0, help="Bundles after which it ends")
    return result


def _pace(text: str) -> float:
    pace = float(text)
    if not 0 < pace <= FASTEST:
        raise argparse.ArgumentTypeError(f"the pace is above 0 and at most {FASTEST:.0f}")
    return pace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the exit status of the process."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    if options.init_config:
        url = options.odoo_url or "http://127.0.0.1:8069"
        is_new = settings.initialise(options.config, url, PORT, PAGE_PORT)
        print(f"clinic: {options.config} {'written' if is_new else 'is there already'}")
        return 0
    try:
        found = settings.load(options.config, options.odoo_url)
        state = options.state or options.config.with_name("clinic-state.json")
        diary = Diary(state, options.seed)
    except settings.SettingsError as problem:
        print(f"clinic: {problem}", file=sys.stderr)
        return EXIT_BAD_SETTINGS
    except (OSError, ValueError, KeyError) as problem:
        print(f"clinic: {state} cannot be used: {problem!r}", file=sys.stderr)
        return EXIT_BAD_SETTINGS
    try:
        return _run(found, diary, options.pace, options.limit)
    except OSError as problem:
        ports = f"{found.port} and {found.page_port}"
        print(f"clinic: ports {ports} cannot both be opened: {problem.strerror}", file=sys.stderr)
        return EXIT_PORT_TAKEN


def _run(found: settings.Settings, diary: Diary, pace: float, limit: int) -> int:
    stopping, lock = threading.Event(), threading.Lock()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stopping.set())
    tls = certificate.context(found.certificate)
    server = FhirServer(diary.clinic.records, lock, found.server_token, tls, found.port)
    day = Day(
        diary,
        Door(found.door, (settings.LOGIN, found.secret), stopping),
        Reader(found.view, (settings.READER, found.reader_secret), diary.reader),
        lock,
        stopping,
        base=server.base,
        pace=pace,
        limit=limit,
    )

    def shown(request: Request) -> Response:
        with lock:
            return html_response(page.live(day) if "live" in request.query else page.whole(day))

    pages = LoopbackServer(shown, found.page_port, "page")
    pages.open()
    server.start()
    print(f"Riverside Day Clinic  {pages.url}/ (its FHIR server: {server.base})", flush=True)
    try:
        day.run()
    finally:
        pages.close()
        server.stop()
    told = ", ".join(f"{count} {status}" for status, count in sorted(day.answers.items()))
    print(f"clinic: closed; answers: {told or 'none'}", flush=True)
    return 0
