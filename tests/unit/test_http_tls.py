"""The HTTP client over TLS: who answers, with which version, and in time."""

import ssl
import time
from dataclasses import replace

import pytest
from core_tools.errors import ConfigurationError, TransientError, UnknownOutcomeError
from core_tools.http_client import HttpClient
from core_tools.resolver_cache import ResolverCache
from core_tools.tls import TlsOptions

from tests.unit.http_exchange import OTHERWISE, SLACK, FakeDns, post, timed
from tests.unit.wire_server import Authority, WireServer, answering, read_request, respond


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture
def secure(authority, tmp_path):
    """A TLS server for partner.example, and a client that resolves any name to it."""
    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(answering(lambda *_: respond(b"secret")), tls=context) as server:
        yield server, client
        client.close()


def https(port, host, ca=""):
    return post(
        port, url=f"https://{host}:{port}/", allow_plaintext=False, tls=TlsOptions(ca_pem=ca)
    )


def test_private_authority(secure, authority):
    server, client = secure
    for _ in range(3):
        response = client.send(https(server.port, "partner.example", authority.pem))
        assert response.body == b"secret"
    assert server.connections == 1


def test_wrong_host_name(secure, authority):
    server, client = secure
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "other.example", authority.pem))
    assert caught.value.code == "tls_certificate"


def test_a_connection_is_not_shared_between_names(secure, authority):
    """The address is the same, the verified name is not."""
    server, client = secure
    client.send(https(server.port, "partner.example", authority.pem))
    with pytest.raises(TransientError):
        client.send(https(server.port, "other.example", authority.pem))


def test_unknown_authority(secure, authority):
    server, client = secure
    client.send(https(server.port, "partner.example", authority.pem))
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example"))
    assert caught.value.code == "tls_certificate"


def test_another_private_authority(secure):
    server, client = secure
    with pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example", Authority.make().pem))
    assert caught.value.code == "tls_certificate"


def test_plaintext_server_behind_https(client):
    def script(connection):
        connection.recv(1000)
        connection.sendall(respond(b"", "400 Bad Request"))

    with WireServer(script) as server, pytest.raises(TransientError) as caught:
        client.send(https(server.port, "127.0.0.1"))
    assert caught.value.code == "tls_error"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(authority, tmp_path):
    context = authority.server_context(tmp_path, "partner.example")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    server = WireServer(answering(lambda *_: respond(b"ok")), tls=context)
    with server, pytest.raises(TransientError) as caught:
        client.send(https(server.port, "partner.example", authority.pem))
    assert caught.value.code == "tls_error"


def test_deadline_holds_over_tls(authority, tmp_path):
    def script(connection):
        read_request(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(script, tls=context) as server:
        request = replace(https(server.port, "partner.example", authority.pem), total_timeout=0.6)
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, UnknownOutcomeError)
    assert error.code == "response_timeout"
    assert seconds < 0.6 + SLACK


def test_a_tls_server_that_does_not_read_ends_in_time(authority, tmp_path):
    context = authority.server_context(tmp_path, "partner.example")
    client = HttpClient(resolver=ResolverCache(FakeDns(["127.0.0.1"])))
    with WireServer(lambda connection: server.wait_stopped(OTHERWISE), tls=context) as server:
        request = replace(
            https(server.port, "partner.example", authority.pem),
            body=b"x" * 20_000_000,
            total_timeout=0.6,
        )
        error, seconds = timed(lambda: client.send(request))
    assert isinstance(error, TransientError)
    assert error.code == "send_timeout"
    assert seconds < 0.6 + SLACK


def test_an_authority_that_is_not_pem(client):
    with pytest.raises(ConfigurationError) as caught:
        client.send(https(8069, "127.0.0.1", "not a certificate"))
    assert caught.value.code == "tls_configuration"
