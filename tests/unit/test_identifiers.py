"""Identifiers that are made for every message."""

import time
import uuid

from core_tools import identifiers
from core_tools.identifiers import ordered_uuid, ordered_uuids, random_hex, random_hexes


def test_is_a_uuid_of_version_7():
    text = ordered_uuid()
    read = uuid.UUID(text)
    assert (str(read), read.version, read.variant) == (text, 7, uuid.RFC_4122)


def test_begins_with_the_time():
    before = time.time_ns() // 1_000_000
    moment = uuid.UUID(ordered_uuid()).int >> 80
    assert before <= moment <= time.time_ns() // 1_000_000


def test_later_ones_stand_behind_earlier_ones(monkeypatch):
    found = []
    for second in (1_800_000_000, 1_800_000_001, 1_900_000_000):
        monkeypatch.setattr(time, "time_ns", lambda second=second: second * 1_000_000_000)
        found.append(ordered_uuid())
    assert found == sorted(found)


def test_those_of_one_moment_differ(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    assert len({ordered_uuid() for _number in range(10_000)}) == 10_000


def test_every_bit_of_chance_is_used(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    monkeypatch.setattr(identifiers.os, "urandom", lambda size: b"\xff" * size)
    assert ordered_uuid() == "00000000-0000-7fff-bfff-ffffffffffff"
    monkeypatch.setattr(identifiers.os, "urandom", lambda size: b"\0" * size)
    assert ordered_uuid() == "00000000-0000-7000-8000-000000000000"


def test_hex_is_never_all_zero(monkeypatch):
    given = iter([b"\0\0", b"\x01\0"])
    monkeypatch.setattr(identifiers.os, "urandom", lambda size: next(given))
    assert random_hex(2) == "0100"


def test_many_at_once_are_as_if_made_alone(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    found = ordered_uuids(1000)
    assert found == sorted(set(found))
    assert len(found) == 1000
    for text in found:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 7, uuid.RFC_4122)
        assert read.int >> 80 == 1_800_000_000_000
    # Each takes bytes of its own.
    assert len({text[-12:] for text in found}) == 1000
    assert ordered_uuids(0) == []


def test_many_hex_differ_and_none_is_all_zero(monkeypatch):
    assert len(set(random_hexes(8, 1000))) == 1000
    assert {len(one) for one in random_hexes(8, 10)} == {16}
    given = iter([b"\x01\0" + b"\0\0" + b"\0\x02", b"\0\x03"])
    monkeypatch.setattr(identifiers.os, "urandom", lambda size: next(given))
    assert random_hexes(2, 3) == ["0100", "0003", "0002"]
