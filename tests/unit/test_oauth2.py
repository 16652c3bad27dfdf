"""Tokens over real sockets, and assertions with PyJWT as an independent verifier."""

import json
import socket
import time
from email.utils import formatdate
from urllib.parse import parse_qs

import jwt
import pytest
from core_tools import credential_keys, http_auth, oauth2
from core_tools.credential_kinds import KINDS, Entered, Terms
from core_tools.errors import IntegrationError, TransientError
from core_tools.http_client import HttpResponse
from core_tools.oauth2 import TokenRefused
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.http_exchange import LOOPBACK
from tests.unit.wire_server import WireServer, answering, respond

URL = "https://idp.example/token"
NOW = 1_790_000_000
LIMITS = {"allowed_networks": LOOPBACK, "allow_plaintext": True}


def client_of(algorithm, url=URL):
    """A proof as a stored credential yields it, with its published keys."""
    kind = KINDS["private_key_jwt"]
    terms = Terms("odoo", url, "system/*.read", algorithm)
    accepted = kind.accept(Entered(kind.generate(terms)), terms)
    return kind.proof(Entered(accepted.secret), terms), accepted.public


@pytest.mark.parametrize("algorithm", credential_keys.JWT_ALGORITHMS)
def test_the_public_library_verifies_our_assertions(algorithm):
    """As a server does: by the key that our key set has under the id of the header."""
    proof, public = client_of(algorithm)
    now = time.time()
    form = parse_qs(oauth2.token_request(proof, now).body.decode())
    (token,) = form["client_assertion"]
    assert form["client_assertion_type"] == [
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    ]
    assert form["scope"] == ["system/*.read"]
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWKSet.from_json(public)[header["kid"]]
    claims = jwt.decode(
        token, key, [algorithm], audience=URL, issuer="odoo", options={"require": ["exp", "jti"]}
    )
    assert claims["sub"] == "odoo"
    assert now < claims["exp"] <= now + oauth2.MAX_ASSERTION_SECONDS
    assert header == {"alg": algorithm, "typ": "JWT", "kid": proof.key_id}


@pytest.mark.parametrize("algorithm", credential_keys.JWT_ALGORITHMS)
def test_each_assertion_is_good_once(algorithm):
    proof, _public = client_of(algorithm)
    ids = set()
    for _ in range(5):
        token = oauth2.assertion(proof, 1_790_000_000)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["exp"] == 1_790_000_240
        ids.add(claims["jti"])
    assert len(ids) == 5


def test_a_changed_assertion_is_refused_by_the_library():
    proof, public = client_of("ES384")
    head, _claims, signature = oauth2.assertion(proof, time.time()).split(".")
    other = oauth2.assertion(proof, time.time()).split(".")[1]
    key = jwt.PyJWKSet.from_json(public)[proof.key_id]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{head}.{other}.{signature}", key, ["ES384"], audience=URL)


# -- clocks that differ ----------------------------------------------------------------------


class ByItsClock:
    """A server in the place of the client: takes an assertion that is good by its own clock."""

    def __init__(self, skew, tells=True):
        self.now = NOW + skew
        self.tells = tells
        self.ids = []

    def send(self, request):
        (token,) = parse_qs(request.body.decode())["client_assertion"]
        claims = jwt.decode(token, options={"verify_signature": False})
        self.ids.append(claims["jti"])
        headers = {"date": formatdate(self.now, usegmt=True)} if self.tells else {}
        if not self.now < claims["exp"] <= self.now + 300:
            return HttpResponse(401, headers, b'{"error": "invalid_client"}', False, 0.1, "")
        body = b'{"access_token": "t", "token_type": "Bearer", "expires_in": 60}'
        return HttpResponse(200, headers, body, False, 0.1, "")


@pytest.mark.parametrize("skew", [-86400, -400, -59, 0, 200, 241, 86400])
def test_an_assertion_is_good_by_the_clock_of_the_server(skew):
    proof, _public = client_of("ES384")
    server = ByItsClock(skew)
    token = oauth2.obtain(server, proof, NOW)
    assert (token.issued_at, token.expires_at) == (NOW, NOW + 60), "its life is by our clock"
    assert len(set(server.ids)) == len(server.ids) <= 2


def test_a_refusal_that_the_clock_does_not_explain_stands():
    proof, _public = client_of("ES384")
    server = ByItsClock(400, tells=False)
    with pytest.raises(TokenRefused):
        oauth2.obtain(server, proof, NOW)
    assert len(server.ids) == 1
    server = ByItsClock(400)
    server.send = lambda request, send=server.send: HttpResponse(
        401, send(request).headers, b'{"error": "invalid_client"}', False, 0.1, ""
    )
    with pytest.raises(TokenRefused, match="clock is 400 seconds ahead of ours"):
        oauth2.obtain(server, proof, NOW)
    assert len(server.ids) == 2


# -- over sockets ----------------------------------------------------------------------------


def test_a_token_from_a_server(client):
    seen = []

    def make(line, headers, body):
        seen.append((line, headers, parse_qs(body.decode())))
        return respond(b'{"access_token":"tok","token_type":"bearer","expires_in":60}')

    with WireServer(answering(make)) as server:
        proof = http_auth.OAuth2Client(f"http://127.0.0.1:{server.port}/token", "odoo", "x")
        token = oauth2.fetch(client, oauth2.token_request(proof, 1000.0, **LIMITS), 1000.0)
    assert token == oauth2.Token("tok", 1000, 1060)
    line, headers, form = seen[0]
    assert line == "POST /token HTTP/1.1"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert form == {"grant_type": ["client_credentials"]}


def test_a_huge_answer_is_not_read(client):
    body = b'{"access_token":"' + b"x" * 10_000_000 + b'"}'
    with WireServer(answering(lambda *_: respond(body))) as server:
        proof = http_auth.OAuth2Client(f"http://127.0.0.1:{server.port}/token", "odoo", "x")
        with pytest.raises(TransientError) as caught:
            oauth2.fetch(client, oauth2.token_request(proof, 1.0, **LIMITS), 1.0)
    assert caught.value.code == "token_invalid"


def test_a_server_that_never_answers_leaves_no_unknown_outcome(client):
    """Nothing of the message has left, so that it may be sent again."""
    with WireServer(lambda connection: server.wait_stopped(5)) as server:
        proof = http_auth.OAuth2Client(f"http://127.0.0.1:{server.port}/token", "odoo", "x")
        request = oauth2.token_request(proof, 1.0, **LIMITS, read_timeout=0.3)
        with pytest.raises(TransientError) as caught:
            oauth2.fetch(client, request, 1.0)
    assert caught.value.code == "token_failed"


def test_a_server_that_is_not_there(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    proof = http_auth.OAuth2Client(f"http://127.0.0.1:{port}/token", "odoo", "x")
    with pytest.raises(TransientError) as caught:
        oauth2.fetch(client, oauth2.token_request(proof, 1.0, **LIMITS), 1.0)
    assert caught.value.code == "token_failed"


@pytest.mark.parametrize("url", ["http://10.0.0.1/token", "https://127.0.0.1/token", "ftp://x/"])
def test_an_address_that_must_not_be_called_holds_the_traffic(client, url):
    request = oauth2.token_request(http_auth.OAuth2Client(url, "odoo", "x"), 1.0)
    with pytest.raises(TokenRefused) as caught:
        oauth2.fetch(client, request, 1.0)
    assert caught.value.holds


# -- parsing ---------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
fields = st.dictionaries(
    st.sampled_from(["access_token", "token_type", "expires_in", "error"]),
    json_values | st.sampled_from(["Bearer", "invalid_client", 300, "300"]),
)


@given(
    st.integers(100, 599),
    st.binary(max_size=60) | fields.map(lambda value: json.dumps(value).encode()),
    st.text(max_size=20),
    st.booleans(),
)
def test_arbitrary_answers_never_crash(status, body, wait, truncated):
    response = HttpResponse(status, {"retry-after": wait}, body, truncated, 0.1, "192.0.2.1")
    try:
        token = oauth2.read_token(response, 1_000_000.5)
    except IntegrationError as error:
        assert error.code.startswith("token_")
        return
    answer = json.loads(body)
    assert status == 200
    assert not truncated
    assert token.value == answer["access_token"]
    assert answer["token_type"].lower() == "bearer"
    assert 0 < token.expires_at - token.issued_at <= oauth2.MAX_SECONDS


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_client_and_secret_survive_both_styles(client_id, secret):
    proof = http_auth.OAuth2Client(URL, client_id, secret)
    form = parse_qs(
        oauth2.token_request(proof, 1.0, style=oauth2.ClientAuth.POST).body.decode(),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
    )
    assert (form["client_id"], form["client_secret"]) == ([client_id], [secret])
    assert oauth2.token_request(proof, 1.0).headers["authorization"].isascii()
