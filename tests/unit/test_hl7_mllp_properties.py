"""Framing: whatever the pieces that bytes arrive in, the same comes out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

mllp = load("hl7.mllp")
Frame, Garbage, Truncated, TooLong, Cut = (
    mllp.Frame,
    mllp.Garbage,
    mllp.Truncated,
    mllp.TooLong,
    mllp.Cut,
)

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
PIECES = st.lists(st.sampled_from([VT, FS, CR, b"a", b"bc", b"\n", b"\x00", FS + CR, b"d" * 9]))
MESSAGES = st.lists(
    st.sampled_from([hl7_corpus.data(name) for name in hl7_corpus.NAMES])
    | st.binary(max_size=30).map(lambda data: data.replace(VT, b"").replace(FS, b"")),
    max_size=6,
)


def chunks(data, sizes):
    """The data in pieces of the given sizes, again and again."""
    start, number = 0, 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        yield data[start : start + size]
        start, number = start + size, number + 1


def decoded(data, sizes=(10_000_000,), **options):
    decoder = mllp.Decoder(**options)
    found = [item for chunk in chunks(data, sizes) for item in decoder.feed(chunk)]
    return found + decoder.close()


@given(MESSAGES, st.lists(st.integers(1, 50), min_size=1, max_size=9), st.booleans())
def test_messages_arrive_in_any_pieces(messages, sizes, strict):
    data = b"".join(map(mllp.encode, messages))
    assert decoded(data, sizes, strict=strict) == [Frame(one) for one in messages]


@given(PIECES, st.lists(st.integers(1, 7), min_size=1, max_size=5), st.booleans())
def test_pieces_change_nothing_whatever_the_bytes(pieces, sizes, strict):
    data = b"".join(pieces)

    def known(items):
        # Garbage is counted up to the next frame; what was skipped depends on nothing.
        return [item for item in items if not isinstance(item, TooLong)]

    options = {"strict": strict, "max_size": 12}
    whole = decoded(data, **options)
    assert known(decoded(data, sizes, **options)) == known(whole)
    assert len(decoded(data, sizes, **options)) == len(whole)


@given(PIECES, st.booleans())
def test_no_byte_is_lost(pieces, strict):
    """What came in is what came out, but for the bytes of the framing."""
    data = b"".join(pieces)
    size = 0
    for item in decoded(data, strict=strict):
        size += item.size if isinstance(item, Garbage) else len(item.data) + 1
        if isinstance(item, Frame):
            size += 2 if strict else 1
    assert size <= len(data)
    if strict:
        assert size == len(data)


@pytest.mark.parametrize(
    ("data", "strict", "items"),
    [
        (VT + b"a" + FS + CR, True, [Frame(b"a")]),
        (VT + FS + CR, True, [Frame(b"")]),
        (b"xx" + VT + b"a" + FS + CR + b"\n" + VT + b"b" + FS + CR, True,
         [Garbage(2), Frame(b"a"), Garbage(1), Frame(b"b")]),
        (VT + b"a", True, [Truncated(b"a", Cut.CLOSED)]),
        (VT + b"a" + FS, True, [Truncated(b"a" + FS, Cut.CLOSED)]),
        (VT + b"a" + FS, False, [Frame(b"a")]),
        (VT + b"a" + VT + b"b" + FS + CR, True, [Truncated(b"a", Cut.RESTART), Frame(b"b")]),
        # A message without its CR: strictly, the next one breaks it off.
        (VT + b"a" + FS + VT + b"b" + FS + CR, True,
         [Truncated(b"a" + FS, Cut.RESTART), Frame(b"b")]),
        (VT + b"a" + FS + VT + b"b" + FS + CR, False, [Frame(b"a"), Frame(b"b")]),
        (VT + b"a" + FS + b"b" + FS + CR, True, [Frame(b"a" + FS + b"b")]),
        (VT + b"a" + FS + b"bb" + FS + CR, False, [Frame(b"a"), Garbage(4)]),
        (VT + b"a" + FS + CR + CR, False, [Frame(b"a"), Garbage(1)]),
        (b"", True, []),
        (b"GET / HTTP/1.1\r\n\r\n", True, [Garbage(18)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sizes", [(1,), (2,), (1000,)])
def test_what_is_not_a_whole_frame(data, strict, items, sizes):
    assert decoded(data, sizes, strict=strict) == items


@pytest.mark.parametrize("sizes", [(1,), (3,), (1000,)])
def test_the_longest_message_and_one_byte_more(sizes):
    fits, longer = VT + b"a" * 10 + FS + CR, VT + b"b" * 11 + FS + CR
    after = VT + b"c" + FS + CR
    found = decoded(fits + longer + after + longer, sizes, max_size=10)
    assert found == [Frame(b"a" * 10), TooLong(b"b" * 10), Frame(b"c"), TooLong(b"b" * 10)]
    # One that never ends is told once, and ends with the connection, or where another begins.
    assert decoded(VT + b"b" * 1000, sizes, max_size=10) == [TooLong(b"b" * 10)]
    assert decoded(VT + b"b" * 99 + after, sizes, max_size=10) == [TooLong(b"b" * 10), Frame(b"c")]


def test_a_message_that_is_too_long_does_not_fill_the_memory():
    decoder = mllp.Decoder(max_size=1000)
    decoder.feed(VT)
    for _number in range(100):
        decoder.feed(b"x" * 1000)
        assert len(decoder._buffer) <= 2000


def test_frames_come_out_as_soon_as_they_are_whole():
    decoder = mllp.Decoder()
    assert decoder.is_idle
    assert decoder.feed(VT + b"a" + FS) == []
    assert not decoder.is_idle
    assert decoder.feed(CR) == [Frame(b"a")]
    assert decoder.is_idle
    assert mllp.Decoder(strict=False).feed(VT + b"a" + FS) == [Frame(b"a")]


def test_a_decoder_begins_anew_after_the_end():
    decoder = mllp.Decoder()
    decoder.feed(VT + b"half")
    decoder.close()
    assert decoder.feed(mllp.encode(b"whole")) == [Frame(b"whole")]
    assert decoder.close() == []


@pytest.mark.parametrize("data", [b"a\x0bb", b"a\x1cb", b"\x1c\r"])
def test_what_no_frame_can_hold(data):
    with pytest.raises(mllp.FramingError):
        mllp.encode(data)


@pytest.mark.parametrize("piece", [b"\x0b", b"\x0b\x1c", b"A\x0bA\x1c\r"])
def test_many_frames_in_one_piece_cost_as_much_as_each(piece):
    """32 times as many take about 32 times as long; copying the rest each time, it were 1,000.

    Caches and other work on the machine add to it: 72 times was seen.
    """

    def cost(count):
        decoder = mllp.Decoder(strict=False)
        begun = time.process_time()
        decoder.feed(piece * count)
        return time.process_time() - begun

    few, many = (min(cost(count) for _each in range(2)) for count in (8_000, 256_000))
    assert many < 250 * few
