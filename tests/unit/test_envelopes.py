"""Envelopes, with the CloudEvents SDK as an independent reader."""

import json
from datetime import UTC, datetime

from cloudevents.core.bindings import http
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

envelopes = load("envelopes")

printable = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "M"]), min_size=1, max_size=30
).filter(str.isprintable)
plain = st.text("abcXYZ019._~:/?#[]@!$&'()*+,;=%-", min_size=1, max_size=30)
json_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
messages = st.builds(
    envelopes.Message,
    id=printable,
    type=printable,
    occurred_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    data=json_data,
    source=plain,
    subject=st.none() | printable,
    dataschema=st.none() | plain.map(lambda text: f"https:{text}"),
    extensions=st.dictionaries(
        st.from_regex(r"x[a-z0-9]{1,15}", fullmatch=True), printable, max_size=3
    ),
)


def agrees(event, message):
    assert event.get_id() == message.id
    assert event.get_type() == message.type
    assert event.get_source() == message.source
    assert event.get_subject() == message.subject
    assert event.get_dataschema() == message.dataschema
    moment = message.occurred_at
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    assert event.get_time() == cut
    assert event.get_data() == message.data
    for name, value in message.extensions.items():
        assert event.get_extension(name) == value


@settings(max_examples=50)
@given(messages)
def test_the_sdk_reads_structured_mode(message):
    content = envelopes.wrap("structured", [message])
    agrees(http.from_http_event(http.HTTPMessage(dict(content.headers), content.body)), message)


@settings(max_examples=50)
@given(messages)
def test_the_sdk_reads_binary_mode(message):
    content = envelopes.wrap("binary", [message])
    for value in content.headers.values():
        assert value.isascii()
        assert value.isprintable()
        assert " " not in value
    agrees(http.from_http_event(http.HTTPMessage(dict(content.headers), content.body)), message)


@settings(max_examples=25)
@given(st.lists(messages, min_size=1, max_size=3))
def test_each_event_of_a_batch_is_one_in_structured_mode(several):
    events = json.loads(envelopes.wrap("batch", several).body)
    assert len(events) == len(several)
    for event, message in zip(events, several, strict=True):
        raw = json.dumps(event).encode()
        agrees(http.from_structured_event(http.HTTPMessage({}, raw)), message)


@settings(max_examples=50)
@given(messages, st.sampled_from(list(envelopes.Envelope)))
def test_equal_messages_have_equal_bytes(message, envelope):
    shuffled = json.loads(json.dumps(message.data))
    if isinstance(shuffled, dict):
        shuffled = dict(reversed(shuffled.items()))
    copy = envelopes.replace(message, data=shuffled)
    assert envelopes.wrap(envelope, [copy]) == envelopes.wrap(envelope, [message])
