"""Secrets are taken out of what is kept of an exchange, however they are written."""

import base64
import time

import pytest
from core_tools import redact
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.binary(max_size=80))
def test_bodies_without_secrets_stay_as_they_are(body):
    harmless = body.translate(None, b":=@. \t\r\n\x0b\x0c_")
    assert redact.redact_body(harmless) == harmless
    secret = b"Kq7" + bytes(range(97, 117))
    assert secret not in redact.redact_body(body + secret + body, [secret.decode()])


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer abc/def+ghi1234567/xyz==",
        r"Bearer abc\/def+ghi1234567\/xyz==",
        "abc%2Fdef%2Bghi1234567%2Fxyz%3D%3D",
        "a login jane:Sup3r&S3cret",
        "a password Sup3r&amp;S3cret",
        r"v1,aGVs\/bG8rd29ybGQ=",
    ],
)
def test_what_was_sent_along_is_found_however_it_is_written(shown):
    login = base64.b64encode(b"jane:Sup3r&S3cret").decode()
    words = redact.secret_words(
        {
            "authorization": "Bearer abc/def+ghi1234567/xyz==",
            "x-authorization": f"Basic {login}",
            "webhook-signature": "v1,aGVs/bG8rd29ybGQ=",
        }
    )
    kept = redact.redact_body(f"<{shown}>".encode(), words)
    for part in (b"ghi1234567", b"S3cret", b"bG8rd29ybGQ"):
        assert part not in kept


@pytest.mark.parametrize(
    "filling", ["eyJ-", "eyJaaaa.", "basic ", "token ", "a://", "whsec_", "token=", "aaa."]
)
def test_a_long_answer_takes_no_longer_than_its_length(filling):
    body = (filling * 65536)[:65536].encode()
    started = time.process_time()
    redact.redact_body(body)
    redact.redact_body(body + b" " * 65536)
    assert time.process_time() - started < 2


@given(st.text(max_size=2000), st.integers(0, 100))
def test_redacted_text_is_bounded_and_on_one_line(text, limit):
    result = redact.redact_text(text, limit)
    assert len(result) <= limit
    assert all(char.isprintable() for char in result)
