"""A listener on real sockets, with a ledger in memory, for tests of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from setup.odoo_server import free_port
from tests.unit.load_ehr import load

committer = load("mllp.committer")
counters = load("mllp.counters")
door = load("mllp.door")
listener = load("mllp.listener")
tls = load("mllp.tls")

Reason = counters.Reason


def adt(control_id: str, more: str = "") -> bytes:
    return f"MSH|^~\\&|EHR|G|ODOO|G|2026||ADT^A01|{control_id}|P|2.5{more}\rPV1|1|I\r".encode()


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


class Stage:
    """A listener whose messages are answered when the test says so, or at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.jobs: list = []
        self.waiting: list = []
        self.at_once = True
        self.handled = False
        self.listener = listener.Listener(
            loop, ["127.0.0.1"], tls.ServerCertificate(), self._submit, self._wait
        )
        self.door = door.Door(interface=1, name="feed", port=free_port())
        self._loop = loop

    def _submit(self, job) -> None:
        self.jobs.append(job)
        if self.at_once:
            self._loop.call_soon(self.answer, 1)

    def _wait(self, job, uuid) -> None:
        self.waiting.append(job)

    def answer(self, count: int) -> None:
        """Tell the results of the jobs that wait longest."""
        jobs, self.jobs = self.jobs[:count], self.jobs[count:]
        self.listener.deliver(
            [
                (
                    job,
                    committer.Waits("u")
                    if job.part.waiting
                    else committer.Answered(job.part.content),
                )
                for job in jobs
            ]
        )

    def open(self, **changes) -> None:
        self.door = replace(self.door, **changes)
        self.listener.apply({1: self.door})

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.door.port)

    def refusals(self) -> dict:
        found = self.listener.take_refusals().get(1, {})
        return {reason: refusal.count for reason, refusal in found.items()}


def staged(test: Callable[[Stage], Awaitable[None]]) -> Callable[[], None]:
    """Run a coroutine with a stage of its own."""

    def run() -> None:
        async def whole() -> None:
            stage = Stage(asyncio.get_running_loop())
            try:
                await asyncio.wait_for(test(stage), 30)
            finally:
                await stage.listener.stop(1)

        asyncio.run(whole())

    run.__name__ = test.__name__
    return run


async def answer(reader: asyncio.StreamReader) -> list[str]:
    """MSA of the next answer."""
    block = await reader.readuntil(b"\x1c\r")
    return block[1:-2].decode().split("\r")[1].split("|")


async def settled() -> None:
    await asyncio.sleep(0.05)
