"""Requests that hold several messages, with the CloudEvents SDK as independent writer."""

import json

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from core_tools import canonical_json
from core_tools.errors import ContractError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_webhooks import load

batches = load("batches")
requests = load("request")
options = load("options")
signature = load("signature")

SECRET = "Jane-Doe-12345"
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
plain = st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
few = settings(max_examples=40)


def split(body, content_type="application/json", headers=None, **raw):
    fields = {"Content-Type": content_type, **(headers or {})}
    asked = requests.InboundRequest("POST", "https://h/x", requests.Headers(fields), body)
    return batches.split(asked, options.read_options(batches.BatchOptions, raw))


def fault(*arguments, **raw):
    with pytest.raises(ContractError) as caught:
        split(*arguments, **raw)
    assert SECRET not in caught.value.message
    return caught.value


# -- arrays ------------------------------------------------------------------------------------


@few
@given(items=st.lists(values, max_size=5), indent=st.none() | st.integers(0, 2))
def test_items_of_an_array_keep_their_bytes(items, indent):
    text = json.dumps(items, indent=indent)
    found = split(text.encode(), form="array")
    assert [json.loads(item.body) for item in found] == items
    assert all(item.body.decode() in text for item in found)
    wrapped = json.dumps({"a": [1], "b": "value", "value": items, "z": {}}, indent=indent)
    again = split(b"\xef\xbb\xbf" + wrapped.encode(), form="array", member="value")
    assert [json.loads(item.body) for item in again] == items


def test_numbers_stay_as_they_were_written():
    (item,) = split(b' [ {"price": 1.10e2, "big": 123456789012345678901234567890} ] ', form="array")
    assert item.body == b'{"price": 1.10e2, "big": 123456789012345678901234567890}'


def test_ids_and_types_are_found():
    body = b'[{"id": "a", "t": {"y": "x"}}, {"id": 7}, {"id": ""}, {}, 5, {"id": true}]'
    found = split(body, form="array", id_path="id", type_path="t.y || 'none'")
    assert [item.id for item in found] == ["a", "7", None, None, None, None]
    assert [item.message_type for item in found] == ["x", *["none"] * 5]
    for bad in ("é", "x" * 256, "a\n"):
        raw = json.dumps([{"id": "ok"}, {"id": bad}]).encode()
        assert "item 1" in fault(raw, form="array", id_path="id").message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1]]",
        b"[1] 2",
        b"[NaN]",
        b'[{"a": 1, "a": 2}]',
        b"\xff",
        b'["\\u0000"]',
        b'[{"Jane-Doe-12345": }]',
        b"[" * 100_000,
        b"[" + b"[" * 65 + b"]" * 66,
        b"[1, nul]",
    ],
)
def test_an_array_is_read_whole_or_not_at_all(body):
    assert fault(body, form="array").code == "malformed_batch"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"value": {}}', b'{"value": [1], "value": [2]}'])
def test_a_member_that_is_no_array(body):
    assert fault(body, form="array", member="value").code in ("malformed_batch", "malformed_json")


def test_batches_have_a_limit():
    body = json.dumps(list(range(1000))).encode()
    assert len(split(body, form="array")) == 1000
    assert "at most 999 items" in fault(body, form="array", max_items=999).message
    assert split(b"[]", form="array") == []


@settings(max_examples=150)
@given(text=st.text('[]{},:"a1 \\', max_size=14))
def test_what_is_split_is_what_a_strict_reader_reads(text):
    body = text.encode()
    try:
        found = [canonical_json.loads(item.body) for item in split(body, form="array")]
    except ContractError:
        found = None
    try:
        whole = canonical_json.loads(body)
    except canonical_json.JsonError:
        whole = None
    assert found == (whole if isinstance(whole, list) else None)


def test_options_that_do_not_go_together():
    for raw in (
        {"form": "rows"},
        {"max_items": 0},
        {"form": "single", "id_path": "id"},
        {"form": "array", "member": "a\nb"},
        {"form": "array", "id_path": "a["},
    ):
        with pytest.raises(options.OptionsInvalid):
            split(b"[]", **raw)


# -- CloudEvents -------------------------------------------------------------------------------

attributes = st.fixed_dictionaries(
    {"id": plain, "source": plain.map(lambda t: f"/{t.encode().hex()}"), "type": plain},
    optional={"subject": plain, "ordernumber": plain},
)


@few
@given(event=attributes, data=st.dictionaries(plain, values, max_size=3))
def test_events_as_the_public_library_writes_them(event, data):
    made = CloudEvent({**event, "datacontenttype": "application/json"}, data)
    key = f"{event['source']} {event['id']}"
    for write in (to_structured, to_binary):
        sent = write(made, JSONFormat())
        headers = dict(sent.headers)
        content_type = headers.pop("content-type", None) or headers.pop("Content-Type")
        (item,) = split(bytes(sent.body), content_type, headers, form="cloudevents")
        assert (item.id, item.message_type) == (key, event["type"])
        assert json.loads(item.body)["data"] == data
        assert JSONFormat().read(CloudEvent, item.body).get_data() == data


@few
@given(events=st.lists(attributes, max_size=4))
def test_a_batch_of_events(events):
    body = json.dumps([{"specversion": "1.0", "data": 1, **event} for event in events]).encode()
    found = split(body, "application/cloudevents-batch+json; charset=utf-8", form="cloudevents")
    assert [item.id for item in found] == [f"{e['source']} {e['id']}" for e in events]


def test_one_wrong_event_spoils_the_batch():
    good = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t"}
    for bad in ({**good, "type": ""}, {**good, "specversion": "0.3"}, 5, {}):
        body = json.dumps([good, bad]).encode()
        error = fault(body, "application/cloudevents-batch+json", form="cloudevents")
        assert error.code == "invalid_cloudevent"
        assert "item 1" in error.violations[0]


def test_long_and_foreign_names_become_digests():
    event = {"specversion": "1.0", "id": "é", "source": "/a", "type": "t"}
    keys = set()
    for changes in ({}, {"id": "x" * 300}, {"id": "x" * 301}):
        body = json.dumps({**event, **changes}).encode()
        (item,) = split(body, "application/cloudevents+json", form="cloudevents")
        assert item.id.startswith("sha256:")
        keys.add(item.id)
    assert len(keys) == 3


BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "t"}


def test_binary_events():
    (item,) = split(
        b'{"a": 1.50}', headers={**BINARY, "ce-subject": "%C3%A9%20x"}, form="cloudevents"
    )
    assert item.body.endswith(b',"data":{"a": 1.50}}')
    assert json.loads(item.body)["subject"] == "é x"
    (item,) = split(b"", headers=BINARY, form="cloudevents")
    assert "data" not in json.loads(item.body)
    assert item.content_type == "application/cloudevents+json"


@pytest.mark.parametrize(
    ("changes", "content_type", "body"),
    [
        ({"ce-id": None}, "application/json", b"{}"),
        ({"ce-id": ""}, "application/json", b"{}"),
        ({"ce-subject": "%ff"}, "application/json", b"{}"),
        ({"ce-data": "1"}, "application/json", b"{}"),
        ({"ce-Extra_Name": "1"}, "application/json", b"{}"),
        ({"ce-specversion": "0.3"}, "application/json", b"{}"),
        ({}, "application/xml", b"<a/>"),
        ({}, "application/json", b"{"),
        ({}, "application/json", b'{}, "id": "2"'),
    ],
)
def test_binary_events_that_cannot_be(changes, content_type, body):
    headers = {k: v for k, v in {**BINARY, **changes}.items() if v is not None}
    assert fault(body, content_type, headers, form="cloudevents")


@few
@given(
    body=st.binary(max_size=30),
    headers=st.dictionaries(st.sampled_from([*BINARY, "ce-x", "ce-"]), st.text(max_size=9)),
    content_type=st.sampled_from(
        ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"]
    ),
    form=st.sampled_from(["single", "array", "cloudevents"]),
)
def test_nothing_crashes(body, headers, content_type, form):
    try:
        assert split(body, content_type, headers, form=form) is not None
    except ContractError as error:
        assert error.message


def test_a_single_message_is_handed_on_as_it_is():
    (item,) = split(b"\xff", "application/pdf; x=1")
    assert (item.id, item.body, item.content_type) == (None, b"\xff", "application/pdf")
