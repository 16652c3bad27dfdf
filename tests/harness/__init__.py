"""Real databases and real Odoo servers for the tests and benchmarks below ``tests/``.

A test asks a :class:`Harness` for a :class:`Database` (a copy of the template with the suite
installed, made in about a second), and the database for a :class:`Server` (prefork workers,
gevent process and job runner on free ports) or a :class:`Shell` (a process with an ``env``)::

    with harness.database() as database, database.server(workers=2) as server:
        client = server.login()
        client.call("purchase.order", "button_confirm", [order_id])
        wait_until(lambda: database.scalar("SELECT state FROM …") == "done")
        server.kill()
        server.start()
        server.wait_ready()
"""

from tests.harness.database import Database
from tests.harness.faults import Faults
from tests.harness.harness import Harness
from tests.harness.listener import MllpListener
from tests.harness.rpc import Client, RpcError
from tests.harness.server import Server
from tests.harness.shell import RemoteError, Shell
from tests.harness.waiting import wait_until

__all__ = [
    "Client",
    "Database",
    "Faults",
    "Harness",
    "MllpListener",
    "RemoteError",
    "RpcError",
    "Server",
    "Shell",
    "wait_until",
]
