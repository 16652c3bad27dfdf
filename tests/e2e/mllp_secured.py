"""A hospital whose listener has a certificate: its ports may be reached from other machines."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.mllp_stage import Hospital, Inbound, hospital
from tests.harness import Database
from tests.unit.wire_server import Authority


@dataclass
class Secured:
    """A hospital with certificates."""

    world: Hospital
    authority: Authority
    folder: Path

    @property
    def mllp(self) -> dict[str, str]:
        """The section ``[integration_mllp]`` of its listeners."""
        return {"certificate": str(self.folder / "server.pem")}

    def client(self, certificate: tuple[str, str] | None = None) -> ssl.SSLContext:
        """The context of a partner that trusts the hospital's authority."""
        context = ssl.create_default_context(cadata=self.authority.pem)
        if certificate:
            path = self.folder / "client.pem"
            path.write_text("".join(certificate))
            context.load_cert_chain(path)
        return context

    def interface(self, **values: Any) -> Inbound:
        """An interface over TLS, for partners on this machine."""
        return self.world.interface(mllp_tls="server", source_networks="127.0.0.0/8, ::1", **values)


@contextmanager
def secured_hospital(database: Database, folder: Path) -> Iterator[Secured]:
    """Give a hospital with a running listener on 127.0.0.1.

    :param folder: an empty one, for certificates
    """
    authority = Authority.make()
    authority.server_context(folder, "localhost")  # leaves server.pem with certificate and key
    with hospital(database, mllp={"certificate": str(folder / "server.pem")}) as world:
        yield Secured(world, authority, folder)
