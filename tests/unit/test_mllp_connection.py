"""The connection to an MLLP listener, against peers that do what listeners do in the field."""

import ipaddress
import socket
import ssl
import struct
import threading
import time
from types import SimpleNamespace

import pytest
from core_tools.errors import TransientError, UnknownOutcomeError
from core_tools.net_guard import AddressRefused
from core_tools.tls import TlsOptions

from tests.unit.load_ehr import load
from tests.unit.mllp_peer import ack, control_id_of, read_message
from tests.unit.wire_server import Authority, WireServer

address = load("sending.address")
connections = load("sending.connection")

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
SLACK = 5.0


def message(control_id="M1"):
    return f"MSH|^~\\&|ODOO||EHR||20261129||ADT^A01|{control_id}|P|2.5.1\rEVN|A01\r".encode()


def target(server, **changes):
    return connections.Target(
        **{
            "address": address.Address("127.0.0.1", server.port, False),
            "networks": LOOPBACK,
            "read_timeout": 10.0,
            "total_timeout": 20.0,
            **changes,
        }
    )


class Line:
    """An open connection, and what came on it that was not waited for."""

    def __init__(self, server, **changes):
        self.target = target(server, **changes)
        self.connection = connections.open_connection(self.target)
        self.strays = []

    def send(self, control_id="M1"):
        deadline = self.connection.send(message(control_id), self.target)
        return self.connection.answer(control_id, deadline, self.target, self.strays.append)


def answering(*replies):
    """A listener that answers each message with the bytes of ``replies``, called with its id."""

    def script(connection):
        while sent := read_message(connection):
            for reply in replies:
                connection.sendall(reply(control_id_of(sent)))

    return script


def test_messages_follow_each_other_on_one_connection():
    with WireServer(answering(ack)) as server:
        line = Line(server)
        for number in range(3):
            answer = line.send(f"M{number}")
            assert (answer.code, answer.control_id) == ("AA", f"M{number}")
        assert server.connections == 1
        assert line.strays == []


def test_an_answer_in_single_bytes_is_an_answer():
    def script(connection):
        sent = read_message(connection)
        for byte in ack(control_id_of(sent)):
            connection.sendall(bytes([byte]))
            time.sleep(0.001)

    with WireServer(script) as server:
        assert Line(server).send().code == "AA"


def test_a_listener_that_leaves_out_the_last_cr():
    with WireServer(answering(lambda identifier: ack(identifier)[:-1])) as server:
        line = Line(server)
        assert [line.send(name).control_id for name in ("M1", "M2")] == ["M1", "M2"]


def test_the_answer_to_an_older_message_is_not_taken_for_this_one():
    with WireServer(answering(lambda _identifier: ack("OLD", "AE"), ack)) as server:
        line = Line(server)
        assert line.send().code == "AA"
        assert [(one.control_id, one.code) for one in line.strays] == [("OLD", "AE")]


def test_an_answer_to_something_else_is_no_answer():
    with WireServer(answering(lambda _identifier: ack("OLD"))) as server:
        line = Line(server, read_timeout=0.3)
        with pytest.raises(UnknownOutcomeError) as caught:
            line.send()
        assert caught.value.code == "ack_mismatch"
        assert len(line.strays) == 1


def test_wrong_answers_without_end_do_not_extend_the_time():
    def script(connection):
        read_message(connection)
        while True:
            connection.sendall(ack("OLD"))
            time.sleep(0.05)

    with WireServer(script) as server:
        started = time.monotonic()
        with pytest.raises(UnknownOutcomeError):
            Line(server, read_timeout=10.0, total_timeout=0.5).send()
        assert time.monotonic() - started < SLACK


def test_two_answers_count_once_and_the_second_not_for_the_next_message():
    with WireServer(answering(ack, lambda identifier: ack(identifier, "AE"))) as server:
        line = Line(server)
        assert line.send("M1").code == "AA"
        assert line.send("M2").code == "AA"
        assert ("M1", "AE") in [(one.control_id, one.code) for one in line.strays]


def test_both_answers_of_the_enhanced_mode_at_once():
    with WireServer(
        answering(lambda identifier: ack(identifier, "CA") + ack(identifier))
    ) as server:
        line = Line(server)
        assert line.send().code == "AA"
        assert line.strays == []


def test_an_answer_without_the_control_id_is_none():
    with WireServer(answering(lambda _identifier: ack(""))) as server:
        line = Line(server, read_timeout=0.3)
        with pytest.raises(UnknownOutcomeError):
            line.send()


def test_what_is_no_acknowledgement_is_passed_over():
    noise = b"\x0bnot HL7 at all\x1c\rgarbage\x0b" + message("M1") + b"\x1c\r"
    with WireServer(answering(lambda _identifier: noise, ack)) as server:
        line = Line(server)
        assert line.send().code == "AA"
        assert line.strays == []


def test_a_listener_that_takes_and_says_nothing():
    def script(connection):
        read_message(connection)
        time.sleep(3)

    with WireServer(script) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            Line(server, read_timeout=0.2).send()
        assert caught.value.code == "ack_timeout"


@pytest.mark.parametrize("begun", [0, 9])
def test_a_reset_in_the_middle_of_the_answer_leaves_the_outcome_unknown(begun):
    def script(connection):
        sent = read_message(connection)
        connection.sendall(ack(control_id_of(sent))[:begun])
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with WireServer(script) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            Line(server).send()
        assert caught.value.code == "no_ack"


def test_closing_from_another_thread_ends_the_wait():
    with WireServer(lambda connection: server.wait_stopped(10)) as server:
        line = Line(server)
        threading.Timer(0.2, line.connection.close).start()
        started = time.monotonic()
        with pytest.raises(UnknownOutcomeError):
            line.send()
        assert time.monotonic() - started < SLACK


def test_a_message_that_is_not_taken_did_not_arrive():
    with WireServer(lambda connection: server.wait_stopped(10)) as server:
        line = Line(server, read_timeout=0.3)
        line.connection._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with pytest.raises(TransientError) as caught:
            line.connection.send(b"MSH|" + b"x" * 50_000_000, line.target)
        assert caught.value.code == "send_timeout"
        assert not isinstance(caught.value, UnknownOutcomeError)


def listen(connection, heard, until):
    while time.monotonic() < until:
        heard += connection.strays()


def test_what_comes_while_nobody_waits_is_heard_and_so_is_the_end():
    go = threading.Event()

    def script(connection):
        read_message(connection)
        connection.sendall(ack("M1", "CA"))
        go.wait(5)
        connection.sendall(ack("M1"))

    with WireServer(script) as server:
        line = Line(server)
        assert line.send().code == "CA"
        assert line.connection.strays() == []
        go.set()
        heard = []
        with pytest.raises(connections.ConnectionEnded):
            listen(line.connection, heard, time.monotonic() + SLACK)
        assert [(one.control_id, one.code) for one in heard] == [("M1", "AA")]


@pytest.mark.parametrize("said", [ack("M1") * 20, b"noise " * 100])
def test_a_partner_that_never_stops_does_not_keep_who_listens(said):
    class Endless:
        def settimeout(self, _seconds):
            pass

        def recv(self, size):
            return said[:size]

    connection = connections.MllpConnection(Endless())
    heard = [len(connection.strays()) for _look in range(3)]
    assert all(count < 200 for count in heard), "the rest at the next look"


def test_a_connection_that_was_closed_meanwhile_has_ended():
    with WireServer(answering(ack)) as server:
        line = Line(server)
        line.connection.close()
        with pytest.raises(connections.ConnectionEnded):
            line.connection.strays()


def test_addresses_outside_of_the_networks_are_not_connected_to():
    with WireServer(answering(ack)) as server:
        with pytest.raises(AddressRefused):
            Line(server, networks=())
        assert server.connections == 0


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TransientError) as caught:
        connections.open_connection(target(SimpleNamespace(port=port)))
    assert caught.value.code == "connect_failed"


# -- TLS -----------------------------------------------------------------------------------


def secure(server, **options):
    place = address.Address("localhost", server.port, True)
    return {"address": place, "networks": (*LOOPBACK, ipaddress.ip_network("::1")), **options}


def test_tls_with_a_client_certificate(tmp_path):
    authority = Authority.make()
    context = authority.server_context(tmp_path, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    certificate, key = authority.client_certificate("odoo")
    with WireServer(answering(ack), tls=context) as server:
        mine = TlsOptions(extra_ca_pem=authority.pem, certificate_pem=certificate, key_pem=key)
        line = Line(server, **secure(server, tls=mine))
        assert [line.send(name).code for name in ("M1", "M2")] == ["AA", "AA"]
        assert line.connection.strays() == []
        # Version 1.3 tells the client of a refusal with the first bytes that it reads.
        with pytest.raises((TransientError, UnknownOutcomeError)):
            Line(server, **secure(server, tls=TlsOptions(extra_ca_pem=authority.pem))).send()


def test_a_certificate_of_somebody_else_is_refused(tmp_path):
    authority = Authority.make()
    context = authority.server_context(tmp_path, "other.example")
    with WireServer(answering(ack), tls=context) as server:
        with pytest.raises(TransientError) as caught:
            Line(server, **secure(server, tls=TlsOptions(extra_ca_pem=authority.pem)))
        assert caught.value.code == "tls_certificate"
