"""Which version of a credential signs and which ones verify, at any moment."""

from datetime import datetime, timedelta

import pytest
from core_tools import credential_versions
from core_tools.credential_versions import Span, VersionState, state_of
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 22, 12)
HOUR = timedelta(hours=1)

moments = st.one_of(st.none(), st.integers(-50, 50).map(lambda hours: NOW + timedelta(hours=hours)))


@st.composite
def version_lists(draw):
    count = draw(st.integers(0, 5))
    return [
        Span(
            number=number,
            not_before=draw(moments),
            sign_from=draw(moments),
            ends=draw(moments),
            revoked=draw(st.booleans()),
            empty=draw(st.booleans()),
        )
        for number in range(count)
    ]


@given(version_lists(), st.integers(-60, 60))
def test_what_signs_verifies_and_only_one_does(spans, hours):
    moment = NOW + timedelta(hours=hours)
    states = [state_of(span, spans, moment) for span in spans]
    assert states.count(VersionState.SIGNING) <= 1
    able = credential_versions.signers(spans, moment)
    assert all(span.valid_at(moment) for span in able)
    if able:
        assert states[spans.index(able[0])] is VersionState.SIGNING
        assert able[0].number == max(span.number for span in able)
    for span, state in zip(spans, states, strict=True):
        if state in (VersionState.SIGNING, VersionState.VERIFYING):
            assert span.valid_at(moment)
        if state in (VersionState.REVOKED, VersionState.EXPIRED, VersionState.EMPTY):
            assert not span.valid_at(moment)


@given(
    st.integers(0, 200),
    st.integers(0, 200),
    st.lists(st.integers(0, 500), min_size=1, max_size=40),
)
def test_a_rotation_leaves_no_gap(lead, overlap, looks):
    """From its beginning on there is always a version that signs, and both are accepted until the
    end of the overlap."""
    sign_from = NOW + lead * HOUR
    old = Span(1, ends=sign_from + overlap * HOUR)
    new = Span(2, not_before=NOW, sign_from=sign_from if lead else None)
    for hours in looks:
        moment = NOW + hours * HOUR
        signing = credential_versions.signers([old, new], moment)
        assert signing, hours
        assert signing[0] is (old if moment < sign_from else new)
        assert new.valid_at(moment)
        assert old.valid_at(moment) == (moment < sign_from + overlap * HOUR)


def test_ends_are_not_included():
    span = Span(1, not_before=NOW, ends=NOW + HOUR)
    assert span.valid_at(NOW)
    assert not span.valid_at(NOW + HOUR)
    assert state_of(span, [span], NOW + HOUR) is VersionState.EXPIRED
    assert state_of(span, [span], NOW - HOUR) is VersionState.COMING


def test_an_old_version_that_ends_is_no_reason_to_worry():
    old, new = Span(1, ends=NOW + HOUR), Span(2)
    assert credential_versions.last_end([old, new], NOW) is None
    assert credential_versions.last_end([old], NOW) == NOW + HOUR
    assert credential_versions.last_end([old, Span(2, ends=NOW + 5 * HOUR)], NOW) == NOW + 5 * HOUR
    assert credential_versions.last_end([Span(3, ends=NOW - HOUR)], NOW) is None


@pytest.mark.parametrize(
    ("days", "told", "due"),
    [
        (40, None, None),
        (30, None, 30),
        (29, 30, None),
        (14, 30, 14),
        (6.5, 14, 7),
        (0.9, None, 1),
        (0.9, 1, None),
        (0, 1, 0),
        (-5, 30, 0),
        (-5, 0, None),
    ],
)
def test_each_notice_is_given_once(days, told, due):
    assert credential_versions.notice_due(NOW + timedelta(days=days), NOW, told) == due


@given(st.lists(st.floats(-3, 60), min_size=1, max_size=30))
def test_no_notice_twice(looks):
    ends = NOW + timedelta(days=60)
    told, given_notices = None, []
    for left in sorted(looks, reverse=True):
        due = credential_versions.notice_due(ends, ends - timedelta(days=left), told)
        if due is not None:
            told = due
            given_notices.append(due)
    assert given_notices == sorted(set(given_notices), reverse=True)
