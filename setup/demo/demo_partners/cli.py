"""The one command that starts both partners and stops them again."""

import argparse
import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from . import config
from .flaky import FlakyLogistics, FlakySettings
from .medsupply import MedSupply, MedSupplySettings
from .orders import Behaviour

EXIT_BAD_CONFIG = 2
EXIT_PORT_TAKEN = 3


def parser() -> argparse.ArgumentParser:
    """Return the description of the command line."""
    result = argparse.ArgumentParser(
        prog="partners.py",
        description="Start the demo partners: the supplier MedSupply and Flaky Logistics.",
        epilog="Secrets are read from the file or from "
        + ", ".join(config.ENVIRONMENT)
        + ", never from the command line.",
    )
    result.add_argument("--config", type=Path, metavar="FILE", help="JSON file with mode 0600")
    result.add_argument(
        "--init-config",
        action="store_true",
        help="write FILE with fresh secrets unless it exists, and end",
    )
    result.add_argument("--odoo-url", help=_default("odoo_url"))
    result.add_argument("--inbound-token", help="token in the path of Odoo's inbound webhook")
    result.add_argument("--inbound-path", help=_default("inbound_path"))
    result.add_argument("--state-dir", help="where the partners keep what they received")
    for name in ("medsupply", "flaky", "flaky-control"):
        shown = _default(f"{name.replace('-', '_')}_port")
        result.add_argument(f"--{name}-port", type=int, help=shown)
    result.add_argument("--delay", type=float, help="seconds before an order is confirmed")
    return result


def _default(key: str) -> str:
    return f"default: {config.DEFAULTS[key]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the exit status of the process."""
    options = vars(parser().parse_args(arguments))
    path, wants_file = options.pop("config"), options.pop("init_config")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        if wants_file:
            return _initialise(path)
        settings = config.load(path, os.environ, options)
        supplier, flaky = _build(settings)
    except config.ConfigError as problem:
        print(f"partners: {problem}", file=sys.stderr)
        return EXIT_BAD_CONFIG
    return _run(supplier, flaky)


def _initialise(path: Path | None) -> int:
    if path is None:
        raise config.ConfigError("--init-config needs --config FILE")
    is_new = config.initialise(path)
    print(f"partners: {path} {'written' if is_new else 'is there already'}")
    return 0


def _run(supplier: MedSupply, flaky: FlakyLogistics) -> int:
    stopping = threading.Event()
    # Before anything starts: a signal that comes during the start must stop it as well.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stopping.set())
    try:
        supplier.start()
        flaky.start()
        print(f"MedSupply        {supplier.url}/", flush=True)
        print(f"Flaky Logistics  {flaky.control_url}/ (takes deliveries at {flaky.url})")
        print("partners ready", flush=True)
        stopping.wait()
    except OSError as problem:
        print(f"partners: a port cannot be opened: {problem.strerror}", file=sys.stderr)
        return EXIT_PORT_TAKEN
    finally:
        flaky.stop()
        supplier.stop()
    return 0


def _build(settings: config.PartnersConfig) -> tuple[MedSupply, FlakyLogistics]:
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        return _make_partners(settings)
    except (OSError, sqlite3.Error) as problem:
        raise config.ConfigError(f"{settings.state_dir} cannot be used: {problem}") from None


def _make_partners(settings: config.PartnersConfig) -> tuple[MedSupply, FlakyLogistics]:
    supplier = MedSupply(
        MedSupplySettings(
            state_dir=settings.state_dir,
            inbound_url=settings.inbound_url,
            secrets_out=settings.secrets_out,
            secret_in=settings.secret_in,
            port=settings.medsupply_port,
            behaviour=Behaviour(delay=settings.delay),
        )
    )
    flaky = FlakyLogistics(
        FlakySettings(
            state_dir=settings.state_dir,
            port=settings.flaky_port,
            control_port=settings.flaky_control_port,
            secrets_out=settings.flaky_secrets,
        )
    )
    return supplier, flaky
