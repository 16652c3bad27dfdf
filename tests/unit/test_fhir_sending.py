"""What is sent to a FHIR server, what its answers mean, and what is said of them."""

import json
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

conditional, bundle, responses = (
    load("fhir.conditional"),
    load("fhir.bundle"),
    load("fhir.responses"),
)
outcome, resource = load("fhir.outcome"), load("fhir.resource")
capability_check, smart = load("fhir.capability_check"), load("fhir.smart")
errors, HttpResponse = responses.errors, responses.HttpResponse

Interaction, Known, Rules = conditional.Interaction, conditional.Known, conditional.Rules
TASK = {
    "resourceType": "Task",
    "id": "ours",
    "identifier": [{"value": "no system"}, {"system": "urn:odoo", "value": "PO,7|x"}],
    "status": "requested",
    "intent": "order",
}
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def plan(kind: str, document: object = TASK, known: object = None, **rules: object) -> object:
    return conditional.plan(
        document, Rules(Interaction(kind), **rules), known or Known(), "message-1"
    )


def answer(status: int, value: object = None, **headers: str) -> object:
    body = b"" if value is None else json.dumps(value).encode()
    return HttpResponse(status, headers, body, False, 0.1, "192.0.2.1")


def said(*issues: dict) -> dict:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def refusal(exchange: object, *given_: object, private: bool = True, **headers: str) -> object:
    return responses.refusal(exchange, answer(*given_, **headers), NOW, private=private)


# -- requests ----------------------------------------------------------------------------


def test_interactions() -> None:
    found = "identifier=urn%3Aodoo%7CPO%5C%2C7%5C%7Cx"
    made = plan("create")
    assert (made.method, made.path, made.headers) == ("POST", "Task", {})
    assert "id" not in made.body, "the server gives the id"
    assert not made.is_repeatable
    made = plan("conditional_create")
    assert (made.path, made.headers) == ("Task", {"if-none-exist": found})
    assert made.is_repeatable
    made = plan("conditional_update")
    assert (made.method, made.path) == ("PUT", f"Task?{found}")
    assert made.is_repeatable
    made = plan("update")
    assert (made.method, made.headers) == ("POST", {"if-none-exist": found}), "not known yet"
    made = plan("update", known=Known("9", "3"))
    assert (made.method, made.path, made.headers) == ("PUT", "Task/9", {"if-match": 'W/"3"'})
    assert made.body["id"] == "9"
    made = plan("update", known=Known("9", "3"), match_version=False)
    assert made.headers == {}


def test_a_conflict_is_overridden_by_the_message_that_met_it_alone() -> None:
    met = Known("9", "3", "5", "message-1")
    assert plan("update", known=met).matched == "5"
    assert plan("update", known=Known("9", "3", "5", "message-2")).matched == "3"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "fhir_shape"),
        ({}, "not_a_resource"),
        ({"resourceType": "task"}, "not_a_resource"),
        ({"resourceType": "Task"}, "fhir_shape"),
        ({"resourceType": "Task", "identifier": [{"value": "1"}]}, "fhir_shape"),
        ({"request": {"method": "DELETE", "url": "Task/1"}, "resource": TASK}, "fhir_shape"),
        ({"request": {"method": "PUT", "url": "Task"}, "resource": TASK}, "fhir_shape"),
        ({"request": {"method": "PUT", "url": "Patient/1"}, "resource": TASK}, "fhir_shape"),
        ({"request": {"method": "PUT", "url": "Task/a/b"}, "resource": TASK}, "fhir_shape"),
        ({"request": {"method": "PUT", "url": "Task/../x"}, "resource": TASK}, "fhir_shape"),
        ({"request": {"method": "POST", "url": "Task/1"}, "resource": TASK}, "fhir_shape"),
        (
            {
                "request": {"method": "POST", "url": "Task", "ifNoneExist": "a=b\r\nx: y"},
                "resource": TASK,
            },
            "fhir_shape",
        ),
        ({"resourceType": "Bundle", "type": "batch", "entry": []}, "fhir_bundle"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": []}, "fhir_bundle"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(document: object, code: str) -> None:
    with pytest.raises(errors.ContractError) as caught:
        plan("conditional_create", document)
    assert caught.value.code == code


def entry(url: str, full: str | None = None, **body: object) -> dict:
    name = url.partition("?")[0].partition("/")[0]
    made = {
        "request": {"method": "PUT" if "?" in url or "/" in url else "POST", "url": url},
        "resource": {"resourceType": name, **body},
    }
    return made | ({"fullUrl": full} if full else {})


def test_entries_of_a_transaction_get_places_that_a_repetition_has_as_well() -> None:
    order = bundle.urn("order", "7")
    document = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            entry("SupplyRequest", order),
            entry("Task?identifier=1", focus={"reference": order}),
        ],
    }
    first, second = plan("transaction", document), plan("transaction", document)
    assert first.body == second.body
    assert first.body["entry"][0]["fullUrl"] == order
    assert first.body["entry"][1]["fullUrl"].startswith("urn:uuid:")
    assert not first.is_repeatable, "a bare POST is made twice"
    document["entry"][0]["request"]["ifNoneExist"] = "identifier=7"
    assert plan("transaction", document).is_repeatable
    document["entry"][1]["resource"]["focus"]["reference"] = bundle.urn("order", "8")
    with pytest.raises(errors.ContractError, match="refers to an entry that is not there"):
        plan("transaction", document)


def test_only_approved_types_leave_inside_of_bundles_as_well() -> None:
    document = {"resourceType": "Bundle", "type": "transaction", "entry": [entry("Patient")]}
    with pytest.raises(errors.ContractError) as caught:
        plan("transaction", document, types=frozenset({"Task"}))
    assert caught.value.code == "fhir_type"


# -- answers -----------------------------------------------------------------------------


def test_what_the_server_made_is_read_wherever_it_says_so() -> None:
    exchange = plan("create")
    for given_ in (
        answer(201, None, location="https://x/fhir/Task/9/_history/4"),
        answer(201, None, location="Task/9", etag='W/"4"'),
        answer(201, {"resourceType": "Task", "id": "9", "meta": {"versionId": "4"}}),
    ):
        assert responses.made(exchange, given_) == [bundle.Made("Task", "9", "4")]
    assert responses.made(exchange, answer(201)) == []
    assert responses.made(exchange, answer(201, said())) == []
    known = plan("update", known=Known("9", "3"))
    assert responses.made(known, answer(200, None, etag='W/"4"')) == [bundle.Made("Task", "9", "4")]


@pytest.mark.parametrize(
    ("kind", "known", "status", "issue", "error_class", "code"),
    [
        ("update", Known("9", "3"), 412, "conflict", "conflict", "fhir_version_conflict"),
        ("update", Known("9", "3"), 409, "conflict", "conflict", "fhir_version_conflict"),
        ("conditional_update", None, 412, "multiple-matches", "conflict", "fhir_several_matches"),
        ("conditional_create", None, 409, "conflict", "transient", "fhir_busy"),
        ("create", None, 422, "lock-error", "transient", "fhir_busy"),
        ("create", None, 422, "required", "permanent", "http_422"),
        ("create", None, 404, None, "transient", "http_404"),
        ("create", None, 404, "not-supported", "permanent", "http_404"),
        ("update", Known("9", "3"), 404, None, "permanent", "http_404"),
        ("update", Known("9", "3"), 410, "deleted", "permanent", "http_410"),
        ("create", None, 302, None, "permanent", "http_302"),
        ("create", None, 500, "exception", "transient", "http_500"),
    ],
)
def test_what_a_status_means(
    kind: str, known: object, status: int, issue: str, error_class: str, code: str
) -> None:
    value = said({"severity": "error", "code": issue}) if issue else None
    error = refusal(plan(kind, known=known), status, value)
    assert (str(error.error_class), error.code) == (error_class, code)
    assert error.discreet


def test_a_deleted_resource_does_not_end_the_interface() -> None:
    """HTTP 410 of an address disables it; of a resource it says nothing about the address."""
    assert refusal(plan("update", known=Known("9", "3")), 410).of_message
    assert not refusal(plan("create"), 410).of_message


def test_our_own_effect_is_recognised() -> None:
    exchange = plan("update", {**TASK, "id": "9"}, known=Known("9", "3"))
    theirs = {**TASK, "id": "9", "meta": {"versionId": "4"}, "text": {"div": "…"}}
    assert responses.is_ours(exchange, answer(200, theirs)) == bundle.Made("Task", "9", "4")
    assert responses.is_ours(exchange, answer(200, {**theirs, "status": "accepted"})) is None
    assert responses.is_ours(exchange, answer(404)) is None


# -- outcomes ----------------------------------------------------------------------------


def test_an_outcome_is_told_the_worst_first() -> None:
    issues = outcome.of(
        said(
            {"severity": "warning", "code": "informational"},
            {
                "severity": "error",
                "code": "duplicate",
                "expression": ["Task.identifier"],
                "details": {"coding": [{"code": "MSG_DUPLICATE_ID"}]},
                "diagnostics": "Task PO7 is there",
            },
            {"severity": "fatal", "code": "structure"},
        )
    )
    assert outcome.told(issues) == (
        "fatal, structure: the structure is not valid; "
        "error, duplicate: there is such a resource already [MSG_DUPLICATE_ID] (at "
        "Task.identifier): Task PO7 is there"
    )
    assert outcome.told(issues, {"resourceType": "Task", "x": "PO7"}) == (
        "fatal, structure: the structure is not valid; "
        "error, duplicate: there is such a resource already (at Task.identifier)"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "issue",
                    "severity",
                    "code",
                    "expression",
                    "details",
                    "coding",
                    "text",
                    "diagnostics",
                ]
            )
            | st.text(max_size=6),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_outcome_however_odd_raises(value: object) -> None:
    issue = value if isinstance(value, dict) else {"code": value}
    told = outcome.told(outcome.of(said(issue)), {"a": "b"})
    assert isinstance(told, str)


@given(
    st.text(string.ascii_letters, min_size=4, max_size=12),
    st.sampled_from(["diagnostics", "code", "expression", "details", "text"]),
)
def test_of_private_content_no_value_is_repeated_wherever_it_stands(name: str, where: str) -> None:
    canary = f"Zq{name}"
    issue = {"severity": "error", "code": "value", "expression": ["Task.status"]}
    if where == "expression":
        issue["expression"] = [f"Task.{canary}.status", canary]
    elif where == "details":
        issue["details"] = {"text": canary, "coding": [{"code": canary}]}
    else:
        issue[where] = canary
    told = outcome.told(outcome.of(said(issue)), {"name": [{"family": canary}]})
    assert canary not in told
    assert told.startswith("error, ")


# -- before traffic ----------------------------------------------------------------------


def test_what_an_interface_needs() -> None:
    found = capability_check.needs(Interaction.UPDATE, ["Task"], ["Encounter"], match_version=True)
    assert [(one.type, one.what) for one in found] == [
        ("Task", "create"),
        ("Task", "conditional-create"),
        ("Task", "update"),
        ("Task", "versioned-update"),
        ("Encounter", "search-type"),
        ("Encounter", "_lastUpdated"),
    ]
    (need,) = capability_check.needs(Interaction.TRANSACTION, [])
    assert (need.type, need.what) == ("", "transaction")


@given(JSON)
def test_no_statement_however_odd_raises_but_one_error(value: object) -> None:
    for document in (value, {"resourceType": "CapabilityStatement", "rest": [value]}):
        for read in (capability_check.read, smart.read):
            try:
                read(json.dumps(document).encode())
            except ValueError as exc:
                assert str(exc)


def test_smart_configuration() -> None:
    found = smart.read(
        json.dumps(
            {
                "token_endpoint": "https://ehr.example/token",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        ).encode()
    )
    assert found.token_url == "https://ehr.example/token"
    assert not found.takes_assertions()
    assert found.takes_algorithm("RS384"), "it does not say which"
    for wrong in (b"", b"[]", b"{}", b'{"token_endpoint": "file:///x"}'):
        with pytest.raises(ValueError):
            smart.read(wrong)
