"""Headers, and dates and times with all they leave open."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

errors = load("hl7.errors")
header = load("hl7.header")
message = load("hl7.message")
timestamps = load("hl7.timestamps")

BERLIN = ZoneInfo("Europe/Berlin")
Precision = timestamps.Precision


def head(text: str):
    return header.Header.of(message.parse(text.encode()))


def test_a_header():
    found = header.Header.of(message.parse(hl7_corpus.data("adt_a01")))
    assert (found.sending_application, found.sending_facility) == ("EPIC", "STMARY")
    assert (found.receiving_application, found.receiving_facility) == ("ODOO", "HUB")
    assert (found.type, found.trigger, found.structure) == ("ADT", "A01", "ADT_A01")
    assert (found.control_id, found.processing_id, found.version) == ("100001", "P", "2.5.1")
    assert (found.accept, found.application) == (header.AckWhen.ALWAYS, header.AckWhen.NEVER)
    assert found.sequence_number is None
    assert found.sent_at().utc == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_what_headers_leave_open():
    found = head(
        "MSH|^~\\&|^1.2.3^ISO|||||||ADT|7|T^R|2.1|-1\rEVN|A08\r".replace("|||||||", "||||||", 1)
    )
    assert found.sending_application == "1.2.3"
    assert (found.type, found.trigger, found.structure) == ("ADT", "A08", "")
    assert found.sequence_number == -1
    assert found.sent_at() is None


@pytest.mark.parametrize(
    ("text", "place", "condition"),
    [
        ("MSH|^~\\&|A|||||||1|P|2.5", "MSH-9", "101"),
        ("MSH|^~\\&|A||||||ADT^A01||P|2.5", "MSH-10", "101"),
        ("MSH|^~\\&|A||||||ADT^A01|1|P|", "MSH-12", "101"),
        ('MSH|^~\\&|A||||||ADT^A01|""|P|2.5', "MSH-10", "101"),
        ("MSH|^~\\&|A||||||ADT^A01|1|P|2.5|x", "MSH-13", "102"),
        ("MSH|^~\\&|A||||||ADT^A01|1|P|2.5|||XX", "MSH-15", "103"),
        ("MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||XX", "MSH-16", "103"),
    ],
)
def test_headers_that_cannot_be(text, place, condition):
    with pytest.raises(errors.Hl7Error) as caught:
        head(text)
    assert (str(caught.value.place), caught.value.condition) == (place, condition)


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("2026", datetime(2026, 1, 1), Precision.YEAR),
        ("202611", datetime(2026, 11, 1), Precision.MONTH),
        ("20261129", datetime(2026, 11, 29), Precision.DAY),
        ("2026112909", datetime(2026, 11, 29, 9), Precision.HOUR),
        ("202611290930", datetime(2026, 11, 29, 9, 30), Precision.MINUTE),
        ("20261129093015", datetime(2026, 11, 29, 9, 30, 15), Precision.SECOND),
        ("20261129093015.1", datetime(2026, 11, 29, 9, 30, 15, 100000), Precision.FRACTION),
        ("20261129093015.1234", datetime(2026, 11, 29, 9, 30, 15, 123400), Precision.FRACTION),
    ],
)
def test_each_precision(text, value, precision):
    found = timestamps.parse(text)
    assert (found.value, found.precision, found.has_offset) == (value, precision, False)
    assert timestamps.parse(text, BERLIN).value == value.replace(tzinfo=BERLIN)
    with_offset = timestamps.parse(f"{text}-0330", BERLIN)
    assert with_offset.has_offset
    assert with_offset.value.replace(tzinfo=None) == value
    assert with_offset.value.utcoffset() == -timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    "text",
    [
        *("", "20", "26-11-29", "20261", "20261301", "20260230", "2026112924", "202611290960"),
        *("20261129093060", "20261129093015.", "20261129093015,1", "20261129+1", "20261129+0160"),
        *(
            "20261129+1500",
            "2026112909301",
            "00000101",
            "\uff12026",
            "20261129 ",
            '""',
            "202611290930Z",
        ),
    ],
)
def test_what_is_no_time(text):
    with pytest.raises(errors.TimestampFault) as caught:
        timestamps.parse(text, BERLIN, errors.Place("EVN", field=2))
    assert str(caught.value.place) == "EVN-2"
    assert caught.value.condition == "102"


def test_the_hour_that_comes_twice_and_the_one_that_never_comes():
    twice = timestamps.parse("202610250230", BERLIN)
    assert (twice.ambiguous, twice.imaginary) == (True, False)
    never = timestamps.parse("202603290230", BERLIN)
    assert (never.ambiguous, never.imaginary) == (False, True)
    for flagged in (twice, never, timestamps.parse("202610250230")):
        with pytest.raises(errors.TimestampFault):
            _ = flagged.utc
    told = timestamps.parse("202610250230+0100", BERLIN)
    assert not told.ambiguous
    assert told.utc == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    day = timestamps.parse("20261025", BERLIN)
    assert not day.ambiguous
    assert timestamps.parse("202610250130", BERLIN).utc == datetime(
        2026, 10, 24, 23, 30, tzinfo=UTC
    )
    assert timestamps.parse("202610250300", BERLIN).utc == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_the_ends_of_the_calendar():
    for text in ("00010101000000", "99991231235959"):
        for zone in (BERLIN, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")):
            with suppress(errors.TimestampFault):
                _ = timestamps.parse(text, zone).utc
    with pytest.raises(errors.TimestampFault):
        _ = timestamps.parse("00010101000000+0100").utc


@given(
    st.datetimes(timezones=st.sampled_from([UTC, BERLIN, ZoneInfo("Asia/Kolkata")]) | st.none()),
    st.sampled_from(list(Precision)),
)
def test_what_is_written_is_read_again(value, precision):
    try:
        text = timestamps.build(value, precision)
    except errors.TimestampFault:
        # Before standard time a zone's offset had seconds.
        assert value.utcoffset().total_seconds() % 60
        return
    found = timestamps.parse(text)
    assert found.precision is precision
    assert timestamps.build(found.value, precision) == text
    if precision is Precision.FRACTION:
        left = value.replace(microsecond=value.microsecond // 100 * 100)
        assert found.value.replace(tzinfo=None) == left.replace(tzinfo=None)
        assert found.value.utcoffset() == value.utcoffset()


@given(st.text(alphabet="0123456789.+-", max_size=26))
def test_any_text_is_a_time_or_a_typed_fault(text):
    try:
        found = timestamps.parse(text, BERLIN)
        assert timestamps.build(found.value.replace(tzinfo=None), found.precision)[:4] == text[:4]
    except errors.TimestampFault:
        pass
