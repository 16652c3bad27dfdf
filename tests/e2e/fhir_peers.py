"""The other side of FHIR tests: a public FHIR server in its own process, and a strict SMART server.

Both speak TLS with a certificate of a test's own authority: secrets never travel in clear.
"""

import contextlib
import json
import ssl
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt

from setup import fhir_server
from setup.odoo_server import free_port
from setup.settings import Settings
from tests.harness import wait_until
from tests.unit.wire_server import Authority

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: With which tests speak with the public server, beside the interface that is tested.
TESTER = "tester-token-0123456789"
#: Lets the server know search parameters of the standard (supplydelivery.html#search) that its
#: table lacks; without them it finds no delivery by its identifier.
_SERVE = """
import sys
from sekmet.cli import app
from sekmet.fhir.search_params import PARAMS, SearchParam
PARAMS["SupplyDelivery"] = {
    name: SearchParam(name, "token", (name,)) for name in ("identifier", "status")}
sys.argv[0] = "sekmet"
app()
"""


@dataclass
class Trust:
    """An authority, and a certificate of it for ``localhost``."""

    folder: Path
    authority: Authority = field(default_factory=Authority.make)

    def __post_init__(self) -> None:
        self.context = self.authority.server_context(self.folder, "localhost")

    @property
    def certificate(self) -> Path:
        """PEM with certificate and key."""
        return self.folder / "server.pem"

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authority.pem)


@dataclass
class Ehr:
    """A public FHIR R4 server as a clinical system.

    :ivar clients: SMART clients by id: the address of their keys; may be filled in before the start
    """

    folder: Path
    trust: Trust
    clients: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/fhir"

    @property
    def token_url(self) -> str:
        return f"https://localhost:{self.port}/auth/token"

    def start(self) -> None:
        """Start it and wait until it answers."""
        python = fhir_server.provide(Settings.from_environ())
        config = self.folder / "ehr.yaml"
        config.write_text(json.dumps(self._settings()))  # JSON is YAML
        with (self.folder / "ehr.log").open("ab") as output:
            self._process = subprocess.Popen(
                [python, "-c", _SERVE, "serve", "--config", config],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_until(self._answers, timeout=120, what="the FHIR server")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(30)

    def ask(
        self,
        method: str,
        path: str,
        value: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """One request of somebody else: status, JSON value and headers."""
        said = {"Authorization": f"Bearer {TESTER}", **(headers or {})}
        body = None if value is None else json.dumps(value).encode()
        if body:
            said["Content-Type"] = "application/fhir+json"
        request = urllib.request.Request(f"{self.url}/{path}", body, said, method=method)
        try:
            with urllib.request.urlopen(request, context=self.trust.client, timeout=30) as answer:
                raw, status, found = answer.read(), answer.status, answer.headers
        except urllib.error.HTTPError as error:
            raw, status, found = error.read(), error.code, error.headers
        return status, json.loads(raw) if raw else None, {k.lower(): v for k, v in found.items()}

    def resources(self, search: str) -> list[dict[str, Any]]:
        """All resources that a search finds."""
        status, bundle, _headers = self.ask("GET", f"{search}&_count=1000")
        assert status == 200, bundle
        return [entry["resource"] for entry in bundle.get("entry", [])]

    def history(self, path: str) -> list[dict[str, Any]]:
        """All versions of a resource, the first one first."""
        status, bundle, _headers = self.ask("GET", f"{path}/_history?_count=1000")
        assert status == 200, bundle
        found = [entry["resource"] for entry in bundle["entry"] if "resource" in entry]
        return sorted(found, key=lambda one: int(one["meta"]["versionId"]))

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, (self.folder / "ehr.log").read_text()[-2000:]
        with contextlib.suppress(OSError):
            return self.ask("GET", "metadata")[0] == 200
        return False

    def _settings(self) -> dict[str, Any]:
        scopes = "system/*.cruds"
        clients = [
            {"client_id": client, "jwks_url": keys, "scopes": scopes}
            for client, keys in self.clients.items()
        ]
        return {
            "base_url": self.url,
            "host": "127.0.0.1",
            "port": self.port,
            "tls_certfile": str(self.trust.certificate),
            "tls_keyfile": str(self.trust.certificate),
            "data_dir": str(self.folder / "ehr"),
            "db_path": str(self.folder / "ehr.db"),
            "server_auth": {
                "types": ["bearer", "smart"],
                "tokens": [TESTER],
                "smart_clients": clients,
                "token_lifetime": 60,
            },
            "simulator": {"enabled": False},
            "validation": {"inbound": "strict"},
            "log_inbound": False,
        }


@contextmanager
def clinical_system(folder: Path, **clients: str) -> Iterator[Ehr]:
    """Give a running FHIR server."""
    (folder / "ehr").mkdir()
    ehr = Ehr(folder, Trust(folder), dict(clients))
    try:
        ehr.start()
        yield ehr
    finally:
        ehr.stop()


@dataclass
class Grant:
    """One token that was given: for which key, when, and until when it is good."""

    key_id: str
    at: float
    until: float


class SmartServer:
    """A token address that takes no assertion which is not exactly as SMART has it, and a FHIR
    server behind it that takes no token which is over.

    Assertions are verified by PyJWT against the keys that the client publishes at that moment.

    :param keys_url: where the client publishes its keys
    :param lifetime: seconds of a token
    :param clock: by how many seconds our clock is ahead
    """

    CLIENT = "odoo-hospital"

    def __init__(self, trust: Trust, lifetime: float = 60, clock: float = 0) -> None:
        self.keys_url = ""
        self.lifetime = lifetime
        self.clock = clock
        self.grants: dict[str, Grant] = {}
        self.refusals: list[str] = []
        self.resources: list[dict[str, Any]] = []
        self.unauthorised = 0
        #: another answer than that of :meth:`_fhir`
        self.answer: Callable[[str, str, bytes], tuple[int, Any, dict[str, str]]] | None = None
        self._jtis: set[str] = set()
        self._lock = threading.Lock()
        self._server = _TlsServer(trust.context, self)

    def __enter__(self) -> "SmartServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"https://localhost:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/fhir"

    @property
    def token_url(self) -> str:
        return f"{self.origin}/token"

    @property
    def now(self) -> float:
        return time.time() + self.clock

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        if path == "/token":
            return self._token(parse_qs(body.decode()))
        if path == "/fhir/.well-known/smart-configuration":
            return 200, self._configuration(), {}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            grant = self.grants.get(token)
        if grant is None or grant.until < time.time():
            self.unauthorised += 1
            return 401, _outcome("expired"), {}
        return (self.answer or self._fhir)(method, path, body)

    def _fhir(self, method: str, path: str, body: bytes) -> tuple[int, Any, dict[str, str]]:
        with self._lock:
            self.resources.append(json.loads(body))
        kind = path.rpartition("/")[2]
        return 201, None, {"Location": f"{self.url}/{kind}/{uuid.uuid4()}/_history/1"}

    def _configuration(self) -> dict[str, Any]:
        return {
            "token_endpoint": self.token_url,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": ["system/*.cruds"],
        }

    def _token(self, form: Mapping[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        try:
            key_id = self._proven({name: values[-1] for name, values in form.items()})
        except (jwt.PyJWTError, ValueError, KeyError) as error:
            self.refusals.append(f"{type(error).__name__}: {error}")
            return 401, {"error": "invalid_client"}, {}
        with self._lock:
            token = f"token-{len(self.grants)}-{key_id[:6]}-0123456789"
            self.grants[token] = Grant(key_id, time.time(), time.time() + self.lifetime)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": int(self.lifetime)}
        return 200, answer, {}

    def _proven(self, form: Mapping[str, str]) -> str:
        """The key that signed a request, if all of it is as SMART Backend Services has it."""
        if form["grant_type"] != "client_credentials" or not form["scope"]:
            raise ValueError("not as client credentials are asked for")
        if form["client_assertion_type"] != ASSERTION_TYPE or "client_secret" in form:
            raise ValueError("not proven by an assertion")
        assertion = form["client_assertion"]
        header = jwt.get_unverified_header(assertion)
        if header["typ"] != "JWT" or header["alg"] not in ("RS384", "ES384"):
            raise ValueError("another header than SMART has")
        key = next(key for key in self._keys() if key.key_id == header["kid"])
        claims = jwt.decode(
            assertion,
            key.key,
            algorithms=[header["alg"]],
            audience=self.token_url,
            issuer=self.CLIENT,
            options={"require": ["exp", "iss", "sub", "aud", "jti"], "verify_exp": False},
        )
        if claims["sub"] != self.CLIENT:
            raise ValueError("iss and sub differ")
        if not self.now < claims["exp"] <= self.now + 300:
            raise ValueError("not good now, or for more than 300 seconds")
        with self._lock:
            if claims["jti"] in self._jtis:
                raise ValueError("a repeated assertion")
            self._jtis.add(claims["jti"])
        return header["kid"]

    def _keys(self) -> list[jwt.PyJWK]:
        with urllib.request.urlopen(self.keys_url, timeout=20) as answer:
            return jwt.PyJWKSet.from_json(answer.read().decode()).keys


class _TlsServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext, owner: SmartServer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, value, more = owner.handle(self.command, self.path, headers, body)
                raw = b"" if value is None else json.dumps(value).encode()
                self.send_response_only(status)
                self.send_header("Date", self.date_time_string(int(owner.now)))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                for name, text in more.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815 - names of the library

            def log_message(self, *_args: object) -> None:
                """Nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)


def _outcome(code: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": "no"}],
    }
