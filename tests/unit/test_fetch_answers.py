"""What an answer to a request for content means for its message."""

import pytest
from core_tools import errors
from core_tools.http_client import HttpResponse

from tests.unit.load_webhooks import load

fetch_answers = load("fetch_answers")

LIMIT = 4096


def refusal(status, body=b'{"a": "1"}', *, truncated=False, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = HttpResponse(status, names, body, truncated, 0.1, "192.0.2.1")
    return fetch_answers.refusal(answer, LIMIT)


@pytest.mark.parametrize("status", [200, 201, 203, 226])
def test_a_success_with_a_body_is_content(status):
    assert refusal(status) is None
    assert refusal(status, content_encoding="identity") is None


@pytest.mark.parametrize(
    ("status", "error_class", "code"),
    [
        (202, "transient", "http_202"),
        (204, "permanent", "content_unusable"),
        (205, "permanent", "content_unusable"),
        (206, "permanent", "content_unusable"),
        (302, "permanent", "http_302"),
        (304, "permanent", "content_unusable"),
        (400, "permanent", "http_400"),
        (401, "transient", "http_401"),
        (404, "transient", "content_missing"),
        (410, "permanent", "content_missing"),
        (429, "throttled", "http_429"),
        (500, "transient", "http_500"),
        (503, "throttled", "http_503"),
    ],
)
def test_everything_else_is_none(status, error_class, code):
    error = refusal(status)
    assert (str(error.error_class), error.code) == (error_class, code)
    assert str(status) in error.message
    assert fetch_answers.is_missing(error) is (status in (404, 410))


def test_what_speaks_of_one_content_says_nothing_of_the_endpoint():
    assert [refusal(status).of_message for status in (404, 410, 204, 304)] == [True] * 4
    assert [refusal(status).of_message for status in (401, 500, 503, 202)] == [False] * 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal(200, b"x" * LIMIT, truncated=True), "answer_too_large"),
        (refusal(200, b"x", truncated=True), "answer_broken_off"),
        (refusal(200, content_encoding="gzip"), "content_unusable"),
        (refusal(200, b""), "content_unusable"),
    ],
)
def test_bodies_that_are_no_content(error, code):
    assert error.code == code
    permanent = error.error_class is errors.ErrorClass.PERMANENT
    assert permanent is (code != "answer_broken_off"), "what broke off may come whole next time"
