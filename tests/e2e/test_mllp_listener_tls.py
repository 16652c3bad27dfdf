"""Who may connect to the MLLP listener: TLS, client certificates, addresses."""

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.mllp_peer import Peer, adt, framed
from tests.e2e.mllp_secured import Secured, secured_hospital
from tests.e2e.mllp_stage import Inbound
from tests.harness import Database, wait_until
from tests.unit.wire_server import Authority


@pytest.fixture(scope="module")
def secured(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_hospital(database, tmp_path_factory.mktemp("mllp")) as secured:
        yield secured
        errors = secured.world.listener.errors()
    assert not errors, "the listener logged errors:\n" + "\n".join(errors)


@pytest.fixture(scope="module")
def open_to_all(secured: Secured) -> Inbound:
    return secured.interface()


def _refused(port: int, context: ssl.SSLContext | None = None) -> bool:
    """Whether a partner gets no answer: TLS 1.3 tells a client only when it reads."""
    try:
        with Peer(port, context) as peer:
            peer.ask(adt("REFUSED"))
    except OSError:
        return True
    return False


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls(secured: Secured, open_to_all: Inbound, version: ssl.TLSVersion) -> None:
    context = secured.client()
    context.minimum_version = context.maximum_version = version
    with Peer(open_to_all.port, context) as peer:
        peer.drip(framed(adt(f"DRIP{version}")))
        assert peer.receive().code == "AA"
        assert peer.ask(adt(f"TLS{version}")).code == "AA"


def test_old_versions_and_plaintext_are_refused(secured: Secured, open_to_all: Inbound) -> None:
    old = secured.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    assert _refused(open_to_all.port, old)
    before = secured.world.count(open_to_all)
    assert _refused(open_to_all.port)
    assert secured.world.count(open_to_all) == before
    wait_until(lambda: secured.world.refusals(open_to_all).get("tls") == 2, what="counted refusals")


def test_a_renewed_certificate_is_in_force_without_a_restart(
    secured: Secured, open_to_all: Inbound
) -> None:
    def shown() -> bytes:
        with Peer(open_to_all.port, secured.client()) as peer:
            return peer._socket.getpeercert(binary_form=True)

    before = shown()
    secured.authority.server_context(secured.folder, "localhost")
    assert shown() != before


def test_clients_show_a_certificate_of_the_authority(secured: Secured) -> None:
    feed = secured.world.interface(mllp_tls="client", mllp_client_ca=secured.authority.pem)
    known = secured.authority.client_certificate("ehr.hospital.example")
    with Peer(feed.port, secured.client(known)) as peer:
        assert peer.ask(adt("KNOWN")).code == "AA"
    assert _refused(feed.port, secured.client())
    stranger = Authority.make().client_certificate("ehr.hospital.example")
    assert _refused(feed.port, secured.client(stranger))
    expired = secured.authority.client_certificate("ehr.hospital.example", days=-1)
    assert _refused(feed.port, secured.client(expired))
    assert secured.world.count(feed) == 1


def test_only_the_certificates_agreed_on(secured: Secured) -> None:
    known = secured.authority.client_certificate("ehr.hospital.example")
    other = secured.authority.client_certificate("lab.hospital.example")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(known[0])).hexdigest()
    feed = secured.world.interface(
        mllp_tls="client",
        mllp_client_ca=secured.authority.pem,
        mllp_client_fingerprints=digest,
    )
    with Peer(feed.port, secured.client(known)) as peer:
        assert peer.ask(adt("PINNED")).code == "AA"
    assert _refused(feed.port, secured.client(other))
    wait_until(lambda: secured.world.refusals(feed) == {"certificate": 1}, what="a counted refusal")


def test_a_certificate_may_stand_for_itself(secured: Secured) -> None:
    """Partners without an authority of their own: the certificate itself is what is trusted."""
    known = secured.authority.client_certificate("ehr.hospital.example")
    feed = secured.world.interface(mllp_tls="client", mllp_client_ca=known[0])
    with Peer(feed.port, secured.client(known)) as peer:
        assert peer.ask(adt("ITSELF")).code == "AA"
    other = secured.authority.client_certificate("lab.hospital.example")
    assert _refused(feed.port, secured.client(other))


def test_other_addresses_are_closed_without_a_byte(secured: Secured) -> None:
    feed = secured.world.interface(source_networks="10.0.0.0/8")
    with Peer(feed.port) as peer:
        assert peer.is_closed()
    secured.world.write(feed, source_networks="127.0.0.0/8")
    wait_until(lambda: not _refused(feed.port), what="a network that is let in")
    wait_until(lambda: secured.world.refusals(feed).get("address"), what="a counted refusal")


def test_strangers_who_stall_keep_no_partner_out(secured: Secured) -> None:
    """Whoever knocks from anywhere takes no place before it has shown a certificate."""
    known = secured.authority.client_certificate("ehr.hospital.example")
    feed = secured.world.interface(
        mllp_tls="client",
        mllp_client_ca=secured.authority.pem,
        mllp_max_connections=2,
    )
    with ExitStack() as strangers:
        for _each in range(20):
            strangers.enter_context(Peer(feed.port))
        with Peer(feed.port, secured.client(known)) as peer:
            assert peer.ask(adt("THROUGH")).code == "AA"
    assert secured.world.count(feed) == 1
