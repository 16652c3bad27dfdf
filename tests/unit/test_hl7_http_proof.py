"""How a partner proves itself when it posts HL7, and what requests and answers are written in."""

import base64
from hashlib import sha256
from urllib.parse import quote

import pytest
from core_tools.net_guard import parse_networks
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.load_ehr import load
from tests.unit.mllp_peer import ack
from tests.unit.wire_server import Authority

bodies = load("http_bodies")
proofs = load("http_proof")

PROXIES = parse_networks("10.0.0.1")


def prove(proof, headers, secrets=(), peer="10.0.0.1"):
    return proofs.prove(proof, headers, secrets, peer, PROXIES)


def login(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_a_login():
    proof = proofs.Proof("basic")
    secrets = [proofs.Secret("new", "ehr"), proofs.Secret("old", "ehr")]
    assert prove(proof, {"Authorization": login("ehr", "old")}, secrets) == 1
    for wrong in (
        login("ehr", "no"),
        login("rhe", "new"),
        "Basic new",
        "Bearer new",
        "Basic %",
        "",
    ):
        assert prove(proof, {"Authorization": wrong}, secrets) is None
    assert prove(proof, {}, secrets) is None


def test_a_token_and_a_key():
    secrets = [proofs.Secret("s3cret")]
    assert prove(proofs.Proof("bearer"), {"Authorization": "bearer s3cret"}, secrets) == 0
    assert prove(proofs.Proof("bearer"), {"Authorization": "s3cret"}, secrets) is None
    key = proofs.Proof("header", "X-Key")
    assert prove(key, {"X-Key": "s3cret"}, secrets) == 0
    assert prove(key, {"X-Key": "s3cret "}, secrets) is None
    assert prove(key, {}, secrets) is None


def test_nothing_proves_nothing():
    for proof in (proofs.Proof("bearer"), proofs.Proof("header", "X-Key"), proofs.Proof("basic")):
        assert prove(proof, {}, []) is None
    assert prove(proofs.Proof(proofs.CERTIFICATE, "X-Cert"), {}) is None


@pytest.fixture(scope="module")
def certificate():
    pem, _key = Authority.make().client_certificate("ehr.example")
    return pem


@pytest.mark.parametrize("form", ["pem", "quoted", "blanks", "der", "colons", "fingerprint"])
def test_a_certificate_as_proxies_show_it(certificate, form):
    der = x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER)
    digest = sha256(der).hexdigest()
    text = base64.b64encode(der).decode()
    shown = {
        "pem": certificate,
        "quoted": quote(certificate),
        "blanks": certificate.replace("\n", " "),
        "der": text,
        "colons": f":{text}:",
        "fingerprint": ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper(),
    }[form]
    proof = proofs.Proof(proofs.CERTIFICATE, "X-Cert", frozenset({digest}))
    assert prove(proof, {"X-Cert": shown}) == -1
    assert prove(proof, {"X-Cert": shown}, peer="10.0.0.2") is None, "anybody can write a header"
    other = proofs.Proof(proofs.CERTIFICATE, "X-Cert", frozenset({"0" * 64}))
    assert prove(other, {"X-Cert": shown}) is None


def test_what_is_no_certificate(certificate):
    for shown in ("", "nonsense", certificate * 2, "-----BEGIN CERTIFICATE-----", "%00"):
        assert proofs.fingerprint_of(shown) == ""


def test_character_sets():
    assert bodies.charset_of("application/hl7-v2; charset=UTF-8") == "UTF-8"
    assert bodies.charset_of('application/hl7-v2; charset="iso-8859-1"') == "iso-8859-1"
    assert bodies.charset_of("application/hl7-v2; charset=klingon") == ""
    assert bodies.charset_of("application/hl7-v2") == ""


def test_one_request_gets_one_answer():
    both = ack("M1", "CA")[1:] + ack("M1", "AA")[:-2]
    assert b"MSA|AA|M1" in bodies.one_answer(both)
    assert b"MSA|CA" not in bodies.one_answer(both)
    alone = ack("M1", "CA")[1:-2]
    assert bodies.one_answer(alone) == alone


def test_an_answer_says_what_it_is_written_in():
    header = "MSH|^~\\&|A||B||20261129||ACK|1|P|2.5.1||||||{}\rMSA|AA|M1\r"
    assert bodies.answer_type(header.format("UNICODE UTF-8").encode()).endswith("charset=utf-8")
    assert bodies.answer_type(header.format("8859/15").encode()).endswith("charset=iso-8859-15")
    assert bodies.answer_type(header.format("").encode()).endswith("charset=us-ascii")
