"""What is sent and what is made of answers: header, control ids, verdicts, addresses."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from core_tools.errors import ContractError, ErrorClass, UnknownOutcomeError
from core_tools.net_guard import AddressRefused
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load
from tests.unit.mllp_peer import ack

address = load("sending.address")
answers = load("sending.answers")
expectations = load("sending.expectations")
header = load("sending.header")
http_answers = load("sending.http_answers")
hl7 = load("hl7.message")

RULES = header.HeaderRules("ODOO^1.2.840^ISO", "GENERAL", "EHR", "GENERAL", charset="UNICODE UTF-8")
MOMENT = datetime(2026, 7, 1, 10, 30)
DOCUMENT = {
    "type": "ADT",
    "trigger": "A01",
    "structure": "ADT_A01",
    "segments": [{"id": "EVN", "f1": "A01"}, {"id": "PV1", "f19": [{"c1": "V1"}]}],
}


def written(document=DOCUMENT, rules=RULES, key="key", moment=MOMENT):
    return hl7.parse(header.complete(document, rules, key, moment))


# -- the header ----------------------------------------------------------------------------


def test_the_header_is_ours_and_the_rest_the_mappings():
    message = written()
    found = [message.raw(f"MSH-{number}") for number in (3, 4, 5, 6, 9, 11, 12, 18)]
    assert found == [
        "ODOO^1.2.840^ISO", "GENERAL", "EHR", "GENERAL", "ADT^A01^ADT_A01", "P", "2.5.1",
        "UNICODE UTF-8",
    ]  # fmt: skip
    assert [segment.name for segment in message] == ["MSH", "EVN", "PV1"]
    assert (message.get("MSH-15"), message.get("MSH-16")) == (None, None)


def test_a_mapping_may_write_msh_but_not_forge_who_sends():
    msh = {"id": "MSH", "f3": "FORGED", "f8": "kept", "f9": [{"c1": "SIU", "c2": "S12"}]}
    forged = {"f10": "MINE", "f11": "D", "f16": "AL"}
    message = written({"segments": [{**msh, **forged}, {"id": "SCH", "f1": "1"}]})
    assert message.get("MSH-3.1") == "ODOO"
    assert message.get("MSH-8") == "kept"
    assert message.raw("MSH-9") == "SIU^S12"
    assert message.get("MSH-10") == header.control_id("key")
    assert (message.get("MSH-11"), message.get("MSH-16")) == ("P", None)


def test_repetitions_have_the_same_bytes():
    once, again = (header.complete(DOCUMENT, RULES, "key", MOMENT) for _time in range(2))
    assert once == again


def test_the_time_is_the_systems_with_its_offset():
    rules = header.HeaderRules("ODOO", zone=ZoneInfo("Europe/Berlin"))
    assert written(rules=rules).get("MSH-7") == "20260701123000+0200"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"test": True}, "hl7_document"),
        ("text", "hl7_document"),
        ({"segments": [{"id": "EVN"}]}, "hl7_no_type"),
        ({"type": "ADT", "segments": ["EVN"]}, "hl7_document"),
    ],
)
def test_what_is_no_message_is_not_sent(document, code):
    with pytest.raises(ContractError) as caught:
        header.complete(document, RULES, "key", MOMENT)
    assert caught.value.code == code


def test_a_character_that_the_set_lacks_is_not_replaced():
    document = {**DOCUMENT, "segments": [{"id": "PV1", "f3": "Ж"}]}
    rules = header.HeaderRules("ODOO", charset="8859/1")
    with pytest.raises(ContractError) as caught:
        header.complete(document, rules, "key", MOMENT)
    assert caught.value.code == "hl7_charset_lacks"
    assert "Ж" not in caught.value.message


@given(st.lists(st.text(min_size=1), unique=True, min_size=2, max_size=20))
def test_control_ids_are_short_stable_and_different(keys):
    found = [header.control_id(key) for key in keys]
    assert len(set(found)) == len(keys)
    assert found == [header.control_id(key) for key in keys]
    assert all(len(one) == 20 and header.is_control_id(one) for one in found)


@given(st.text(max_size=30))
def test_other_ids_are_not_ours(text):
    if header.is_control_id(text):
        assert len(text) == 20
        assert text.isascii()
        assert text.upper() == text


# -- answers -------------------------------------------------------------------------------


def body(frame):
    return frame[1:-2]


def test_an_answer_is_reduced_to_codes():
    text = "Patient Jane Roe unknown"
    errs = (
        "ERR||PID^1^3^1^1|204^Unknown key Jane Roe^HL70357|E|4711||Jane|Roe",
        f"ERR|||999^{text}|E||||{text}",
        "ERR||Jane^1^Roe|101|E",
    )
    answer = answers.read(body(ack("M1", "AE", *errs)))
    assert (answer.code, answer.control_id) == ("AE", "M1")
    assert answer.detail == "204 PID-3, 101"
    error = answers.verdict("AE", answer.detail, "quarantine", "quarantine")
    assert error.message.startswith(
        "The partner answered AE: Unknown key identifier (PID-3); Required field missing."
    )
    assert not {"Jane", "Roe", "4711"} & set(error.message.replace(".", " ").split())


def test_older_versions_name_faults_otherwise():
    answer = answers.read(body(ack("M1", "AR", "ERR|PID^1^3^101&Required field missing&HL70357")))
    assert answer.detail == "101 PID-3"


def test_texts_in_an_undeclared_character_set_do_not_hide_the_code():
    frame = body(ack("M1", "AE")).replace(b"MSA|AE|M1", b"MSA|AE|M1|D\xe9faut")
    assert answers.read(frame).code == "AE"


def test_what_is_no_acknowledgement():
    assert answers.read(b"hello") is None
    assert answers.read(b"MSH|^~\\&|EHR||ODOO||20261129||ADT^A01|7|P|2.5.1\rEVN|A01\r") is None


@pytest.mark.parametrize("code", ["AE", "CE", "AR", "CR"])
@pytest.mark.parametrize("wanted", ["retry", "quarantine"])
def test_a_refusal_is_what_the_interface_says(code, wanted):
    other = {"retry": "quarantine", "quarantine": "retry"}[wanted]
    policies = (other, wanted) if code in ("AR", "CR") else (wanted, other)
    error = answers.verdict(code, "207", *policies)
    assert error.code == f"hl7_{code.lower()}"
    kind = {"retry": ErrorClass.TRANSIENT, "quarantine": ErrorClass.CONTRACT}[wanted]
    assert error.error_class is kind
    assert error.of_message or wanted == "quarantine", "no outage of the partner"


def test_acceptance_is_no_error_and_a_strange_code_is_no_acceptance():
    assert answers.verdict("AA", "", "retry", "retry") is None
    assert answers.verdict("CA", "", "retry", "retry") is None
    strange = answers.read(body(ack("M1", "OK")))
    assert answers.verdict(strange.code, "", "retry", "retry").code == "hl7_ack_code"


# -- expectations --------------------------------------------------------------------------


def answer(code):
    return answers.Answer(code, "M1")


@pytest.mark.parametrize(
    ("mode", "waits", "after_ca", "after_aa"),
    [
        ("original", True, True, True),
        ("stored", True, True, True),
        ("stored_handled", True, False, True),
        ("stored_errors", True, False, True),
        ("handled", False, False, True),
        ("nothing", False, True, True),
    ],
)
def test_what_a_mode_waits_for(mode, waits, after_ca, after_aa):
    expected = expectations.Expectations(mode)
    assert expected.waits_for_answer == waits
    assert expected.is_final(answer("CA") if waits else None) == after_ca
    assert expected.is_final(answer("AA")) == after_aa


@pytest.mark.parametrize(("policy", "asks"), [("resend", False), ("hold", True), ("query", True)])
def test_silence_is_asked_about_or_not(policy, asks):
    expected = expectations.Expectations("stored_handled", on_silence=policy)
    assert expected.silence().asks == asks
    assert expected.unknown(UnknownOutcomeError("?")).asks == asks


def test_silence_after_asking_for_errors_only_is_assent():
    assert expectations.Expectations("stored_errors").silence() is None


# -- addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "host", "port", "secure", "here"),
    [
        ("mllps://EHR.hospital.example:2575", "ehr.hospital.example", 2575, True, False),
        (" mllp://localhost:2575 ", "localhost", 2575, False, True),
        ("mllp://127.0.0.1:1", "127.0.0.1", 1, False, True),
        ("MLLPS://[::1]:2575", "::1", 2575, True, True),
    ],
)
def test_addresses(text, host, port, secure, here):
    assert address.parse(text) == address.Address(host, port, secure)
    assert address.stays_on_this_machine(text) == here


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://ehr.example:2575",
        "mllp://ehr.example",
        "mllp://[::1]",
        "mllp://ehr.example:0",
        "mllp://ehr.example:99999",
        "mllp://ehr.example:2575/",
        "mllp://ehr.example:2575?x",
        "mllp://user@ehr.example:2575",
        "mllp://127.1:2575",
        "mllp://neutralized.invalid:1/ehr.example:2575",
    ],
)
def test_addresses_that_cannot_work(text):
    with pytest.raises(AddressRefused):
        address.parse(text)
    assert not address.stays_on_this_machine(text)


# -- HTTP ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ErrorClass.UNKNOWN_OUTCOME),
        (503, ErrorClass.THROTTLED),
        (500, ErrorClass.TRANSIENT),
        (401, ErrorClass.TRANSIENT),
        (302, ErrorClass.PERMANENT),
        (400, ErrorClass.PERMANENT),
    ],
)
def test_a_status_without_an_acknowledgement(status, kind):
    assert http_answers.refusal(status, None).error_class is kind


def test_content_types():
    assert http_answers.content_type("UNICODE UTF-8") == "application/hl7-v2; charset=utf-8"
    assert http_answers.content_type("8859/15") == "application/hl7-v2; charset=iso-8859-15"
    assert http_answers.content_type("") == "application/hl7-v2; charset=us-ascii"
