"""The HTTP client through forward proxies, over real sockets."""

import socket
from dataclasses import replace

import pytest
from core_tools import http_proxy
from core_tools.errors import ConfigurationError, TransientError
from core_tools.http_client import HttpClient
from core_tools.http_proxy import Proxy
from core_tools.net_guard import AddressRefused, check_url
from core_tools.resolver_cache import ResolverCache
from core_tools.tls import TlsOptions, context_for

from tests.unit.http_exchange import LOOPBACK, post
from tests.unit.proxy_server import forwarding, refusing, tunnelling
from tests.unit.wire_server import Authority, WireServer, answering, respond

HOSTS = ("partner.example", "other.example", "*.cloud.example")


class Names:
    """Resolves the proxy's name, and fails the test for any other."""

    def __init__(self):
        self.asked = []

    def __call__(self, host, port, type=0):
        self.asked.append(host)
        assert host in ("proxy.example", "direct.example"), f"{host} was resolved here"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture(scope="module")
def authority():
    return Authority.make()


@pytest.fixture
def client():
    client = HttpClient(resolver=ResolverCache(Names()))
    yield client
    client.close()


@pytest.fixture
def partner(authority, tmp_path):
    """A TLS server for two names."""
    context = authority.server_context(tmp_path, "partner.example", "other.example")
    with WireServer(answering(lambda *_: respond(b"secret")), tls=context) as server:
        yield server


def proxy_at(server, **changes):
    return Proxy.parse(f"http://proxy.example:{server.port}", networks=LOOPBACK, **changes)


def https(partner, proxy, authority, host="partner.example", **changes):
    request = post(
        partner.port,
        url=f"https://{host}:{partner.port}/hook",
        allow_plaintext=False,
        allowed_networks=(),
        tls=TlsOptions(ca_pem=authority.pem),
        proxy=proxy,
        allowed_hosts=HOSTS,
    )
    return replace(request, **changes)


def http(port, proxy, host="partner.example", **changes):
    request = post(
        port,
        url=f"http://{host}:{port}/hook?x=1",
        allowed_networks=(),
        proxy=proxy,
        allowed_hosts=HOSTS,
    )
    return replace(request, **changes)


# -- CONNECT ---------------------------------------------------------------------------------


def test_tls_through_connect(client, partner, authority):
    asked = []
    with WireServer(tunnelling(asked)) as server:
        proxy = proxy_at(server, login="odoo", password="pass:word")
        for _ in range(3):
            response = client.send(https(partner, proxy, authority))
            assert (response.status, response.body) == (200, b"secret")
        assert response.address == "127.0.0.1"
        client.close()
    assert server.connections == partner.connections == 1, "the tunnel is kept"
    line, headers = asked[0]
    assert line == f"CONNECT partner.example:{partner.port} HTTP/1.1"
    assert headers == {
        "host": f"partner.example:{partner.port}",
        "proxy-authorization": "Basic b2RvbzpwYXNzOndvcmQ=",
    }


def test_the_partner_does_not_learn_the_login(client, authority, tmp_path):
    seen = []

    def make(line, headers, body):
        seen.append(headers)
        return respond(b"")

    context = authority.server_context(tmp_path, "partner.example")
    with WireServer(answering(make), tls=context) as partner, WireServer(tunnelling([])) as server:
        proxy = proxy_at(server, login="odoo", password="hunter2")
        client.send(https(partner, proxy, authority))
        client.close()
    assert not [name for name in seen[0] if name.startswith("proxy")]


def test_the_certificate_is_verified_for_the_partner(client, partner, authority):
    with WireServer(tunnelling([])) as server, pytest.raises(TransientError) as caught:
        client.send(https(partner, proxy_at(server), authority, host="eu.cloud.example"))
    assert caught.value.code == "tls_certificate"


def test_a_proxy_that_opens_tls_needs_its_authority(client, partner, authority):
    """What such a proxy shows is signed by an authority of the hospital's own."""
    with WireServer(tunnelling([])) as server:
        proxy = proxy_at(server)
        with pytest.raises(TransientError) as caught:
            client.send(https(partner, proxy, authority, tls=TlsOptions()))
        assert caught.value.code == "tls_certificate"
        extra = TlsOptions(extra_ca_pem=authority.pem)
        assert client.send(https(partner, proxy, authority, tls=extra)).status == 200
        client.close()


def test_tunnels_are_kept_per_proxy_and_destination(client, partner, authority):
    first, second = [], []
    with WireServer(tunnelling(first)) as one, WireServer(tunnelling(second)) as two:
        for _ in range(2):
            client.send(https(partner, proxy_at(one), authority))
            client.send(https(partner, proxy_at(one), authority, host="other.example"))
            client.send(https(partner, proxy_at(two), authority))
            client.send(https(partner, proxy_at(two, login="odoo"), authority))
        client.close()
    assert len(first) == 2
    assert [bool(headers.get("proxy-authorization")) for _, headers in second] == [False, True]


def test_an_address_is_bracketed_in_connect(client, authority):
    asked = []
    with WireServer(refusing(asked, b"HTTP/1.1 403 Forbidden\r\n\r\n")) as server:
        request = post(
            1,
            url="https://[2001:4860:4860::8888]/",
            proxy=proxy_at(server),
            allowed_networks=(),
        )
        with pytest.raises(TransientError):
            client.send(request)
    assert asked[0][0] == "CONNECT [2001:4860:4860::8888]:443 HTTP/1.1"


# -- absolute form ---------------------------------------------------------------------------


def test_plaintext_takes_the_absolute_form(client):
    asked, seen = [], []

    def make(line, headers, body):
        seen.append((line, headers, body))
        return respond(b"plain")

    with WireServer(answering(make)) as partner, WireServer(forwarding(asked)) as server:
        proxy = proxy_at(server, login="odoo", password="x")
        for _ in range(2):
            assert client.send(http(partner.port, proxy)).body == b"plain"
        client.close()
    assert server.connections == 1
    line, headers = asked[0]
    assert line == f"POST http://partner.example:{partner.port}/hook?x=1 HTTP/1.1"
    assert headers["host"] == f"partner.example:{partner.port}"
    assert headers["proxy-authorization"] == "Basic b2Rvbzp4"
    assert seen[0][0] == "POST /hook?x=1 HTTP/1.1"
    assert seen[0][2] == b"{}"


def test_plaintext_needs_permission_through_a_proxy_too(client):
    with WireServer(forwarding([])) as server, pytest.raises(AddressRefused) as caught:
        client.send(http(80, proxy_at(server), allow_plaintext=False))
    assert caught.value.code == "plaintext_refused"
    assert server.connections == 0


# -- exceptions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "exceptions", "direct"),
    [
        ("direct.example", "direct.example", True),
        ("direct.example", "10.0.0.0/8, *.example.org *.direct.example", False),
        ("a.direct.example", "*.direct.example", True),
        ("notdirect.example", "direct.example", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("fd12::1", "fd12::/16; 10.0.0.0/8", True),
        ("10.1.2.3", "fd12::/16", False),
        ("direct.example", "", False),
    ],
)
def test_exceptions(host, exceptions, direct):
    proxy = Proxy.parse("http://proxy.example:3128", exceptions=exceptions)
    assert proxy.serves(host) is not direct


def test_an_exception_is_connected_to_directly_and_guarded(client):
    with (
        WireServer(answering(lambda *_: respond(b"direct"))) as partner,
        WireServer(forwarding([])) as server,
    ):
        proxy = proxy_at(server, exceptions="direct.example")
        request = http(partner.port, proxy, "direct.example", allowed_hosts=())
        with pytest.raises(AddressRefused):
            client.send(request)
        assert client.send(replace(request, allowed_networks=LOOPBACK)).body == b"direct"
        client.close()
        assert (server.connections, partner.connections) == (0, 1)


# -- what a proxy is not asked ---------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "cloud.example", "partner.example.evil.example", "localhost"]
)
def test_names_have_to_be_on_the_list(client, partner, authority, host):
    with WireServer(tunnelling([])) as server, pytest.raises(AddressRefused) as caught:
        client.send(https(partner, proxy_at(server), authority, host=host))
    assert caught.value.code == "host_refused"
    assert server.connections == 0


def test_the_machine_of_the_proxy_is_not_reached_even_if_listed(client, partner, authority):
    for host in ("localhost", "db.localhost"):
        with WireServer(tunnelling([])) as server, pytest.raises(AddressRefused):
            client.send(
                https(partner, proxy_at(server), authority, host=host, allowed_hosts=(host,))
            )


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"])
def test_addresses_are_guarded_as_without_a_proxy(client, partner, authority, host):
    with WireServer(tunnelling([])) as server, pytest.raises(AddressRefused):
        client.send(https(partner, proxy_at(server), authority, host=host))
    assert server.connections == 0


def test_an_allowed_address_needs_no_list(client, partner, authority):
    with WireServer(tunnelling([])) as server:
        request = https(partner, proxy_at(server), authority, host="127.0.0.1", allowed_hosts=())
        with pytest.raises(TransientError) as caught:
            client.send(replace(request, allowed_networks=LOOPBACK))
    assert caught.value.code == "tls_certificate", "reached; its certificate has no address"
    assert server.connections == 1


def test_the_proxy_itself_is_guarded(client, partner, authority):
    with WireServer(tunnelling([])) as server:
        proxy = replace(proxy_at(server), networks=())
        with pytest.raises(AddressRefused):
            client.send(https(partner, proxy, authority, allowed_networks=LOOPBACK))
    assert server.connections == 0


# -- what is entered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "https://proxy.example:3128"},
        {"url": "http://proxy.example:3128/path"},
        {"url": "socks5://proxy.example"},
        {"url": "http://odoo:hunter2@proxy.example"},
        {"login": "odoo:admin"},
        {"password": "hunter2"},
        {"exceptions": "*"},
        {"exceptions": "*.com"},
        {"exceptions": "10.0.0.1/8"},
        {"exceptions": "0.0.0.0/0"},
        {"exceptions": "a..b"},
        {"exceptions": "a.example," * 300},
    ],
)
def test_unusable_proxies(arguments):
    with pytest.raises(ConfigurationError) as caught:
        Proxy.parse(**{"url": "http://proxy.example:3128", **arguments})
    assert "hunter2" not in str(caught.value)


def test_the_login_does_not_show():
    proxy = Proxy.parse("http://proxy.example", "odoo", "hunter2")
    assert proxy.port == 80
    assert "Basic" not in repr(proxy)
    request = post(1, proxy=proxy)
    assert proxy.authorization not in repr(request)


def test_a_header_for_the_proxy_is_not_the_callers_to_set(client):
    with pytest.raises(ConfigurationError) as caught:
        client.send(post(1, headers={"Proxy-Authorization": "Basic x"}))
    assert caught.value.code == "invalid_request"


def test_hosts_are_read_strictly():
    assert http_proxy.parse_hosts("A.example, *.B.example\na.example") == (
        "a.example",
        "*.b.example",
    )
    for text in (
        "*",
        "*.com",
        "http://a.example",
        "a.example:443",
        "-a",
        "a*.example",
        "é.example",
    ):
        with pytest.raises(ValueError):
            http_proxy.parse_hosts(text)


def test_patterns_mean_names_below():
    url = check_url("https://a.b.cloud.example/")
    http_proxy.check_destination(url, HOSTS, ())
    with pytest.raises(AddressRefused):
        http_proxy.check_destination(check_url("https://evilcloud.example/"), HOSTS, ())


def test_an_extra_authority_that_is_not_pem():
    with pytest.raises(ConfigurationError) as caught:
        context_for(TlsOptions(extra_ca_pem="nonsense"))
    assert caught.value.code == "tls_configuration"


def test_an_extra_authority_is_trusted_besides(authority):
    other = Authority.make()
    both = context_for(TlsOptions(ca_pem=authority.pem, extra_ca_pem=other.pem))
    alone = context_for(TlsOptions(ca_pem=authority.pem))
    assert (len(both.get_ca_certs()), len(alone.get_ca_certs())) == (2, 1)
    system = context_for(TlsOptions())
    extra = context_for(TlsOptions(extra_ca_pem=other.pem))
    assert extra.cert_store_stats()["x509"] == system.cert_store_stats()["x509"] + 1
