"""Whoever may send over FHIR, or is asked, and means ill or is odd: nothing raises but a refusal,
nothing grows beyond what came, and nothing that was told is dropped with an “ok”."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load

resource, limits = load("fhir.resource"), load("fhir.limits")
arriving, entries = load("fhir.arriving"), load("fhir.bundle_entries")
message, notification = load("fhir.message"), load("fhir.notification")
address, paging, watermark = load("fhir.address"), load("fhir.paging"), load("fhir.watermark")
bundle, conditional = load("fhir.bundle"), load("fhir.conditional")
responses = load("fhir.responses")
Refused = arriving.Refused

RULES = arriving.Rules(patterns=frozenset({"Encounter", "Patient"}), entries=5000)


def visit(number: str = "1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": number, **more}


def of(kind: str, *found: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(found)}


def requested(body: dict[str, Any], url: str, method: str = "PUT") -> dict[str, Any]:
    return {"resource": body, "request": {"method": method, "url": url}}


def refused(sent: dict[str, Any]) -> list[str]:
    return [one.refused.code for one in entries.entries(sent, RULES) if one.refused]


# -- what grows ------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["value", "type"])
def test_a_small_bundle_is_not_stored_as_a_huge_one(where: str) -> None:
    """Each reference to an entry repeats its identifier: that may be of any length."""
    much = "x" * 100_000
    named = {"value": much} if where == "value" else {"value": "1", "type": {"text": much}}
    patient = {"resourceType": "Patient", "identifier": [named]}
    links = [{"reference": "urn:uuid:p"} for _number in range(2_000)]
    sent = of(
        "collection",
        {"fullUrl": "urn:uuid:p", "resource": patient},
        {"resource": visit(subject={"reference": "urn:uuid:p"}, extension=links)},
    )
    stored = sum(len(one.found.body) for one in entries.entries(sent, RULES))
    assert stored < 10 * len(resource.body(sent))


def test_an_ordinary_identifier_goes_along() -> None:
    known = {"system": "http://mrn", "value": "4711", "use": "usual"}
    patient = {"resourceType": "Patient", "identifier": [known | {"assigner": {"display": "Jane"}}]}
    sent = of(
        "collection",
        {"fullUrl": "urn:uuid:p", "resource": patient},
        {"resource": visit(subject={"reference": "urn:uuid:p"})},
    )
    read = limits.read(entries.entries(sent, RULES)[1].found.body)
    assert read["subject"]["identifier"] == known


@pytest.mark.parametrize(
    "updated", ["Jane Roe, born 1970", "x" * 3000, f"2026-11-30T03:00:00.{'1' * 3000}Z", "2026", 7]
)
def test_what_is_no_instant_is_no_version(updated: object) -> None:
    found = resource.identity(visit(meta={"lastUpdated": updated}))
    assert len(found.key) < 255
    assert "Roe" not in found.key


# -- what is named ---------------------------------------------------------------------------


def test_a_transaction_names_a_resource_once() -> None:
    twice = [requested(visit(status=status), "Encounter/1") for status in ("planned", "finished")]
    assert refused(of("transaction", *twice)) == ["duplicate", "duplicate"]
    assert not refused(of("batch", *twice))
    history = [{"resource": visit(meta={"versionId": str(n)})} for n in range(2)]
    assert not refused(of("history", *history)), "several versions may stand in a history"


@pytest.mark.parametrize(
    ("url", "method", "fits"),
    [
        ("Encounter/1", "PUT", True),
        ("https://ehr.example/fhir/Encounter/1", "PUT", True),
        ("Encounter?identifier=1", "PUT", True),
        ("Patient?identifier=1", "PUT", False),
        ("?identifier=1", "PUT", False),
        ("Patient/1", "PUT", False),
        ("Encounter", "POST", True),
        ("/Encounter", "POST", True),
        ("", "POST", True),
        ("Patient", "POST", False),
        ("Encounter/1", "POST", False),
    ],
)
def test_a_request_names_what_its_entry_brings(url: str, method: str, fits: bool) -> None:
    assert refused(of("batch", requested(visit(), url, method))) == ([] if fits else ["invalid"])


@pytest.mark.parametrize("text", [".", "..", "a/b", "", "x" * 65])
def test_a_step_of_a_path_is_no_id(text: str) -> None:
    with pytest.raises(responses.errors.ContractError):
        address.require_id(text)


# -- messages --------------------------------------------------------------------------------


def told(focus: object, *found: dict[str, Any]) -> list[Any]:
    head = {"resourceType": "MessageHeader", "id": "m", "focus": focus}
    sent = of("message", {"resource": head}, *found)
    return message.concerned(entries.entries(sent, RULES, skip=1), message.header(sent), sent)


def test_what_a_message_is_about_comes_along_or_it_is_refused() -> None:
    """Else it would be answered with “ok”, and nothing be there."""
    aside = {"fullUrl": "urn:uuid:c", "resource": {"resourceType": "Condition", "id": "c"}}
    for focus in ([{"reference": "Encounter/7"}], [{"reference": "urn:uuid:x"}], [{}]):
        with pytest.raises(Refused) as caught:
            told(focus, aside)
        assert (caught.value.status, caught.value.code) == (422, "not-found")
    (one,) = told([{"reference": "urn:uuid:c"}], aside)
    assert one.refused.code == "not-supported"


@pytest.mark.parametrize(
    "name",
    [
        "Encounter/7",
        "Encounter/7/_history/2",
        "https://ehr.example/fhir/Encounter/7",
        "https://ehr.example/fhir/Encounter/7/_history/2",
    ],
)
def test_a_focus_is_found_however_it_is_written(name: str) -> None:
    other = {"resource": {"resourceType": "Condition", "id": "7"}}
    (one,) = told([{"reference": name}], {"resource": visit("7")}, other)
    assert one.found.identity.partition == "Encounter/7"


# -- odd shapes ------------------------------------------------------------------------------

_LEAVES = st.sampled_from(
    [None, True, 5, "", "Encounter", "Encounter/1", "urn:uuid:1", [], {}, ["x"], {"a": 1}]
)
_ODD = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["reference", "resource", "name", "part", "valueString", "focus", "id"]),
        inner, max_size=3), max_leaves=5,
)  # fmt: skip
_PARAMETER = st.fixed_dictionaries(
    {"name": st.sampled_from(["subscription", "type", "notification-event", "topic"])},
    optional={"valueReference": _ODD, "valueCode": _ODD, "part": _ODD | st.lists(_ODD)},
)
_HEADER = st.fixed_dictionaries(
    {
        "resourceType": st.sampled_from(["MessageHeader", "Parameters", "SubscriptionStatus"]),
        "id": st.just("m") | _ODD,
    },
    optional={
        "focus": _ODD,
        "parameter": st.lists(_PARAMETER, max_size=4) | _ODD,
        "subscription": st.just({"reference": "Subscription/1"}) | _ODD,
        "type": st.just("event-notification") | _ODD,
        "notificationEvent": st.lists(_ODD, max_size=2) | _ODD,
        "topic": _ODD,
    },
)
_ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "fullUrl": _ODD,
        "resource": _ODD | st.fixed_dictionaries(
            {"resourceType": st.just("Encounter")},
            optional={"id": _ODD, "meta": _ODD, "identifier": _ODD, "subject": _ODD}),
        "request": _ODD | st.fixed_dictionaries(
            {}, optional={"method": st.sampled_from(["PUT", "POST", "DELETE", 5]), "url": _ODD}),
    },
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["message", "history", "transaction", "batch", 5, None]),
    first=st.fixed_dictionaries({"resource": _HEADER}, optional={"fullUrl": _ODD}),
    found=st.lists(_ENTRY | _ODD, max_size=3),
)
def test_nothing_that_is_sent_raises_but_a_refusal(
    kind: object, first: dict[str, Any], found: list[Any]
) -> None:
    sent = {"resourceType": "Bundle", "type": kind, "entry": [first, *found]}
    try:
        notice = notification.read(sent)
        if notice:
            listed = entries.entries({**sent, "type": "collection"}, RULES, skip=1)
            for one in listed:
                notification.deleted(sent["entry"][one.place], notice)
            notification.progress(3, notice)
        else:
            head = message.header(sent) if entries.kind_of(sent) == "message" else None
            listed = entries.entries(sent, RULES, skip=1 if head else 0)
            if head:
                message.concerned(listed, head, sent)
    except Refused as exc:
        assert 400 <= exc.status < 500


# -- subscriptions ---------------------------------------------------------------------------


def test_a_deletion_that_is_told_is_not_lost() -> None:
    notice = notification.Notice("event-notification", "S/1", numbers=(4,), focus=("Encounter/7",))
    gone = {"request": {"method": "DELETE", "url": "Encounter/7"}}
    one = notification.deleted(gone, notice)
    assert one.identity.key == "Encounter/7/_history/deleted.4"
    assert one.error.code == "deleted_there"
    assert notification.deleted({"resource": visit("7")}, notice) is None
    other = {"request": {"method": "DELETE", "url": "Encounter/8"}}
    assert notification.deleted(other, notice) is None


# -- polling ---------------------------------------------------------------------------------

BASE = "https://ehr.example/fhir"
BEGIN = datetime(2026, 11, 30, 3, 0)


class Busy:
    """A server that changes as fast as it is read, and shows one change late.

    :param late: it is stamped with this second, and shown so many seconds later
    """

    def __init__(self, late: int, shown_after: int) -> None:
        self.clock = 1000
        self.late, self.shown_at = late, late + shown_after

    def page(self, since: datetime | None) -> bytes:
        """Sixty changes a second were made until now; a page has 300, and takes five seconds."""
        start = max(0, int((since - BEGIN).total_seconds())) if since else 990
        found = [(s, n) for s in range(start, self.clock) for n in range(60)][:300]
        more = len(found) == 300
        listed = [(f"{s}.{n}", s) for s, n in found]
        if self.clock >= self.shown_at and start <= self.late <= (found[-1][0] if found else start):
            listed.append(("late", self.late))
        listed.sort(key=lambda one: one[1])
        links = [{"relation": "self", "url": f"{BASE}/Basic?_sort=_lastUpdated"}]
        links += [{"relation": "next", "url": f"{BASE}?p=2"}] if more else []
        entry = [
            {
                "resource": {
                    "resourceType": "Basic",
                    "id": name,
                    "meta": {"versionId": "1", "lastUpdated": stamp(second)},
                }
            }
            for name, second in listed
        ]
        value = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entry}
        return json.dumps(value).encode()


def stamp(second: int) -> str:
    return watermark.written(BEGIN + timedelta(seconds=second))


def test_a_server_that_changes_as_fast_as_it_is_read_hides_nothing() -> None:
    """What is shown later than it is stamped is found by the overlap, however long a poll takes."""
    server, mark, known = Busy(late=1003, shown_after=30), None, set()
    walk, polls = paging.Walk(), 0
    for _page in range(60):
        page = paging.read(server.page(walk.since))
        known |= {one.value["id"] for one in page.entries}
        now = BEGIN + timedelta(seconds=server.clock)
        step = paging.step(walk, page, BASE, BASE, now, 900)
        server.clock += 5
        mark = max(filter(None, (mark, step.mark)))
        walk = step.walk
        if walk is None:
            polls += 1
            walk = paging.Walk(since=watermark.start(mark, 60))
    assert polls > 1, "a poll has an end"
    assert "late" in known


def test_a_mark_never_passes_the_begin_of_the_reading() -> None:
    def page(*seconds: int) -> object:
        moments = tuple(BEGIN + timedelta(seconds=one) for one in seconds)
        found = tuple(paging.Entry(f"Basic/{m}", {}, m) for m in moments)
        return paging.Page(found, moments, "?p=1", sorts=True)

    began, later = BEGIN + timedelta(seconds=10), BEGIN + timedelta(seconds=20)
    first = paging.step(paging.Walk(), page(1, 5), BASE, BASE, began, 9)
    assert (first.mark, first.walk.since) == (BEGIN + timedelta(seconds=5),) * 2
    # The server tells its clock in whole seconds.
    odd = paging.step(paging.Walk(), page(1, 11), BASE, BASE, began, 9)
    assert (odd.mark, odd.walk.since) == (began, BEGIN + timedelta(seconds=11))
    second = paging.step(first.walk, page(5, 15), BASE, BASE, later, 9)
    assert (second.walk, second.mark) == (None, began)


# -- what servers answer ---------------------------------------------------------------------

TRANSACTION = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "resource": {
                "resourceType": "Task",
                "identifier": [{"system": "urn:odoo", "value": "7"}],
                "status": "requested",
                "intent": "order",
                "focus": {"reference": bundle.urn("basic")},
            },
            "request": {"method": "POST", "url": "Task", "ifNoneExist": "identifier=urn:odoo|7"},
        },
        {
            "fullUrl": bundle.urn("basic"),
            "resource": {"resourceType": "Basic", "code": {"text": "7"}},
            "request": {"method": "PUT", "url": "Basic?identifier=urn:odoo|7"},
        },
    ],
}


def sent_transaction() -> object:
    rules = conditional.Rules(conditional.Interaction.TRANSACTION)
    return conditional.plan(TRANSACTION, rules, conditional.Known(), "m-1")


def test_a_transaction_that_is_sent_is_of_the_standard() -> None:
    body = json.loads(resource.body(sent_transaction().body))
    read = get_fhir_model_class("Bundle").model_validate(body)
    assert [one.fullUrl.startswith("urn:uuid:") for one in read.entry] == [True, True]


def answer(value: object, status: int = 200, **headers: str) -> object:
    raw = json.dumps(value).encode()
    return responses.HttpResponse(status, headers, raw, False, 0.1, "192.0.2.1")


def test_a_server_that_takes_a_transaction_apart_is_not_believed() -> None:
    def refusal(*statuses: str) -> object:
        listed = [{"response": {"status": one}} for one in statuses]
        told_ = answer({"resourceType": "Bundle", "type": "batch-response", "entry": listed})
        now = datetime(2026, 11, 30, tzinfo=UTC)
        return responses.refusal(sent_transaction(), told_, now, private=True)

    assert refusal("201 Created", "200 OK") is None
    error = refusal("201 Created", "422 Unprocessable Entity")
    assert error.code == "fhir_entry_refused"
    assert "entry 2" in error.message


@pytest.mark.parametrize("version", ["1\r\nX-Evil: 1", "a b", "x" * 65, 7, None])
def test_a_version_that_is_none_is_not_kept(version: object) -> None:
    exchange = conditional.Exchange("POST", "Task", "Task", {})
    body = {"resourceType": "Task", "id": "1", "meta": {"versionId": version}}
    (found,) = responses.made(exchange, answer(body, 201))
    assert found.version == ""
    (found,) = responses.made(
        exchange, answer(None, 201, location=f"Task/1/_history/{version}".replace("\r\n", "%"))
    )
    assert found.id == "1"
    assert found.version in ("", "7", "None")
