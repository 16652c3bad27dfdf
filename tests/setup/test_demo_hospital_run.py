"""Programs that run beside Odoo in ``make run``."""

import sys
import time

import pytest

from setup.console import SetupError
from setup.demo_hospital_run import Program


def program(tmp_path, code: str, **options) -> Program:
    return Program("gauge", [sys.executable, "-c", code], tmp_path / "gauge.log", {}, **options)


def wait_for(tmp_path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in (tmp_path / "gauge.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_is_stopped(tmp_path):
    gauge = program(tmp_path, "import time; print('here', flush=True); time.sleep(60)")
    gauge.start()
    wait_for(tmp_path, "here")
    gauge.watch()
    gauge.stop()
    gauge.stop()
    with pytest.raises(SetupError, match="gauge ended by itself"):
        gauge.watch()


def test_it_is_started_again_if_it_asks_for_it(tmp_path):
    gauge = program(tmp_path, "print('here', flush=True); raise SystemExit(75)", start_again=75)
    gauge.start()
    deadline = time.monotonic() + 10
    while (tmp_path / "gauge.log").read_text().count("here") < 2:
        gauge.watch()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    gauge.stop()
