"""Acknowledgements: whether, how, and in whose words."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import hl7_corpus
from tests.unit.load_ehr import load

ack = load("hl7.acknowledgement")
errors = load("hl7.errors")
message = load("hl7.message")

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=timezone(timedelta(hours=1)))
ACCEPTED, ERROR, REJECTED = ack.Outcome
RECEIPT, HANDLING = ack.Stage

MISSING = ack.Detail(
    errors.Condition.REQUIRED_FIELD,
    "PID-3[1].4: the assigner is missing",
    errors.Place("PID", 1, 3, 1, 4),
    "ehr_assigner",
)


def received(version="2.5.1", accept="", application="", extra="", type_="ADT^A01^ADT_A01"):
    text = (
        f"MSH|^~\\&|APP^1.2^ISO|FAC|ODOO|HUB|20261101||{type_}|id\\T\\1|P^T|{version}|||"
        f"{accept}|{application}||UNICODE UTF-8\r{extra}"
    )
    return message.parse(text.encode())


def answered(read, outcome=ACCEPTED, stage=HANDLING, **options):
    made = ack.acknowledge(read, outcome, control_id="77", now=NOW, stage=stage, **options)
    return None if made is None else made.encode().decode().split("\r")


def test_the_original_mode():
    assert answered(received()) == [
        "MSH|^~\\&|ODOO|HUB|APP^1.2^ISO|FAC|20261129093000+0100||ACK^A01^ACK|77|P^T|2.5.1|||||"
        "|UNICODE UTF-8",
        "MSA|AA|id\\T\\1",
        "",
    ]
    assert answered(received(), ERROR)[1] == "MSA|AE|id\\T\\1"
    assert answered(received(), REJECTED)[1] == "MSA|AR|id\\T\\1"
    assert answered(received(), stage=RECEIPT) is None


@pytest.mark.parametrize("stage", [RECEIPT, HANDLING])
@pytest.mark.parametrize(
    ("wanted", "accepted", "failed"),
    [
        ("AL", True, True),
        ("NE", False, False),
        ("ER", False, True),
        ("SU", True, False),
        ("", False, False),
        ("??", True, True),
    ],
)
def test_the_enhanced_mode(stage, wanted, accepted, failed):
    """Table 0155; the other condition is NE, which makes the mode enhanced."""
    conditions = {"accept": "NE", "application": "NE"}
    conditions["accept" if stage is RECEIPT else "application"] = wanted
    read = received(**conditions)
    assert ack.mode_of(read) is ack.Mode.ENHANCED
    letter = stage.value
    found = answered(read, ACCEPTED, stage)
    assert (found and found[1]) == (f"MSA|{letter}A|id\\T\\1" if accepted else None)
    for outcome, code in ((ERROR, "E"), (REJECTED, "R")):
        found = answered(read, outcome, stage)
        assert (found and found[1]) == (f"MSA|{letter}{code}|id\\T\\1" if failed else None)
    if accepted:
        assert "|NE|NE|" in answered(read, ACCEPTED, stage)[0]


@pytest.mark.parametrize("conditions", [{}, {"accept": "AL", "application": "AL"}])
@pytest.mark.parametrize("outcome", list(ack.Outcome))
@pytest.mark.parametrize("stage", list(ack.Stage))
def test_an_acknowledgement_is_never_acknowledged(conditions, outcome, stage):
    for read in (
        received(type_="ACK^A01^ACK", **conditions),
        received(type_="ORS^O06^ORS_O06", extra="MSA|AA|1\r", **conditions),
        message.parse(hl7_corpus.data("ack")),
        message.parse(hl7_corpus.data("ors_o06")),
    ):
        assert answered(read, outcome, stage) is None
        made = ack.acknowledge(received(), outcome, control_id="1", now=NOW, details=(MISSING,))
        assert ack.is_acknowledgement(made)


def test_faults_of_2_5_and_later():
    found = answered(
        received("2.5.1"), ERROR, details=(MISSING, ack.Detail(errors.Condition.INTERNAL))
    )
    assert found[1:] == [
        "MSA|AE|id\\T\\1|PID-3[1].4: the assigner is missing",
        "ERR||PID^1^3^1^4|101^Required field missing^HL70357|E|||ehr_assigner|"
        "PID-3[1].4: the assigner is missing",
        "ERR|||207^Application internal error^HL70357|E",
        "",
    ]
    assert answered(received("2.7"), ERROR, details=(MISSING,))[1] == "MSA|AE|id\\T\\1"
    assert answered(received("2.5"), ERROR, details=(MISSING,))[2].startswith("ERR||PID^1^3^1^4|")


@pytest.mark.parametrize("version", ["2.1", "2.3", "2.3.1", "2.4"])
def test_faults_before_2_5(version):
    found = answered(
        received(version), ERROR, details=(MISSING, ack.Detail(errors.Condition.INTERNAL))
    )
    assert found[2:] == [
        "ERR|PID^1^3^101&Required field missing&HL70357~^^^207&Application internal error&HL70357",
        "",
    ]
    structure = "ACK^A01^ACK" if version in ("2.3.1", "2.4") else "ACK^A01"
    assert found[0].split("|")[8] == structure


@pytest.mark.parametrize("version", ["", "3", "2.x", "9" * 50, "2.²"])
def test_a_version_that_is_none_is_answered_as_modern(version):
    assert answered(received(version), ERROR, details=(MISSING,))[2].startswith("ERR||PID")


def test_an_answer_in_the_sender_s_delimiters_and_character_set():
    read = message.parse(
        b"MSH$%*!@$APP$FAC$ODOO$HUB$1$$ADT%A01$9$P$2.4$$$$$$8859/1\rPID$1$$M\xfcller\r"
    )
    detail = ack.Detail(errors.Condition.TABLE_VALUE, "cost 5 $ or 100 % \N{EURO SIGN} für")
    made = ack.acknowledge(read, ERROR, control_id="7", now=NOW, details=(detail,))
    assert made.encode().split(b"\r") == [
        b"MSH$%*!@$ODOO$HUB$APP$FAC$20261129093000+0100$$ACK%A01%ACK$7$P$2.4$$$$$$8859/1",
        b"MSA$AE$9$cost 5 !F! or 100 !S! ? f\xfcr",
        b"ERR$%%%103@Table value not found@HL70357",
        b"",
    ]
    assert message.parse(made.encode()).get("MSA-3") == "cost 5 $ or 100 % ? für"


def test_an_answer_with_content():
    made = ack.answer(
        message.parse(hl7_corpus.data("oms_o05")),
        "AA",
        control_id="8",
        now=NOW,
        type_=("ORS", "O06", "ORS_O06"),
    )
    made.append("ORC|OK|REQ-1001^WARDAPP|WH/INT/7^ODOO")
    again = message.parse(made.encode())
    assert [again.get(f"MSH-9.{n}") for n in (1, 2, 3)] == ["ORS", "O06", "ORS_O06"]
    assert again.get("MSA-2") == "400005"
    assert again.get("ORC-3.2") == "ODOO"


def test_what_is_no_matter_of_content_is_rejected_and_the_rest_is_an_error():
    """Chapter 2, section 2.9.2: MSH-9, MSH-11 and MSH-12, and what lies with the receiver."""
    rejected = {
        condition for condition in errors.Condition if ack.outcome_of(condition) is REJECTED
    }
    assert sorted(rejected) == ["200", "201", "202", "203", "205", "206", "207"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"MSH|^~\\&|A|B|C|D|||ADT^A01|5|P|2.5\rgarbage\r",
            ["MSA|AE|5|", "ERR|||100^Segment sequence error^HL70357|E|||hl7_syntax|"],
        ),
        (
            b"MSH|^~\\&|A|B|C|D|||ADT^A01|5|P|2.5|||ER\rgarbage\r",
            ["MSA|CE|5|", "ERR|||100^Segment sequence error^HL70357|E|||hl7_syntax|"],
        ),
        (
            b"MSH|^~\\&|A|B|C|D|||ADT^A01|5|P|2.5||||||KLINGON\rPID|1\r",
            [
                "MSA|AE|5|MSH-18[1]: ",
                "ERR||MSH^1^18^1|102^Data type error^HL70357|E|||hl7_charset_",
            ],
        ),
        (
            b"MSH|^~\\&|A|B|C|D|||ADT^A01|5|P|2.5\rPID|1||M\xfcller\r",
            ["MSA|AE|5|The bytes", "ERR|||102^Data type error^HL70357|E|||hl7_charset|"],
        ),
        (b"MSH|^~\\&|A|B|C|D|||ADT^A01|5|P|2.5|||NE|NE\rgarbage\r", None),
        (b"MSH|^~\\&|A|B|C|D|||ACK^A01|5|P|2.5\rgarbage\r", None),
        (b"garbage", None),
        (b"MSHxgarbage", None),
    ],
)
def test_what_cannot_be_read_is_rejected_as_far_as_it_can_be_answered(data, expected):
    with pytest.raises(errors.Hl7Error) as caught:
        message.parse(data)
    made = ack.reject(data, caught.value, control_id="6", now=NOW)
    if expected is None:
        assert made is None
        return
    found = made.encode().decode().split("\r")
    assert found[1].startswith(expected[0])
    assert found[2].startswith(expected[1])
    assert "KLINGON" not in made.text


@given(
    st.binary(max_size=120),
    st.sampled_from([b"MSH|^~\\&|", b"MSH", b"MSH|^|", b"MSH|^~|A|B|C|D|||"]),
)
def test_the_rejection_of_any_bytes_can_be_read(content, start):
    data = start + content
    try:
        message.parse(data)
    except errors.Hl7Error as error:
        made = ack.reject(data, error, control_id="6", now=NOW)
        if made is not None:
            again = message.parse(made.encode(), charset="ASCII")
            assert again.get("MSA-1") in ("AE", "CE")


@given(
    st.sampled_from(hl7_corpus.NAMES),
    st.sampled_from(list(ack.Outcome)),
    st.sampled_from(list(ack.Stage)),
    st.text(max_size=30, alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_any_acknowledgement_can_be_read(name, outcome, stage, text):
    read = message.parse(hl7_corpus.data(name))
    detail = ack.Detail(errors.Condition.DATA_TYPE, text, errors.Place("PID", 2, 3))
    made = ack.acknowledge(read, outcome, control_id="6", now=NOW, stage=stage, details=(detail,))
    if made is not None:
        again = message.parse(made.encode())
        assert again.get("MSA-1") == stage.value + outcome.value
        assert again.raw("MSA-2") == read.raw("MSH-10")
        assert again.get("MSH-5") == read.get("MSH-3")
        # No text is none, and not the null that would take one away.
        assert again.get("MSA-3") != ""


# -- answers that say something of each order ---------------------------------------------


ORDERS = {
    "segments": [
        [{"id": "ORC", "f1": "OK", "f2": {"c1": "PO|1", "c2": "CARE"}}, {"id": "RQD", "f5": "4"}],
        {"id": "ORC", "f1": "UA"},
    ]
}


def test_an_answer_says_what_becomes_of_each_order():
    content = ack.Content(ack.ANSWERS["OMS^O05"], ORDERS)
    made = answered(received(type_="OMS^O05^OMS_O05"), content=content)
    assert made[0].split("|")[8] == "ORS^O06^ORS_O06"
    assert made[1:] == ["MSA|AA|id\\T\\1", "ORC|OK|PO\\F\\1^CARE", "RQD|||||4", "ORC|UA", ""]
    old = answered(
        received("2.3", type_="ORM^O01"), content=ack.Content(ack.ANSWERS["ORM^O01"], ORDERS)
    )
    assert old[0].split("|")[8] == "ORR^O02"


def test_content_is_written_in_the_words_of_the_message():
    text = b"MSH*~!\\&*APP*FAC*ODOO*HUB*20261101**OMS~O05*1*P*2.5.1\r"
    made = ack.acknowledge(
        message.parse(text),
        ACCEPTED,
        control_id="77",
        now=NOW,
        content=ack.Content(ack.ANSWERS["OMS^O05"], ORDERS),
    )
    assert made.encode().decode().split("\r")[2] == "ORC*OK*PO|1~CARE"


@pytest.mark.parametrize(
    "bad", [{"segments": {}}, {"segments": [{"id": "MSH"}]}, {"segments": ["X"]}]
)
def test_content_that_is_none(bad):
    with pytest.raises(errors.Hl7Error):
        answered(received(), content=ack.Content(("ORS", "O06"), bad))
