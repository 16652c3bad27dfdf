"""Partners that prove themselves in other ways than Standard Webhooks, over real servers."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.e2e.conftest import Suite
from tests.e2e.deliveries import World, receipt_of
from tests.e2e.office import Inbound
from tests.e2e.senders import encode, new_session
from tests.harness import wait_until

SERVER = {"workers": 2, "channels": "root:1"}
TOKEN = "token-of-the-partner"


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


def digest(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def post(world: World, inbound: Inbound, body: bytes, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with new_session() as session:
        return session.post(
            world.suite.server.url + inbound.path,
            data=body,
            headers={"content-type": "application/json", **names},
            timeout=30,
        )


def credential(world: World, kind: str, secret: str) -> int:
    return world.suite.office.create(
        "integration.credential",
        name=kind,
        kind=kind,
        version_ids=[[0, 0, {"secret": secret}]],
    )


def handled(world: World, answer: requests.Response, order: Any) -> None:
    """The confirmation that was delivered has its effect."""
    world.suite.ledger.wait_for(receipt_of(answer), "done")
    assert len(world.suite.ledger.notes(order.id)) == 1


def test_github(world: World) -> None:
    own, order = world.interface(webhook_scheme="github"), world.order()
    body = encode(order.confirmation())
    signed = {"X-Hub-Signature-256": f"sha256={digest(own.secret, body)}"}
    answer = post(world, own, body, **signed, **{"X-GitHub-Delivery": "d-1"})
    handled(world, answer, order)
    assert world.suite.ledger.message(receipt_of(answer))["external_key"] == "d-1"
    assert post(world, own, body + b" ", **signed).status_code == 401


def test_stripe(world: World) -> None:
    own, order = world.interface(webhook_scheme="stripe"), world.order()
    body, now = encode(order.confirmation(id="evt_1")), int(time.time())
    signature = digest(own.secret, b"%d.%s" % (now, body))
    handled(world, post(world, own, body, stripe_signature=f"t={now},v1={signature}"), order)
    late = now - 600
    signature = digest(own.secret, b"%d.%s" % (late, body))
    answer = post(world, own, body, stripe_signature=f"t={late},v1={signature}")
    assert answer.status_code == 401


def test_generic_hmac(world: World) -> None:
    options = {"template": "{ts}:{body}", "timestamp_header": "X-Time", "id_path": "order_no"}
    own = world.interface(webhook_scheme="hmac", scheme_options=json.dumps(options))
    order = world.order()
    body, now = encode(order.confirmation()), str(int(time.time()))
    signature = digest(own.secret, f"{now}:".encode() + body)
    answer = post(world, own, body, x_signature=signature, x_time=now)
    handled(world, answer, order)
    assert world.suite.ledger.message(receipt_of(answer))["external_key"] == order.name
    assert (
        post(world, own, body, x_signature=signature, x_time=str(int(now) + 1)).status_code == 401
    )


def test_bearer_and_equal_content(world: World) -> None:
    own = world.interface(webhook_scheme="bearer", credential_id=credential(world, "bearer", TOKEN))
    order = world.order()
    body = encode(order.confirmation())
    first = post(world, own, body, authorization=f"Bearer {TOKEN}")
    handled(world, first, order)
    # There is no id: what is equal in every byte is one message.
    again = post(world, own, body, authorization=f"Bearer {TOKEN}")
    assert again.json() == first.json()
    assert world.suite.ledger.count(own.id) == 1
    assert len(world.suite.ledger.notes(order.id)) == 1
    assert post(world, own, body, authorization="Bearer another").status_code == 401


def test_standard_webhooks_with_a_public_key(world: World) -> None:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    own = world.interface(credential_id=False, public_keys=f"whpk_{public}")
    order = world.order()
    body, now = encode(order.confirmation()), int(time.time())
    signature = base64.b64encode(key.sign(b"msg_1.%d.%s" % (now, body))).decode()
    headers = {
        "webhook_id": "msg_1",
        "webhook_timestamp": str(now),
        "webhook_signature": f"v1a,{signature}",
    }
    handled(world, post(world, own, body, **headers), order)
    assert post(world, own, body + b" ", **headers).status_code == 401


# -- tokens ------------------------------------------------------------------------------


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Signer:
    """A partner that signs tokens, and publishes its key."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.key = Ed25519PrivateKey.generate()

    def published(self) -> dict[str, str]:
        public = base64url(self.key.public_key().public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.key_id, "alg": "EdDSA", "x": public}

    def token(self, body: bytes, **claims: Any) -> str:
        now = int(time.time())
        usual = {
            "iss": "partner",
            "aud": "hospital",
            "iat": now,
            "exp": now + 60,
            "jti": f"t-{time.monotonic_ns()}",
            "sha": hashlib.sha256(body).hexdigest(),
        }
        head = {"alg": "EdDSA", "kid": self.key_id}
        parts = (base64url(json.dumps(part).encode()) for part in (head, {**usual, **claims}))
        content = ".".join(parts)
        return f"{content}.{base64url(self.key.sign(content.encode()))}"


JWT = json.dumps({"issuers": ["partner"], "audiences": ["hospital"], "body_hash_claim": "sha"})


def test_token_with_a_pasted_key_set(world: World) -> None:
    signer = Signer("one")
    own = world.interface(
        webhook_scheme="jwt",
        scheme_options=JWT,
        credential_id=False,
        public_keys=json.dumps({"keys": [signer.published()]}),
    )
    order = world.order()
    body = encode(order.confirmation())
    token = signer.token(body)
    handled(world, post(world, own, body, authorization=f"Bearer {token}"), order)
    assert post(world, own, body + b" ", authorization=f"Bearer {token}").status_code == 401
    stale = signer.token(body, iat=int(time.time()) - 3600, exp=int(time.time()) - 3000)
    assert post(world, own, body, authorization=f"Bearer {stale}").status_code == 401


class KeyServer:
    """Publishes what its list says, and counts who asks."""

    def __init__(self) -> None:
        self.signers: list[Signer] = []
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = json.dumps({"keys": [one.published() for one in outer.signers]}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


def test_published_keys_are_fetched_beside_the_door(world: World, key_server: KeyServer) -> None:
    signer = Signer("one")
    key_server.signers.append(signer)
    own = world.interface(
        webhook_scheme="jwt",
        scheme_options=JWT,
        credential_id=False,
        jwks_url=key_server.url,
        allowed_networks="127.0.0.0/8",
    )
    order = world.order()
    body = encode(order.confirmation())

    def accepted() -> requests.Response | None:
        answer = post(world, own, body, authorization=f"Bearer {signer.token(body)}")
        assert answer.status_code in (202, 503), answer.text
        assert answer.status_code == 202 or int(answer.headers["retry-after"]) > 0
        return answer if answer.status_code == 202 else None

    # The first delivery may come before the keys: the partner keeps it and comes again.
    handled(world, wait_until(accepted, 60, poll=0.5, what="the key set"), order)
    assert key_server.asked == 1, "once for all workers, and never for a delivery"
