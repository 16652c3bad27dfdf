"""Mutual TLS: the client shows its certificate, and only the one of the credential."""

import ipaddress
import ssl

import pytest
from core_tools import http_auth
from core_tools.errors import ConfigurationError, IntegrationError
from core_tools.http_client import HttpClient, HttpRequest
from core_tools.tls import TlsOptions, context_for

from tests.unit.wire_server import Authority, WireServer, answering, respond

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture
def server(authority, tmp_path):
    """Answers with the name in the client's certificate; refuses clients without one."""
    context = authority.server_context(tmp_path, "localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    with WireServer(answering(lambda *_: respond(b"welcome")), context) as server:
        yield server


def send(client, server, tls):
    request = HttpRequest(
        "POST", f"https://localhost:{server.port}/", body=b"x", allowed_networks=LOOPBACK, tls=tls
    )
    return client.send(request)


def options(authority, certificate="", key=""):
    return TlsOptions(ca_pem=authority.pem, certificate_pem=certificate, key_pem=key)


def test_certificate_opens_the_door(authority, server):
    certificate, key = authority.client_certificate("odoo.hospital.example")
    proof = http_auth.ClientCertificate(certificate, key)
    tls = options(authority, proof.tls().certificate_pem, proof.tls().key_pem)
    with_certificate = HttpClient()
    assert send(with_certificate, server, tls).body == b"welcome"
    assert send(with_certificate, server, tls).body == b"welcome"
    assert server.connections == 1, "the connection is kept"


def test_no_certificate_no_door(authority, server):
    with pytest.raises(IntegrationError):
        send(HttpClient(), server, options(authority))


def test_certificate_of_a_stranger_is_refused(authority, server):
    certificate, key = Authority.make().client_certificate("odoo.hospital.example")
    with pytest.raises(IntegrationError):
        send(HttpClient(), server, options(authority, certificate, key))


def test_connections_are_not_shared_between_certificates(authority, server):
    """A connection that one certificate opened must not carry the requests of another."""
    client = HttpClient()
    for name in ("first", "second"):
        certificate, key = authority.client_certificate(name)
        assert send(client, server, options(authority, certificate, key)).status == 200
    assert server.connections == 2


def test_key_of_another_certificate(authority):
    certificate, _key = authority.client_certificate("odoo")
    _certificate, other = authority.client_certificate("odoo")
    with pytest.raises(ConfigurationError) as caught:
        context_for(options(authority, certificate, other))
    assert caught.value.code == "tls_configuration"
    assert other[40:80] not in str(caught.value)
    assert caught.value.__suppress_context__


def test_key_reaches_no_file(authority, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    certificate, key = authority.client_certificate("odoo")
    assert context_for(options(authority, certificate, key)).get_ca_certs()
    assert not list(tmp_path.iterdir())
