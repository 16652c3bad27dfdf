"""What partners may write above their answers."""

import io
from http.client import HTTPException, parse_headers

import pytest
from core_tools.http_wire import read_headers
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.http_exchange import post
from tests.unit.wire_server import WireServer, answering, read_request

NAMES = st.text("abcXYZ-_1", min_size=1, max_size=8)
TEXTS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"),
    max_size=20,
)


def read(raw: bytes) -> dict[str, str]:
    return read_headers(io.BytesIO(raw))


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=12))
def test_reads_what_the_parser_of_mails_reads(pairs):
    raw = b"".join(f"{name}:{text}\r\n".encode("latin-1") for name, text in pairs) + b"\r\n"
    expected: dict[str, str] = {}
    for name, value in parse_headers(io.BytesIO(raw)).items():
        known, value = name.lower(), value.strip(" \t")
        expected[known] = f"{expected[known]}, {value}" if known in expected else value
    assert read(raw) == expected


@given(st.binary(max_size=200))
def test_ends_with_headers_or_with_a_refusal(raw):
    try:
        found = read(raw)
    except HTTPException:
        return
    assert all(name == name.lower() and "\n" not in name + text for name, text in found.items())


def test_folded_lines_belong_together():
    assert read(b"A: one\r\n\ttwo\r\n  three\r\nB: x\r\n\r\n") == {"a": "one two three", "b": "x"}
    assert read(b" lost\r\nB: x\r\n\r\n") == {"b": "x"}


def test_what_is_no_header_is_left_out():
    raw = b"nonsense\r\n folded nonsense\r\nContent-Length : 5\r\n: x\r\nA: 1\r\n\r\n"
    assert read(raw) == {"a": "1"}


@pytest.mark.parametrize("raw", [b"A: 1\r\n" * 101, b"A: " + b"x" * 65536 + b"\r\n\r\n"])
def test_there_are_limits(raw):
    with pytest.raises(HTTPException):
        read(raw)


def answer(client, *lines: str, body: bytes = b"hello"):
    raw = "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body
    with WireServer(answering(lambda *_: raw)) as server:
        return client.send(post(server.port))


def test_a_length_that_is_told_twice(client):
    assert answer(client, "Content-Length: 5", "Content-Length: 5").body == b"hello"


def test_lengths_that_contradict_each_other_are_no_answer(client):
    with pytest.raises(Exception, match="not HTTP") as caught:
        answer(client, "Content-Length: 5", "Content-Length: 4")
    assert caught.value.code == "bad_response"


@pytest.mark.parametrize("text", ["-1", "+5", "5x", "", "5 5", "9" * 30])
def test_a_length_that_is_none_lasts_to_the_end_of_the_connection(client, text):
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: {text}\r\n\r\n".encode() + b"hello"

    def script(connection):
        read_request(connection)
        connection.sendall(raw)

    with WireServer(script) as server:
        assert client.send(post(server.port)).body == b"hello"
