# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ipaddress
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from odoo.tests import BaseCase, tagged

from ..tools import net_guard
from ..tools.errors import ConfigurationError, TransientError
from ..tools.http_client import HttpClient, HttpRequest
from ..tools.net_guard import AddressRefused

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def answers(*addresses):
    """A resolver that gives these addresses."""
    return lambda host, port, type=0: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
    ]


@tagged("post_install", "-at_install")
class TestNetGuard(BaseCase):
    """Which addresses may be connected to."""

    def test_urls(self):
        url = net_guard.check_url("https://Partner.Example.:8443/hook?a=1")
        self.assertEqual((url.host, url.port, url.target), ("partner.example", 8443, "/hook?a=1"))
        self.assertEqual(url.host_header, "partner.example:8443")
        self.assertEqual(net_guard.check_url("https://a.example").target, "/")
        self.assertEqual(net_guard.check_url("https://[2A00::1]/").host_header, "[2a00::1]")
        self.assertEqual(net_guard.check_url("http://a.example", allow_plaintext=True).port, 80)

    def test_refused_urls(self):
        for url in (
            "", "partner.example", "ftp://a.example/", "file:///etc/passwd", "javascript:1",
            "https://", "https:///path", "https://user:secret@a.example/", "https://a.example/#x",
            "https://a.example:0/", "https://a.example:65536/", "https://a.example:/",
            "https://a b/", "https://a.example/\r\nHost: b", "https://a.example\\@b.example/",
            "https://\u00e4.example/", "https://a.example/\u00e4", "https://%61.example/",
            "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
            "https://[::1%25lo]/", "https://[::1]evil/", "https://[::1/", "https://a..b/",
            "https://-a.example/", "https://" + "a" * 64 + ".example/", "https://a/" + "x" * 2048,
        ):  # fmt: skip
            with self.assertRaises(AddressRefused) as caught:
                net_guard.check_url(url)
            self.assertNotIn("secret", str(caught.exception))

    def test_plaintext_needs_permission(self):
        with self.assertRaises(AddressRefused) as caught:
            net_guard.check_url("http://a.example/")
        self.assertEqual(caught.exception.code, "plaintext_refused")

    def test_public_addresses(self):
        for address in ("8.8.8.8", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"):
            self.assertTrue(net_guard.is_public(address), address)

    def test_other_addresses(self):
        for address in (
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.1.1",
            "172.16.0.1", "172.31.255.255", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1",
            "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fdff::1", "ff02::1",
            "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
            "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "100::1",
            "169.254.169.254", "168.63.129.16", "100.100.100.200",
        ):  # fmt: skip
            self.assertFalse(net_guard.is_public(address), address)

    def test_allowed_networks(self):
        networks = net_guard.parse_networks("10.20.0.0/16, 192.168.7.5\nfd12::/16")
        for address in ("10.20.3.4", "192.168.7.5", "fd12::9", "::ffff:10.20.3.4", "8.8.8.8"):
            self.assertTrue(net_guard.is_allowed(address, networks), address)
        for address in ("10.21.0.1", "192.168.7.6", "fd13::1", "127.0.0.1"):
            self.assertFalse(net_guard.is_allowed(address, networks), address)

    def test_metadata_services_are_named_one_by_one(self):
        wide = net_guard.parse_networks("169.254.0.0/16")
        exact = net_guard.parse_networks("169.254.169.254")
        self.assertFalse(net_guard.is_allowed("169.254.169.254", wide))
        self.assertTrue(net_guard.is_allowed("169.254.1.1", wide))
        self.assertTrue(net_guard.is_allowed("169.254.169.254", exact))

    def test_bad_networks(self):
        for text in ("0.0.0.0/0", "::/0", "10.0.0.1/8", "partner.example", "10.0.0.0/40"):
            with self.assertRaises(ValueError):
                net_guard.parse_networks(text)
        with self.assertRaises(ValueError):
            net_guard.parse_networks(" ".join(["10.0.0.0/8"] * 101))
        self.assertEqual(net_guard.parse_networks(" "), ())

    def test_every_address_of_a_name_is_checked(self):
        resolver = answers("8.8.8.8", "8.8.4.4", "8.8.8.8")
        self.assertEqual(
            net_guard.resolve_checked("a.example", 443, (), resolver), ["8.8.8.8", "8.8.4.4"]
        )
        with self.assertRaises(AddressRefused) as caught:
            net_guard.resolve_checked("a.example", 443, (), answers("8.8.8.8", "10.0.0.1"))
        self.assertNotIn("10.0.0.1", str(caught.exception))

    def test_names_without_addresses(self):
        def unknown(host, port, type=0):
            raise socket.gaierror(-2, "unknown")

        for resolver in (unknown, answers()):
            with self.assertRaises(TransientError) as caught:
                net_guard.resolve_checked("a.example", 443, (), resolver)
            self.assertEqual(caught.exception.code, "dns_failed")


class Partner(BaseHTTPRequestHandler):
    """Says what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.headers["webhook-id"].encode() + b" " + body
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Keep the test's output clean."""


@tagged("post_install", "-at_install")
class TestHttpClient(BaseCase):
    """The usual case; the unusual ones are in the repository's tests/unit."""

    def test_delivery(self):
        with HTTPServer(("127.0.0.1", 0), Partner) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            client = HttpClient()
            request = HttpRequest(
                "POST",
                f"http://127.0.0.1:{server.server_port}/hook",
                headers={"webhook-id": "msg_1"},
                body=b"{}",
                allowed_networks=LOOPBACK,
                allow_plaintext=True,
            )
            for _ in range(3):
                response = client.send(request)
                self.assertEqual((response.status, response.body), (202, b"msg_1 {}"))
                self.assertFalse(response.truncated)
            client.close()
            server.shutdown()
            thread.join()

    def test_own_network_is_refused(self):
        request = HttpRequest("POST", "https://127.0.0.1:8069/web", body=b"{}")
        with self.assertRaises(AddressRefused):
            HttpClient().send(request)

    def test_header_injection_is_refused(self):
        request = HttpRequest("POST", "https://a.example/", headers={"X-A": "1\r\nX-B: 2"})
        with self.assertRaises(ConfigurationError) as caught:
            HttpClient().send(request)
        self.assertEqual(caught.exception.code, "invalid_request")
