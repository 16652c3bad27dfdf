"""What probes see of certificates, with real servers that speak TLS."""

import datetime
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_core.tools.tls import TlsOptions

from ..engine import probing
from ..tools.findings import Signal

DAY = datetime.timedelta(days=1)


def signed(subject, issuer, key, ends, by):
    now = datetime.datetime.now(datetime.UTC)
    names = [
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, n)]) for n in (subject, issuer)
    ]
    local = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    constraints = x509.BasicConstraints(ca=subject == issuer, path_length=None)
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now + ends)
        .add_extension(constraints, critical=True)
        .add_extension(local, critical=False)
        .sign(by, hashes.SHA256())
    )


def pem(one):
    return one.public_bytes(serialization.Encoding.PEM).decode()


class Quiet(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


class Server(ThreadingHTTPServer):
    def handle_error(self, *args):
        """A probe that does not trust us goes away."""


@tagged("post_install", "-at_install")
class TestProbeTls(EngineCase):
    def setUp(self):
        super().setUp()
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = signed("Root", "Root", self.root_key, 400 * DAY, self.root_key)
        self.env["integration.probe"].search([]).unlink()
        transport = type(self.outbound._transport())
        self.patch(transport, "_private_authority", lambda _self, _interface: pem(self.root))

    def serve(self, ends):
        """A partner whose certificate ends after a time; the address of its interface."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = signed("localhost", "Root", key, ends, self.root_key)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_text(pem(certificate) + private)
            context.load_cert_chain(path)
        server = Server(("127.0.0.1", 0), Quiet)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"https://localhost:{server.server_port}/"
        self.outbound._write_approved({"allowed_networks": "127.0.0.0/8, ::1/128", "url": url})
        return url

    def probe(self, **values):
        return self.env["integration.probe"].create(
            {"interface_id": self.outbound.id, "kind": "connect", **values}
        )

    def seen(self, probe):
        probe.action_probe_now()
        return probe.state, probe.code

    def left(self):
        """Seconds that the watch hears of."""
        self.env.flush_all()
        now = int(time.time())
        return self.env["integration.watch"]._partner_certificates(now).get(self.outbound.id)

    def test_the_end_is_recorded_whichever_way_the_partner_is_probed(self):
        ends = 5 * DAY - datetime.timedelta(hours=1)
        self.serve(ends)
        for kind in ("connect", "request"):
            probe = self.probe(kind=kind)
            self.assertEqual(self.seen(probe), ("ok", False), kind)
            expected = fields.Datetime.now() + ends
            self.assertAlmostEqual(
                probe.certificate_ends_at, expected, delta=datetime.timedelta(minutes=5)
            )
            self.assertEqual(probe.certificate_days, 4)
        self.assertAlmostEqual(self.left(), ends.total_seconds(), delta=300)

    def test_the_watch_tells_it_ahead(self):
        self.serve(5 * DAY)
        told = []
        incidents = type(self.env["integration.incident"])
        self.patch(incidents, "_take_changes", lambda _self, changes: told.extend(changes))
        probe = self.probe()
        watch = self.env["integration.watch"]

        def expiries():
            told.clear()
            watch._observe(fields.Datetime.now(), settle=5)
            return [
                (one.change.step.value, one.change.finding.facts.get("what"))
                for one in told
                if one.change.finding.signal is Signal.EXPIRY
            ]

        self.assertEqual(expiries(), [])
        probe.action_probe_now()
        self.env.cr.execute("UPDATE integration_watch SET state = NULL")
        self.assertEqual(expiries(), [("started", "partner")])

    def test_one_that_ends_late_is_not_told(self):
        self.serve(200 * DAY)
        self.seen(self.probe())
        self.assertGreater(self.left(), 190 * 86400)

    def test_a_certificate_that_has_ended(self):
        self.serve(-DAY)
        self.assertEqual(self.seen(self.probe()), ("failing", "certificate_ended"))

    def test_without_the_authority_of_the_interface_it_is_not_trusted(self):
        url = self.serve(5 * DAY)
        target = self.probe()._targets()[0]
        self.assertEqual(probing.attempt(target).code, "")
        stranger = probing.Target(target.id, "connect", url, networks=target.networks)
        self.assertEqual(stranger.tls, TlsOptions())
        self.assertEqual(probing.attempt(stranger).code, "certificate")

    def test_another_server_gets_neither_our_certificate_nor_our_trust(self):
        url = self.serve(5 * DAY)
        self.assertTrue(self.probe(url=url + "health")._targets()[0].tls.extra_ca_pem)
        self.assertEqual(
            self.probe(url="https://status.example.com/")._targets()[0].tls, TlsOptions()
        )

    def test_what_was_seen_at_another_address_is_void(self):
        url = self.serve(5 * DAY)
        probe = self.probe()
        self.seen(probe)
        probe.url = url + "health"
        self.assertFalse(probe.certificate_ends_at)
        self.assertIsNone(self.left())

    def test_what_was_seen_long_ago_does_not_count(self):
        self.serve(5 * DAY)
        probe = self.probe()
        self.seen(probe)
        probe.sudo().certificate_seen_at = fields.Datetime.now() - 4 * DAY
        self.env.flush_all()
        self.assertIsNone(self.left())

    def test_a_probe_by_request_looks_at_the_certificate_once_an_hour(self):
        self.serve(5 * DAY)
        probe = self.probe(kind="request")
        self.assertTrue(probe._targets()[0].looks_at_certificate)
        self.seen(probe)
        self.assertFalse(probe._targets()[0].looks_at_certificate)
        probe.sudo().certificate_seen_at = fields.Datetime.now() - datetime.timedelta(hours=2)
        self.assertTrue(probe._targets()[0].looks_at_certificate)
