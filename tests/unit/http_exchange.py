"""Requests of the tests of the HTTP client."""

import ipaddress
import socket
import time
from dataclasses import replace

from core_tools.http_client import HttpRequest

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
#: How much later than its deadline an exchange may end on a busy machine, in seconds. Less than
#: :data:`OTHERWISE`, at which it would end without that deadline.
SLACK = 5.0
OTHERWISE = 20.0


def post(port, body=b"{}", **changes):
    """A request to a test server, with limits that a busy machine keeps."""
    request = HttpRequest(
        "POST",
        f"http://127.0.0.1:{port}/hook?x=1",
        headers={"Content-Type": "application/json"},
        body=body,
        connect_timeout=OTHERWISE,
        read_timeout=OTHERWISE,
        total_timeout=2 * OTHERWISE,
        allowed_networks=LOOPBACK,
        allow_plaintext=True,
    )
    return replace(request, **changes)


def timed(call):
    """What ``call`` returned or raised, and how many seconds that took."""
    started = time.monotonic()
    try:
        return call(), time.monotonic() - started
    except Exception as error:
        return error, time.monotonic() - started


class FakeDns:
    """Answers with the next list of addresses each time, and counts the questions."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = 0

    def __call__(self, host, port, type=0):
        self.questions += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answer]
