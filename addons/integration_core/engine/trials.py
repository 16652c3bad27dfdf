"""What a person may try out: conversions that have no effect but cost the time of a worker.

Each user has an account in the memory of each worker, in seconds of processor time: large
documents cost more than small ones. So nobody can keep a worker busy by trying, by hand or by
a program, and nobody who tries like a person ever meets the limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from odoo import api
from odoo.exceptions import UserError

from ..tools.rate import KeyedLimiter

#: A tenth of a worker, in seconds of processor time a second.
RATE = 0.1
#: Seconds of processor time that may be used at once after a pause.
BURST = 20.0
#: What a trial costs at least, for the request around it.
LEAST = 0.2

_limiter = KeyedLimiter()


@contextmanager
def charged(env: api.Environment) -> Iterator[None]:
    """Let the user of ``env`` pay for what is done within.

    The last trial may overdraw the account: what it costs is known afterwards only.

    :raises UserError: the account is empty; says when to try again
    """
    key = f"{env.cr.dbname}/{env.uid}"
    wait = _limiter.take(key, RATE, BURST, time.monotonic(), LEAST)
    if wait:
        raise UserError(
            env._(
                "You have tried out so much that other people would have to wait for the server. "
                "Try again in %s seconds, with a smaller document if you can.",
                round(wait + 0.5),
            )
        )
    begin = time.thread_time()
    try:
        yield
    finally:
        _limiter.charge(key, max(time.thread_time() - begin - LEAST, 0.0), time.monotonic())
