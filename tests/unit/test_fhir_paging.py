"""Paging and the watermark: no server, however it pages, leaves a gap or an endless search."""

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load

paging, watermark, address = load("fhir.paging"), load("fhir.watermark"), load("fhir.address")

BASE = "https://ehr.example/fhir"
BEGIN = datetime(2026, 11, 30, 3, 0)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


class Server:
    """A server that counts pages, whose resources change while they are read.

    :param changes: after the page of a number, the resource with this id changes
    :param sorts: whether it sorts by ``_lastUpdated``
    """

    def __init__(
        self, moments: list[int], changes: dict[int, int], *, sorts: bool, size: int
    ) -> None:
        self.moments = dict(enumerate(moments))
        self.versions = dict.fromkeys(self.moments, 1)
        self.changes = changes
        self.sorts = sorts
        self.size = size
        self.pages = 0
        self.clock = max(moments, default=0) + 10
        self.ever: dict[tuple[int, int], int] = {(n, 1): m for n, m in self.moments.items()}

    def ask(self, since: datetime | None, offset: int) -> bytes:
        found = [n for n, m in self.moments.items() if since is None or at(m) >= since]
        found.sort(key=(lambda n: (self.moments[n], n)) if self.sorts else (lambda n: n))
        page = found[offset : offset + self.size]
        raw = self._bundle(page, since, offset, more=offset + self.size < len(found))
        self.pages += 1
        changed = self.changes.get(self.pages)
        if changed in self.moments:
            self.clock += 1
            self.moments[changed] = self.clock
            self.versions[changed] += 1
            self.ever[changed, self.versions[changed]] = self.clock
        return raw

    def _bundle(self, page: list[int], since: object, offset: int, *, more: bool) -> bytes:
        used = f"{BASE}/Basic?" + ("_sort=_lastUpdated" if self.sorts else "x=1")
        links = [{"relation": "self", "url": used}]
        if more:
            links.append({"relation": "next", "url": f"{BASE}?_offset={offset + self.size}"})
        entries = [
            {
                "resource": {
                    "resourceType": "Basic",
                    "id": str(n),
                    "meta": {
                        "versionId": str(self.versions[n]),
                        "lastUpdated": watermark.written(at(self.moments[n])),
                    },
                }
            }
            for n in page
        ]
        value = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
        return json.dumps(value).encode()


def poll(server: Server, mark: datetime | None, overlap: int, known: set[str]) -> datetime | None:
    """One poll to its end; what a drain does."""
    walk, since = paging.Walk(since=watermark.start(mark, overlap)), None
    since = walk.since
    for _page in range(1000):
        offset = 0
        if walk.link:
            offset = int(walk.link.partition("_offset=")[2])
        else:
            since = walk.since
        page = paging.read(server.ask(since, offset))
        step = paging.step(walk, page, BASE, walk.link or BASE, at(server.clock), 900)
        known |= {entry.key for entry in page.entries}
        if step.mark is not None:
            mark = step.mark if mark is None else max(mark, step.mark)
        if step.walk is None:
            return mark
        walk = step.walk
    raise AssertionError("the search has no end")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    moments=st.lists(st.integers(0, 50), max_size=25),
    changes=st.dictionaries(st.integers(1, 12), st.integers(0, 24), max_size=8),
    size=st.integers(1, 6),
)
def test_a_sorted_search_leaves_no_gap_whatever_changes_meanwhile(
    moments: list[int], changes: dict[int, int], size: int
) -> None:
    """Without any overlap: after two polls each resource is known in its latest version."""
    # More than were changed at one instant: of those, pages have to be counted after all.
    size = max(size, 1 + max((moments.count(one) for one in moments), default=0))
    server, known = Server(moments, changes, sorts=True, size=size), set()
    mark = poll(server, None, 0, known)
    server.changes = {}
    poll(server, mark, 0, known)
    latest = {f"Basic/{n}/_history/{version}" for n, version in server.versions.items()}
    assert latest <= known


@settings(max_examples=200, deadline=None)
@given(
    moments=st.lists(st.integers(0, 50), min_size=1, max_size=25),
    size=st.integers(1, 6),
    sorts=st.booleans(),
)
def test_a_quiet_server_is_read_once_from_end_to_end(
    moments: list[int], size: int, sorts: bool
) -> None:
    server, known = Server(moments, {}, sorts=sorts, size=size), set()
    mark = poll(server, None, 0, known)
    assert len(known) == len(moments)
    assert mark == at(max(moments))


def page(*moments: float, sorts: bool = False, link: str | None = None) -> object:
    entries = tuple(paging.Entry(f"Basic/{m}", {}, at(m)) for m in moments)
    return paging.Page(entries, tuple(at(m) for m in moments), link, sorts)


def test_a_repeated_page_is_noticed_by_its_content() -> None:
    step = paging.step(paging.Walk(), page(1, 2, link="?p=1"), BASE, BASE, at(99), 10)
    with pytest.raises(paging.PageRepeated):
        paging.step(step.walk, page(1, 2, link="?p=2"), BASE, BASE, at(99), 10)


def test_a_repeated_link_is_noticed() -> None:
    step = paging.step(paging.Walk(), page(1, link="?p=1"), BASE, BASE, at(99), 10)
    with pytest.raises(paging.PageRepeated):
        paging.step(step.walk, page(2, link="?p=1"), BASE, BASE, at(99), 10)


def test_empty_pages_are_passed_until_there_are_too_many() -> None:
    walk = paging.Walk()
    for number in range(9):
        walk = paging.step(walk, page(link=f"?p={number}"), BASE, BASE, at(99), 10).walk
    with pytest.raises(paging.TooManyPages):
        paging.step(walk, page(link="?p=9"), BASE, BASE, at(99), 10)


def test_a_server_that_ignores_the_time_is_not_hopped_over() -> None:
    walk = paging.Walk(since=at(50))
    step = paging.step(walk, page(1, 60, sorts=True, link="?p=1"), BASE, BASE, at(99), 10)
    assert step.walk.link
    assert step.mark is None


def test_the_mark_of_an_unsorted_search_is_not_after_its_begin() -> None:
    """What changed while it was read may have been missed: the next poll looks again."""
    first = paging.step(paging.Walk(), page(1, 2, link="?p=1"), BASE, BASE, at(10), 10)
    last = paging.step(first.walk, page(3, 50), BASE, BASE, at(60), 10)
    assert last.mark == at(10)


def test_what_is_included_does_not_move_the_mark() -> None:
    def resource(number: int, seconds: int) -> dict:
        meta = {"versionId": "1", "lastUpdated": watermark.written(at(seconds))}
        return {"resourceType": "Basic", "id": str(number), "meta": meta}

    entries = [
        {"resource": resource(1, 5), "search": {"mode": "match"}},
        {"resource": resource(2, 500), "search": {"mode": "include"}},
        {
            "resource": {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "warning", "code": "not-supported"}],
            },
            "search": {"mode": "outcome"},
        },
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    found = paging.read(json.dumps(bundle).encode())
    assert [entry.key for entry in found.entries] == ["Basic/1/_history/1", "Basic/2/_history/1"]
    assert found.newest == at(5)
    assert [issue.code for issue in found.remarks] == ["not-supported"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"resourceType": "Basic"}',
        b'{"resourceType": "Bundle", "type": "history"}',
        b'{"resourceType": "Bundle", "type": "searchset", "entry": {}, "x": 1}'[:-1] + b"}",
        b'{"resourceType": "Bundle", "type": "searchset", "entry": [1]}',
        b'{"resourceType": "Bundle", "type": "searchset", "entry": [{}]}',
        b'{"resourceType": "Bundle", "type": "searchset", "entry": "x"}',
        b"[" * 100 + b"]" * 100,
    ],
)
def test_what_is_no_page_is_refused(raw: bytes) -> None:
    if raw.startswith(b'{"resourceType": "Bundle", "type": "searchset", "entry": {}'):
        raw = b'{"resourceType": "Bundle", "type": "searchset", "entry": {"a": 1}}'
    with pytest.raises(paging.PageUnusable):
        paging.read(raw)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T03:00:00Z", at(0)),
        ("2026-11-30T04:00:01.5+01:00", at(1.5)),
        ("2026-11-29T22:00:01.123456789-05:00", at(1.123456)),
        ("2026-11-30T03:00:00", None),
        ("2026-11-30", None),
        ("2026-13-30T03:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        (7, None),
        (None, None),
    ],
)
def test_instants(text: object, moment: datetime | None) -> None:
    assert watermark.read(text) == moment


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_what_is_asked_for_is_never_later_than_what_was_seen(moment: datetime) -> None:
    asked = watermark.read(watermark.written(moment))
    assert asked <= moment < asked + timedelta(milliseconds=1)


def test_the_mark_never_goes_back_nor_beyond_the_server() -> None:
    assert watermark.reached(at(5), None, at(9)) == at(5)
    assert watermark.reached(at(5), at(3), at(9)) == at(5)
    assert watermark.reached(at(5), at(7), at(9)) == at(7)
    assert watermark.reached(at(5), at(99), at(9)) == at(9)
    assert watermark.reached(None, at(99), at(9)) == at(9)
