"""What goes out in the background makes nobody wait, and is counted when it is lost."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from core_tools import syslog

from tests.unit.load_monitoring import load
from tests.unit.slow_listener import SlowListener

outbox = load("outbox")
QUICK = (0.01, 0.05)


def wait_for(condition, seconds=15.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def lost(count):
    return f"lost {count}"


class Taker:
    """Takes items, or refuses them."""

    def __init__(self):
        self.taken, self.refuse, self.calls = [], False, 0

    def __call__(self, items):
        self.calls += 1
        if self.refuse:
            raise OSError("away")
        self.taken += items


def to_syslog(port):
    destination = syslog.Destination("tcp", "127.0.0.1", port)
    return lambda items: syslog.send_all(destination, [one.encode() for one in items])


@pytest.fixture
def listener():
    listener = SlowListener()
    yield listener
    listener.close()


def test_a_slow_listener_holds_nobody_up_and_gets_everything_in_order(listener):
    box = outbox.Outbox("slow", to_syslog(listener.port), lost, rest=QUICK)
    begun = time.monotonic()
    for number in range(500):
        assert box.put(f"event {number}")
    assert time.monotonic() - begun < 1.0
    time.sleep(0.3)
    assert listener.frames == []
    listener.open()
    wait_for(lambda: len(listener.frames) >= 500)
    assert listener.frames == [f"event {number}" for number in range(500)]


def test_without_a_queue_the_same_listener_holds_up(listener):
    """That the listener above is as slow as it says."""
    begun = time.monotonic()
    with pytest.raises(OSError, match="timed out"):
        to_syslog(listener.port)(["event"])
    assert time.monotonic() - begun > 3.0


def test_what_does_not_fit_is_counted_and_told(caplog):
    taker = Taker()
    taker.refuse = True
    box = outbox.Outbox("full", taker, lost, most=10, rest=QUICK)
    with caplog.at_level(logging.WARNING):
        assert [box.put(number) for number in range(25)] == [True] * 10 + [False] * 15
        assert caplog.text.count("dropped") == 1  # and not a line for each
        taker.refuse = False
        wait_for(lambda: len(taker.taken) == 11)
    assert taker.taken == [*range(10), "lost 15"]
    assert "15 were dropped" in caplog.text
    assert box.flush(1.0) == 0


def test_what_failed_comes_again_and_less_and_less_often():
    taker = Taker()
    taker.refuse = True
    box = outbox.Outbox("away", taker, lost, rest=(0.05, 0.4))
    box.put("one")
    time.sleep(1.0)
    assert 3 <= taker.calls <= 6
    taker.refuse = False
    wait_for(lambda: taker.taken == ["one"])


def test_at_the_end_it_is_waited_for_what_is_left_but_not_for_ever():
    taker = Taker()
    gate = threading.Event()

    def slowly(items):
        gate.wait(10)
        taker(items)

    box = outbox.Outbox("end", slowly, lost, rest=QUICK)
    box.put("one")
    begun = time.monotonic()
    assert box.flush(0.3) == 1
    assert time.monotonic() - begun < 1.5
    gate.set()
    assert box.flush(5.0) == 0
    assert taker.taken == ["one"]


def test_the_end_does_not_wait_for_a_rest():
    taker = Taker()
    taker.refuse = True
    box = outbox.Outbox("rests", taker, lost, rest=(60.0, 60.0))
    box.put("one")
    wait_for(lambda: taker.calls == 1)
    taker.refuse = False
    assert box.flush(5.0) == 0
    assert taker.taken == ["one"]


def test_a_child_hands_over_its_own_and_not_its_parents():
    taker = Taker()
    taker.refuse = True
    box = outbox.Outbox("parent", taker, lost, rest=(60.0, 60.0))
    box.put("of the parent")
    wait_for(lambda: taker.calls == 1)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        taker.refuse = False
        taker.taken.clear()
        box.put("of the child")
        box.flush(5.0)
        os.write(writing, ",".join(taker.taken).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert told.read() == "of the child"
    os.waitpid(child, 0)
    taker.refuse = False
    assert box.flush(5.0) == 0
    assert taker.taken == ["of the parent"]


def test_a_fork_in_the_middle_of_a_delivery_leaves_no_lock_behind():
    """Fork while another thread is busy with the queue, many times."""
    taker = Taker()
    box = outbox.Outbox("busy", taker, lost, most=10**6)
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            box.put("x")
            time.sleep(0.0001)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                box.put("mine")
                os._exit(0 if box.flush(5.0) == 0 else 1)
            _pid, status = os.waitpid(child, 0)
            assert status == 0
    finally:
        stop.set()
        thread.join()
    assert box.flush(10.0) == 0


PROGRAM = """
import logging, sys
from tests.unit.load_monitoring import load
outbox = load("outbox")
from core_tools import syslog

class Handler(logging.Handler):
    def __init__(self, port):
        super().__init__()
        to = syslog.Destination("tcp", "127.0.0.1", port)
        self.box = outbox.Outbox(
            "end", lambda items: syslog.send_all(to, [one.encode() for one in items]), str)
    def emit(self, record):
        self.box.put(record.getMessage())
    def flush(self):
        self.box.flush(5.0)

logging.getLogger("security").addHandler(Handler(int(sys.argv[1])))
for number in range(50):
    logging.getLogger("security").warning("event %s", number)
"""


def test_a_process_that_ends_hands_over_first(listener):
    listener.open()
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", PROGRAM, str(listener.port)]
    subprocess.run(command, cwd=root, check=True, timeout=60)
    wait_for(lambda: len(listener.frames) >= 50)
    assert listener.frames == [f"event {number}" for number in range(50)]
