"""The other end of :class:`tests.harness.starter.Starter`: imports Odoo, and forks.

Usage: ``python starter_worker.py CHANNEL ADDONS_PATHS MODULE…``. Each message on the channel, a
socket, is a JSON object (``argv``, ``environ``) with three descriptors; the answer is the id of the
process that runs the script ``argv``.
"""

import importlib
import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

_LONGEST_MESSAGE = 128 * 1024


def main(channel: str, addons_paths: str, modules: list[str]) -> None:
    """Serve requests until the channel ends; in a fork, run its script instead."""
    known = dict(os.environ)
    _import_odoo(addons_paths, modules)
    request = _serve(socket.socket(fileno=int(channel)))
    if request:
        _become(request, known)


def _import_odoo(addons_paths: str, modules: list[str]) -> None:
    import odoo.init  # Odoo's own set-up; must come before its other modules

    import odoo.addons

    # Odoo does so when it reads its configuration, which each fork has for itself.
    for path in filter(None, addons_paths.split(",")):
        odoo.addons.__path__.append(path)
    importlib.import_module("odoo.cli.server")
    for module in modules:
        importlib.import_module(f"odoo.addons.{module}")


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; return it in the fork, and None when there are no more.

    Whoever asked may have been killed, and could not end what it had started: that ends then, too.
    """
    running: set[int] = set()
    with channel:
        while True:
            message, files, _flags, _address = socket.recv_fds(channel, _LONGEST_MESSAGE, 3)
            if not message:
                _end(running)
                return None
            running -= set(_ended())
            pid = os.fork()
            if not pid:
                for number, file in enumerate(files):
                    os.dup2(file, number)
                    os.close(file)
                return json.loads(message)
            running.add(pid)
            for file in files:
                os.close(file)
            channel.send(str(pid).encode())


def _ended() -> Iterator[int]:
    """Ask for the forks that have ended, of which the system would keep a trace else."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            yield pid


def _end(running: set[int]) -> None:
    """Kill forks with all that they have started."""
    for pid in running:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _become(request: dict[str, Any], known: Mapping[str, str]) -> None:
    """Run a script as if the process had begun with it.

    :param known: the environment in which Odoo was imported; what Odoo has set itself meanwhile
        (the time zone) stays
    """
    os.setsid()
    environ = request["environ"]
    for name in known.keys() - environ.keys():
        os.environ.pop(name, None)
    os.environ.update({name: value for name, value in environ.items() if known.get(name) != value})
    sys.argv = request["argv"]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
