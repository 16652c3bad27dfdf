"""The client program of mllp_durable against its own receiver, over real sockets."""

import socket
import threading

import pytest

from tests.bench import mllp_load


def messages(count):
    return [
        (b"C%d" % number, b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|C%d|P|2.5\rPV1|1\r" % number)
        for number in range(count)
    ]


def test_each_message_is_acknowledged_once():
    with mllp_load.sink() as port:
        found = mllp_load.send(port, messages(200), 8)
    assert len(found.latencies) == 200
    assert found.rate > 0
    assert max(found.latencies) <= found.seconds


def test_an_acknowledgement_of_another_message_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_wrongly, args=(server,), daemon=True).start()
        with pytest.raises(AssertionError, match="not the acknowledgement"):
            mllp_load.send(server.getsockname()[1], messages(1), 1)


def test_a_server_that_hangs_up_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        with pytest.raises(ConnectionError):
            mllp_load.send(server.getsockname()[1], messages(1), 1)


def test_percentile():
    values = [float(number) for number in range(1, 101)]
    assert mllp_load.percentile(values, 0.99) == 99
    assert mllp_load.percentile(values, 0.5) == 50
    assert mllp_load.percentile([7.0], 0.99) == 7


def _answer_wrongly(server):
    connection, _address = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(mllp_load.START + b"MSH|x\rMSA|AA|OTHER\r" + mllp_load.END)
        connection.recv(65536)
