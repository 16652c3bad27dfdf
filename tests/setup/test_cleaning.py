"""``make stop`` ends a running demo before its database."""

import subprocess
import sys
import time

from setup import cleaning
from setup.locking import holder
from setup.settings import Settings

_DEMO = """
import pathlib, signal, sys, time
from setup.locking import exclusive

def stop(*_args):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
with exclusive(pathlib.Path(sys.argv[1]), "the demo"):
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.3)
        pathlib.Path(sys.argv[2]).touch()
"""


def test_a_running_demo_has_tidied_up_when_stop_returns(tmp_path):
    settings = Settings(home=tmp_path)
    tidied = tmp_path / "tidied"
    demo = subprocess.Popen([sys.executable, "-c", _DEMO, settings.demo_lock, tidied])
    try:
        deadline = time.monotonic() + 10
        while holder(settings.demo_lock) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert cleaning.stop(settings) == 0
        assert tidied.exists()
    finally:
        demo.kill()
        demo.wait()


def test_without_a_demo_there_is_nothing_to_stop(tmp_path):
    assert cleaning.stop(Settings(home=tmp_path)) == 0
