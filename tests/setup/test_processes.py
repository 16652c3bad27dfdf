"""Processes and ports of this machine, with processes that end in every way."""

import socket
import subprocess
import sys

from setup import odoo_server, processes
from tests.harness import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# A leader that ends, and a child that stays in its group.
LEAVES = [sys.executable, "-c", f"import subprocess; subprocess.Popen({SLEEP!r})"]


def test_whoever_ended_is_not_alive_although_nobody_has_asked_for_it_yet():
    process = subprocess.Popen(SLEEP)
    try:
        assert processes.is_alive(process.pid)
    finally:
        process.kill()
    wait_until(lambda: not processes.is_alive(process.pid), what="the end of the process")
    process.wait()
    assert not processes.is_alive(process.pid)


def test_a_group_outlives_its_leader():
    leader = subprocess.Popen(LEAVES, start_new_session=True)
    assert leader.wait() == 0
    (child,) = processes.of_group(leader.pid)
    assert child != leader.pid
    subprocess.run(["kill", "-9", str(child)], check=True)
    wait_until(lambda: not processes.of_group(leader.pid), what="the end of the group")


def test_a_port_is_free_and_not_one_of_outgoing_connections(tmp_path, monkeypatch):
    outgoing = tmp_path / "ip_local_port_range"
    outgoing.write_text("20000\t60999\n")
    monkeypatch.setattr(odoo_server, "_OUTGOING_PORTS", outgoing)
    ports = {odoo_server.free_port() for _each in range(50)}
    assert len(ports) > 1
    assert max(ports) < 20_000
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
    # All of them are: the system chooses.
    outgoing.write_text("1024\t65535\n")
    socket.create_server(("127.0.0.1", odoo_server.free_port())).close()
