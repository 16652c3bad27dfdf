# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import pickle
from urllib.parse import parse_qs

from odoo.tests import BaseCase, tagged

from ..tools import credential_keys, oauth2
from ..tools.errors import ErrorClass, IntegrationError
from ..tools.http_auth import JwtClient, OAuth2Client
from ..tools.http_client import HttpResponse

NOW = 1_790_000_000.7
URL = "https://idp.example/token"
SECRET = "s3cr:t/+ é"
CLIENT = OAuth2Client(URL, "odoo hospital", SECRET, "orders.write orders.read")


def answer(status=200, body=None, truncated=False, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers, raw, truncated, 0.1, "192.0.2.1")


def token(**changes):
    body = {"access_token": "tok-1", "token_type": "Bearer", "expires_in": 600, **changes}
    return answer(body={name: value for name, value in body.items() if value is not None})


@tagged("post_install", "-at_install")
class TestTokenRequest(BaseCase):
    def test_secret_in_the_header(self):
        request = oauth2.token_request(CLIENT, NOW)
        # "odoo+hospital:s3cr%3At%2F%2B+%C3%A9", as RFC 6749, 2.3.1 has it.
        self.assertEqual(
            request.headers["authorization"],
            "Basic b2Rvbytob3NwaXRhbDpzM2NyJTNBdCUyRiUyQislQzMlQTk=",
        )
        self.assertEqual(
            request.body, b"grant_type=client_credentials&scope=orders.write+orders.read"
        )
        self.assertEqual((request.method, request.url), ("POST", URL))

    def test_secret_in_the_body(self):
        request = oauth2.token_request(CLIENT, NOW, style=oauth2.ClientAuth.POST)
        self.assertNotIn("authorization", request.headers)
        form = parse_qs(request.body.decode())
        self.assertEqual(form["client_id"], ["odoo hospital"])
        self.assertEqual(form["client_secret"], [SECRET])

    def test_limits_are_handed_on(self):
        request = oauth2.token_request(CLIENT, NOW, total_timeout=3.0, allow_plaintext=True)
        self.assertEqual(request.total_timeout, 3.0)
        self.assertTrue(request.allow_plaintext)

    def test_no_scope(self):
        request = oauth2.token_request(OAuth2Client(URL, "a", "b"), NOW)
        self.assertEqual(request.body, b"grant_type=client_credentials")

    def test_nothing_secret_shows(self):
        request = oauth2.token_request(CLIENT, NOW, style=oauth2.ClientAuth.POST)
        for shown in (repr(request), repr(CLIENT)):
            self.assertNotIn("s3cr", shown)

    def test_a_key_of_another_algorithm(self):
        pem = credential_keys.new_jwt_key("ES384")
        with self.assertRaises(oauth2.TokenRefused) as caught:
            oauth2.assertion(JwtClient(URL, "odoo", pem, "RS384"), NOW)
        self.assertNotIn(pem[40:60], str(caught.exception))

    def test_a_long_life_is_refused(self):
        for lifetime in (0, -1, 301):
            with self.assertRaises(ValueError):
                oauth2.assertion(JwtClient(URL, "odoo", "", "RS384"), NOW, lifetime)


@tagged("post_install", "-at_install")
class TestTokenAnswer(BaseCase):
    def test_token(self):
        found = oauth2.read_token(token(), NOW)
        self.assertEqual(found, oauth2.Token("tok-1", 1_790_000_000, 1_790_000_600))
        self.assertEqual(found.headers(), {"authorization": "Bearer tok-1"})
        self.assertEqual(oauth2.Token.parse(found.serialise()), found)

    def test_a_token_does_not_show(self):
        found = oauth2.read_token(token(), NOW)
        self.assertNotIn("tok-1", repr(found))
        with self.assertRaises(TypeError):
            pickle.dumps(found)
        for raw in (b"", b"[]", b"7", b'{"token":"tok-1"}', found.serialise()[:-1]):
            with self.assertRaises(ValueError) as caught:
                oauth2.Token.parse(raw)
            self.assertNotIn("tok-1", str(caught.exception))

    def test_tolerated(self):
        for changes, seconds in (
            ({"token_type": "bearer"}, 600),
            ({"expires_in": "3599"}, 3599),
            ({"expires_in": 3600.0}, 3600),
            ({"expires_in": None}, oauth2.DEFAULT_SECONDS),
            ({"expires_in": 10**12}, oauth2.MAX_SECONDS),
            ({"expires_in": 1}, 1),
            ({"refresh_token": "x", "scope": "a"}, 600),
        ):
            found = oauth2.read_token(token(**changes), NOW)
            self.assertEqual(found.expires_at - found.issued_at, seconds, changes)

    def test_answers_that_are_no_token(self):
        for response in (
            token(access_token=None),
            token(access_token=""),
            token(access_token=7),
            token(access_token="two words"),
            token(access_token="a\r\nX: y"),
            token(access_token="é"),
            token(access_token="x" * (oauth2.MAX_TOKEN + 1)),
            token(token_type=None),
            token(token_type="mac"),
            token(token_type=["bearer"]),
            token(expires_in=0),
            token(expires_in=-5),
            token(expires_in=True),
            token(expires_in="soon"),
            token(expires_in="1e3"),
            token(expires_in=[]),
            answer(body=[]),
            answer(body=b""),
            answer(body=b"<html>"),
            answer(body=b'{"access_token":"tok-1","access_token":"tok-2"}'),
            answer(body=token().body, truncated=True),
            answer(204, b""),
            answer(201, token().body),
        ):
            with self.assertRaises(IntegrationError) as caught:
                oauth2.read_token(response, NOW)
            self.assertEqual(caught.exception.code, "token_invalid")
            self.assertEqual(caught.exception.error_class, ErrorClass.TRANSIENT)
            self.assertNotIn("tok-", str(caught.exception))

    def test_refusals(self):
        refused, failed = ErrorClass.CONFIGURATION, ErrorClass.TRANSIENT
        for status, error, error_class, code in (
            (401, "invalid_client", refused, "token_invalid_client"),
            (400, "invalid_client", refused, "token_invalid_client"),
            (400, "invalid_scope", refused, "token_invalid_scope"),
            (400, "unauthorized_client", refused, "token_unauthorized_client"),
            (400, "the client tok-1 is odd", refused, "token_refused"),
            (400, ["invalid_client"], refused, "token_refused"),
            (401, None, refused, "token_refused"),
            (403, None, refused, "token_refused"),
            (404, None, refused, "token_refused"),
            (302, None, refused, "token_refused"),
            (400, "temporarily_unavailable", failed, "token_failed"),
            (408, None, failed, "token_failed"),
            (500, "invalid_client", failed, "token_failed"),
            (502, None, failed, "token_failed"),
            (503, None, failed, "token_failed"),
            (429, "slow_down", ErrorClass.THROTTLED, "token_throttled"),
        ):
            body = {"error": error, "error_description": "tok-1 is wrong"}
            with self.subTest(status=status, error=error):
                with self.assertRaises(IntegrationError) as caught:
                    oauth2.read_token(answer(status, body), NOW)
                self.assertEqual(caught.exception.error_class, error_class)
                self.assertEqual(caught.exception.code, code)
                self.assertEqual(caught.exception.holds, error_class == refused)
                self.assertNotIn("tok-1", str(caught.exception))

    def test_retry_after(self):
        for status in (429, 503):
            with self.assertRaises(IntegrationError) as caught:
                oauth2.read_token(answer(status, b"", **{"retry-after": "17"}), NOW)
            self.assertEqual(caught.exception.error_class, ErrorClass.THROTTLED)
            self.assertEqual(caught.exception.retry_after, 17)
