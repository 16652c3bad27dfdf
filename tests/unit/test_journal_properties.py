"""Properties of the journal outside the database."""

import json

from core_tools.journal import Fate, Kind, Outcome, fates, line, read
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.text(max_size=20)
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), KEYS, KEYS, st.sampled_from([*map(str, Outcome), ""])),
    max_size=4,
)
ENTRIES = st.lists(
    st.tuples(st.sampled_from(Kind), st.integers(0, 99), st.integers(1, 5), ROWS), max_size=12
)


def steps(entries):
    return list(read([line(*entry) for entry in entries]))


@given(ENTRIES)
def test_what_is_written_is_read(entries):
    found = [(s.kind, s.at, s.interface_id, s.uuid, s.key, s.message_type, s.outcome)
             for s in steps(entries)]  # fmt: skip
    assert found == [
        (kind, float(at), interface, *row) for kind, at, interface, rows in entries for row in rows
    ]


@given(ENTRIES, st.binary(max_size=40))
def test_damaged_lines_are_skipped(entries, garbage):
    lines = [line(*entry) for entry in entries]
    cut = [one[: len(one) // 2] for one in lines]
    assert list(read(cut)) == []
    mixed = [part for one in lines for part in (one, garbage.replace(b"\n", b""), b"[]", b"{}")]
    assert list(read(mixed)) == steps(entries)


@given(ENTRIES, st.integers(0, 99))
def test_only_since(entries, since):
    lines = [line(*entry) for entry in entries]
    assert list(read(lines, since)) == [step for step in steps(entries) if step.at >= since]


@given(ENTRIES)
def test_taken_is_taken(entries):
    found = fates(steps(entries))
    for uuid, fate in found.items():
        own = [s for s in steps(entries) if s.uuid == uuid and s.kind is not Kind.ACCEPTED]
        taken = any(s.kind is Kind.ENDED and s.outcome == Outcome.TAKEN for s in own)
        assert (fate.outcome is Outcome.TAKEN) == taken
    assert set(found) == {s.uuid for s in steps(entries) if s.kind is not Kind.ACCEPTED}


def fate_of(*kinds: str) -> Fate:
    """Fate of one message after steps such as ``"s"``, ``"taken"`` or ``"refused"``."""
    entries = [
        (Kind.SENDING, number, 1, [("a", "k", "t", "")])
        if kind == "s"
        else (Kind.ENDED, number, 1, [("a", "k", "t", kind)])
        for number, kind in enumerate(kinds)
    ]
    return fates(steps(entries))["a"]


def test_fates():
    assert fate_of("s").outcome is Outcome.UNKNOWN
    assert fate_of("s", "refused").outcome is Outcome.REFUSED
    assert fate_of("s", "unknown", "s", "refused").outcome is Outcome.UNKNOWN
    # The worker died during the first attempt: nobody knows what the partner got.
    assert fate_of("s", "s", "refused").outcome is Outcome.UNKNOWN
    assert fate_of("s", "refused", "s", "taken", "s", "refused").outcome is Outcome.TAKEN


def test_no_content():
    entry = json.loads(line(Kind.ACCEPTED, 1.0, 5, [("u", "k", "t", "")]))
    assert entry == {"k": "a", "t": 1.0, "i": 5, "m": [["u", "k", "t", ""]]}
