"""A scripted MLLP listener, and a keeper of connections without a database, for tests in Odoo."""

import socket
import threading
from contextlib import contextmanager

from odoo.addons.integration_ehr_bridge.engine.mllp_holding import Holding
from odoo.addons.integration_ehr_bridge.engine.mllp_leases import Lease
from odoo.addons.integration_ehr_bridge.tools.hl7 import mllp


class Listener:
    """Answers each message with what ``answer(message bytes, its control id)`` returns.

    An answer of ``None`` closes the connection; an empty one says nothing.
    """

    def __init__(self, answer):
        self.answer = answer
        self.messages = []
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def say(self, answer):
        """Send something unasked."""
        self._latest.sendall(answer)

    def _accept(self):
        while True:
            try:
                connection, _peer = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._latest = connection
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        decoder = mllp.Decoder()
        with connection:
            while data := connection.recv(65536):
                for item in decoder.feed(data):
                    self.messages.append(item.data)
                    answer = self.answer(item.data, control_id_of(item.data))
                    if answer is None:
                        return
                    connection.sendall(answer)


class DirectKeeper:
    """Lends one connection without a lease: a test's transaction has nobody to share it with."""

    def __init__(self):
        self.holding = None

    @contextmanager
    def lend(self, registry, interface_id, _slots, _patience, hear):
        if self.holding is None:
            key = (registry.db_name, interface_id)
            self.holding = Holding(key, Lease("t", 0, 1), float("inf"), hear)
        yield self.holding


def control_id_of(message):
    return message.split(b"\r")[0].split(b"|")[9].decode()


def ack(control_id, code="AA", *further):
    """The frame of an acknowledgement; ``further`` are segments behind MSA."""
    lines = ["MSH|^~\\&|EHR||ODOO||20261129||ACK|7|P|2.5.1", f"MSA|{code}|{control_id}", *further]
    return mllp.encode("".join(f"{line}\r" for line in lines).encode())
