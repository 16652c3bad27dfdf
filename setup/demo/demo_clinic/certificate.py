"""The certificate of the clinic's server, of an authority that was made for it alone."""

import datetime
import ipaddress
import ssl
import tempfile
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST: Final = "localhost"
_YEARS: Final = datetime.timedelta(days=3650)
_SIGN_CERTIFICATES: Final = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
    encipher_only=False, decipher_only=False,
)  # fmt: skip


def make() -> tuple[str, str]:
    """An authority's certificate, and a server's certificate with its private key; both PEM.

    The private key of the authority is thrown away: it signs nothing else.
    """
    above, own = (ec.generate_private_key(ec.SECP256R1()) for _time in range(2))
    issuer = _name("Riverside demonstration authority")
    authority = (
        _builder(issuer, issuer, above)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGN_CERTIFICATES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(above.public_key()), False)
        .sign(above, hashes.SHA256())
    )
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    issued = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    server = (
        _builder(_name(HOST), issuer, own)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issued, critical=False)
        .sign(above, hashes.SHA256())
    )
    private = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _pem(authority), _pem(server) + private.decode()


def context(pem: str) -> ssl.SSLContext:
    """What a server needs of its certificate and private key."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # It can be read from a file only; this one is for its owner, and gone at once.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as stream:
        stream.write(pem)
        stream.flush()
        found.load_cert_chain(stream.name)
    return found


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _YEARS)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
