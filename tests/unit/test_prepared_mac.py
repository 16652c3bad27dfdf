"""The authentication code of a prepared key is the one of the standard library."""

import hmac

import pytest
from core_tools.prepared_mac import PreparedMac
from hypothesis import given
from hypothesis import strategies as st


@given(key=st.binary(max_size=64), messages=st.lists(st.binary(max_size=200), max_size=4))
def test_is_what_the_standard_library_makes(key, messages):
    mac = PreparedMac(key)
    for message in messages:
        assert mac.hex_of(message) == hmac.digest(key, message, "sha256").hex()


@pytest.mark.parametrize(
    ("key", "message", "beginning"),
    [  # RFC 4231, test cases 1 to 3
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a7"),
    ],
)
def test_vectors(key, message, beginning):
    assert PreparedMac(key).hex_of(message).startswith(beginning)


def test_a_longer_key_is_refused():
    with pytest.raises(ValueError, match="64 bytes"):
        PreparedMac(b"k" * 65)


def test_shows_no_key():
    assert "secret" not in repr(PreparedMac(b"secret"))
