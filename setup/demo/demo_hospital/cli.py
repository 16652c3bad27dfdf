"""The command that opens the hospital."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from .day import Day, Settings
from .diary import Diary
from .wire import Wire

EXIT_BAD_SETTINGS = 2
FASTEST = 6000.0


def parser() -> argparse.ArgumentParser:
    """Return the description of the command line."""
    result = argparse.ArgumentParser(
        prog="hospital.py",
        description="A hospital that tells by HL7 v2 over MLLP who comes and goes, its operations, "
        "and what it uses, orders and charges.",
    )
    result.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    result.add_argument("--port", type=int, default=2575, help="default: 2575")
    result.add_argument("--pace", type=_pace, default=20.0, help="messages a minute; default: 20")
    result.add_argument("--seed", type=int, default=1, help="of its chance; default: 1")
    result.add_argument("--zone", type=_zone, default="Europe/Brussels", help="its time zone")
    result.add_argument("--processing", default="T", choices="PTD", help="MSH-11; default: T")
    result.add_argument("--currency", default="USD", help="of its charges; default: USD")
    result.add_argument("--state", type=Path, required=True, metavar="FILE", help="its memory")
    result.add_argument("--limit", type=int, default=0, help="messages after which it ends")
    return result


def _pace(text: str) -> float:
    pace = float(text)
    if not 0 < pace <= FASTEST:
        raise argparse.ArgumentTypeError(f"the pace is above 0 and at most {FASTEST:.0f}")
    return pace


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{name} is no time zone") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the exit status of the process."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stopping.set())
    try:
        diary = Diary(options.state, options.seed)
    except (OSError, ValueError, KeyError) as problem:
        print(f"hospital: {options.state} cannot be used: {problem!r}", file=sys.stderr)
        return EXIT_BAD_SETTINGS
    settings = Settings(
        options.zone, options.pace, options.processing, options.limit, options.currency
    )
    day = Day(diary, Wire(options.host, options.port, stopping), settings, stopping)
    day.run()
    told = ", ".join(f"{count} {code}" for code, count in sorted(day.answers.items()))
    print(f"hospital: closed; answers: {told or 'none'}", flush=True)
    return 0
