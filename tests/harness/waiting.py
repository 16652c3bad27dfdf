"""Waiting for what other processes bring about."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], timeout: float = 120, *, poll: float = 0.05, what: str = ""
) -> T:
    """Call ``condition`` until it returns something true, and return that.

    :param timeout: seconds, for a machine that is busy with other things
    :param poll: seconds between two calls
    :param what: what is waited for, for the error message
    :raises AssertionError: the condition stayed false; names its last value
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(
                f"{what or 'the condition'} did not happen within {timeout:g} s (last: {value!r})"
            )
        time.sleep(poll)
