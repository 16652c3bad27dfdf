"""What the listener makes of frames: no socket, no database."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.hl7_reception import HEADER, NOW, Reason, Rules, fields, received
from tests.unit.load_ehr import load

answers = load("mllp.answers")
batch = load("hl7.batch")
document = load("hl7.document")
mapping_functions = load("hl7.mapping_functions")
message = load("hl7.message")
mllp = load("hl7.mllp")
reception = load("mllp.reception")


# -- messages ----------------------------------------------------------------------------


def test_what_the_ledger_is_told():
    part, refused = received(f"{HEADER}\rPID|1||77^^^GENERAL~8^^^X\r")
    assert refused is None
    assert (part.key, part.type, part.about) == ("EHR|GENERAL|ID1", "ADT^A01", ("77^GENERAL",))
    assert fields(part.content, "MSA") == ["MSA", "AA", "ID1"]


def test_the_time_of_sending_tells_no_messages_apart():
    one, _none = received(HEADER)
    other, _none = received(HEADER.replace("20261101", "20261102"))
    third, _none = received(f"{HEADER}\rPV1|1")
    assert one.compared == other.compared != third.compared


@pytest.mark.parametrize(
    "field",
    ["77^^^GENERAL^MR~9^^^STATE^SS", "9^^^STATE^NNDEU~5^^^X^PI~77^^^GENERAL^MR", "~77^^^GENERAL",
     "9^^^AOK&1&NII~77^^^GENERAL", '""~77^^^GENERAL^MR'],
)  # fmt: skip
def test_the_order_of_numbers_does_not_matter(field):
    text = f"MSH|^~\\&|EHR|GENERAL|||20261129||ADT^A01|1|P|2.5.1\rPID|1||{field}\r"
    part, _refused = received(text)
    assert part.about == ("77^GENERAL",)


def test_a_merge_is_about_all_its_patients():
    merge = HEADER.replace("A01^ADT_A01", "A40^ADT_A39")
    part, _none = received(
        f"{merge}\rPID|1||1^^^A\rMRG|2^^^A\rPID|2||3^^^A\rMRG|4^^^A\rPID|3||1^^^A\r"
    )
    assert part.about == ("1^A", "2^A", "3^A", "4^A")


MR = "4712^^^MAIN^MR"


@pytest.mark.parametrize(
    ("number", "about"),
    [
        (f"NAT1^^^GOV^NI~{MR}", ("4712^MAIN",)),
        (f"{MR}~NAT1^^^GOV^NI", ("4712^MAIN",)),
        (f"5^^^MAIN^PI~{MR}", ("4712^MAIN",)),
        ("NAT1^^^GOV^NI~7^^^LAB~8^^^X", ("7^LAB",)),
        ("NAT1^^^GOV&1.2&SSN^X~7^^^LAB", ("7^LAB",)),
        (" 4712 ^^^ MAIN ^MR", ("4712^MAIN",)),
        ("4712^^^&1.2.3&ISO^MR", ("4712^1.2.3",)),
        ('""~4712^^^MAIN^MR', ("4712^MAIN",)),
        ("A\\T\\B^^^MAIN^MR", ("A&B^MAIN",)),
        ("NAT1^^^GOV^NI", ("NAT1^GOV",)),
        ("1^^^A^MR~NAT1^^^GOV^NI~2^^^B^MR", ("1^A", "2^B")),
        ('""', ()),
        ("^^^MAIN^MR", ()),
    ],
)
def test_what_orders_is_the_number_that_mappings_take(number, about):
    """Of several hospitals' record numbers a mapping may take any: all of them do."""
    part, _none = received(f"{HEADER}\rPID|1||{number}\r")
    assert part.about == about
    pid = document.view(message.parse(part.body))["PID"][0]
    taken = mapping_functions.identifier(pid.get("f3"), "", "MR")
    if taken:
        assert f"{taken['number']}^{taken.get('assigner', '')}" == part.about[0]


def test_a_merge_and_what_is_known_of_its_patients_meet():
    """Whatever else senders say of a patient, and in which order."""
    merge = HEADER.replace("A01^ADT_A01", "A40^ADT_A39")
    merged, _none = received(f"{merge}\rPID|1||1^^^MAIN^MR~N2^^^GOV^NI\rMRG|{MR}\r")
    before, _none = received(f"{HEADER}\rPID|1||NAT1^^^GOV^NI~{MR}\r")
    after, _none = received(f"{HEADER}\rPID|1||N2^^^GOV^NI~1^^^MAIN^MR\r")
    assert merged.about == ("1^MAIN", "4712^MAIN") == after.about + before.about


def test_patients_without_end_are_refused():
    mergers = "".join(f"MRG|{number}^^^A^MR\r" for number in range(50))
    part, refused = received(f"{HEADER}\r{mergers}")
    assert (len(part.about), refused) == (50, None)
    part, refused = received(f"{HEADER}\r{mergers}MRG|50^^^A^MR\r")
    assert (part.error.code, refused) == ("hl7_limit", Reason.UNREADABLE)


@pytest.mark.parametrize(
    ("segment", "about"),
    [
        ("SCH|P1^EHR|F1^RIS", ("F1^RIS^",)),
        ("SCH|P1^EHR", ("P1^EHR^",)),
        ("NPU|WARD^1^2|U", ("WARD^1^2^",)),
        ("MFI|STF||UPD", ("STF^",)),
        ("ZZZ|1", ()),
    ],
)
def test_what_is_about_no_patient(segment, about):
    part, _none = received(f"{HEADER}\r{segment}\r")
    assert part.about == about


@pytest.mark.parametrize("type_", ["EVERYMAN", "ADT^EVERYMAN", "EVERYMAN^A01", "A1"])
def test_what_slipped_into_the_place_of_the_type_is_not_repeated(type_):
    part, refused = received(HEADER.replace("ADT^A01^ADT_A01", type_))
    assert (part.type, refused, part.error.code) == (None, Reason.UNREADABLE, "hl7_type")
    assert "EVERYMAN" not in str(part.error)
    assert fields(part.content, "MSA")[1] == "AR"


def test_a_long_number_is_about_something_short():
    part, _none = received(f"{HEADER}\rPID|1||{'9' * 400}^^^A\r")
    assert len(part.about[0]) < 100


@pytest.mark.parametrize(
    ("changes", "condition", "field"),
    [
        ((("|P|", "|T|"),), "202", 11),
        ((("|ODOO|", "|OTHER|"),), "103", 5),
        ((("|HUB|", "|OTHER|"),), "103", 6),
    ],
)
def test_what_is_not_for_us_is_answered_and_not_stored(changes, condition, field):
    text = HEADER
    for old, new in changes:
        text = text.replace(old, new)
    part, refused = received(text, processing=frozenset("P"), application="odoo", facility="Hub")
    assert not part.stored
    assert refused in (Reason.ENVIRONMENT, Reason.RECEIVER)
    assert fields(part.content, "MSA")[1] == "AR"
    error = fields(part.content, "ERR")
    assert (error[2], error[3].split("^")[0]) == (f"MSH^1^{field}^1", condition)


@pytest.mark.parametrize("more", ["|||NE|NE", "|||SU|SU"])
def test_what_is_not_for_us_and_wants_no_answer_is_kept(more):
    part, refused = received(HEADER.replace("|P|", "|T|") + more, processing=frozenset("P"))
    assert (part.stored, part.error.code, part.content) == (True, "hl7_environment", None)
    assert refused is Reason.ENVIRONMENT


def test_characters_that_no_column_holds_are_refused():
    part, refused = received(HEADER.replace("ID1", "I\0D"))
    assert (part.error.code, refused) == ("hl7_control_id", Reason.UNREADABLE)
    part, _reason = received(HEADER.replace("ID1", "9" * 300))
    assert part.error.code == "hl7_control_id"
    assert fields(part.content, "MSA")[1] == "AE"


@pytest.mark.parametrize(
    ("old", "new", "code", "condition"),
    [
        ("|2.5.1", "|3.0", "AR", "203"),
        ("|P|", "||", "AE", "101"),
        ("|ID1|", "||", "AE", "101"),
        ("|2.5.1", "|2.5.1|||SOMETIMES", "CE", "103"),
        ("|2.5.1", "|2.5.1||||||EBCDIC", "AE", "102"),
    ],
)
def test_faults_of_content_are_errors_and_what_we_do_not_take_is_rejected(
    old, new, code, condition
):
    part, refused = received(HEADER.replace(old, new))
    assert refused is Reason.UNREADABLE
    assert fields(part.content, "MSA")[1] == code
    assert fields(part.content, "ERR")[3].split("^")[0] == condition


def test_text_that_is_no_message_gets_an_answer_from_who_we_are():
    part, refused = received("hello", application="ODOO")
    assert refused is Reason.UNREADABLE
    assert fields(part.content, "MSH")[2] == "ODOO"
    assert fields(part.content, "MSA")[1] == "AE"
    assert part.error.code == "hl7_syntax"
    assert part.key == ""


def test_the_charset_of_the_interface_reads_what_declares_none():
    text = f"{HEADER}\rPID|1||7||JOSÉ\r"
    found = reception.receive(text.encode("latin-1"), Rules(), NOW)
    assert found.parts[0].error.code == "hl7_charset"
    found = reception.receive(text.encode("latin-1"), Rules(charset="8859/1"), NOW)
    assert found.parts[0].error is None


def test_acknowledgements_are_not_answered():
    part, refused = received("MSH|^~\\&|A|B|C|D|2026||ACK^A01|X1|P|2.5.1\rMSA|AA|M1\r")
    assert (part.type, part.content, refused) == ("ACK^A01", None, None)
    assert part.replies is not None
    part, _none = received("MSH|^~\\&|A|B|C|D|2026||ORS^O06^ORS_O06||P|2.5.1\rMSA|AA|M1\r")
    assert (part.type, part.key, part.content) == ("ORS^O06", "", None)


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [
        ("", "", ["AA"]),
        ("AL", "NE", ["CA"]),
        ("AL", "AL", ["CA", "AA"]),
        ("NE", "AL", ["AA"]),
        ("SU", "ER", ["CA"]),
        ("ER", "ER", []),
        ("NE", "NE", []),
    ],
)
def test_modes(accept, application, codes):
    part, _none = received(f"{HEADER}|||{accept}|{application}")
    frames = mllp.Decoder().feed(answers.frame(part.content)) if part.content else []
    assert [fields(frame.data, "MSA")[1] for frame in frames] == codes


def test_an_answer_after_handling_waits_and_the_receipt_does_not():
    part, _none = received(HEADER, handled=True)
    assert (part.content, part.early) == (None, None)
    assert part.waiting is not None
    part, _none = received(f"{HEADER}|||AL|ER", handled=True)
    assert fields(part.early, "MSA")[1] == "CA"
    assert part.waiting is not None
    part, _none = received(f"{HEADER}|||AL|NE", handled=True)
    assert fields(part.content, "MSA")[1] == "CA"
    assert part.waiting is None


def test_orders_of_supplies_are_answered_after_handling_if_others_are_not():
    supplies = Rules(handled_types=reception.ORDERS)
    for type_, waits in (("OMS^O05", True), ("OMN^O07", True), ("ADT^A01", False), ("ORM", False)):
        text = HEADER.replace("ADT^A01^ADT_A01", type_)
        part = reception.receive(text.encode(), supplies, NOW).parts[0]
        assert (part.waiting is not None, part.content is None) == (waits, waits)
        assert reception.receive(text.encode(), Rules(), NOW).parts[0].waiting is None


def test_conflicts_are_rejected_only_if_so_wanted():
    part, _none = received(HEADER)
    assert part.conflict is None
    part, _none = received(HEADER, rejects_conflicts=True)
    assert fields(part.conflict, "ERR")[3].startswith("205^")


# -- anything ----------------------------------------------------------------------------

#: Two character sets, in which bytes that are no text are kept, and a key that is too long.
HOSTILE = (
    b"MSH|^~\\&|" + b"A" * 250 + b" \xff|F|||2026||ACK^A01|ID1|P|2.5.1||||||ASCII~8859/1\r"
    b"MSA|AA|X\r"
)

pieces = st.sampled_from(
    [b"MSH|^~\\&|", b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"PID", b"MSA|AA|1", b"BHS",
     b"FHS", b"BTS|1", b"P|2.5", b"ADT^A01", b"\0",
     b"\xff", b'""', HEADER.encode(), b"\x0b", b"\x1c", b"||||||ASCII~8859/1", b"A" * 260,
     b"ACK^A01", b"|ID1|P|2.5.1"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(pieces, max_size=20).map(b"".join)))
@example(HOSTILE)
@example(HOSTILE.replace(b"MSA|AA|X", b"PID|1"))
def test_nothing_is_raised_and_answers_fit_into_frames(data):
    for rules in (Rules(), Rules(handled=True, rejects_conflicts=True, application="X")):
        found = reception.receive(data, rules, NOW)
        for part in found.parts:
            assert part.stored or part.content
            assert part.key.isprintable()
            for content in (part.content, part.conflict, part.early):
                assert content is None or b"\0" not in content
        answer = found.answer([part.content for part in found.parts], NOW)
        if answer is not None and b"\x1c" not in answer:
            assert mllp.Decoder().feed(answers.frame(answer)) == [mllp.Frame(answer)]


def test_a_hostile_acknowledgement_is_kept():
    found = reception.receive(HOSTILE, Rules(), NOW)
    assert (found.parts[0].body, found.parts[0].key) == (HOSTILE, "")
    assert found.parts[0].stored
    assert found.parts[0].replies is not None


def test_what_nobody_foresaw_is_kept_and_answered(monkeypatch):
    """One message, or one of a batch: the others are not spoiled."""

    def stumble(text):
        if text.count("ID1"):
            raise RuntimeError("unforeseen")
        return text

    monkeypatch.setattr(reception, "_shortened", stumble)
    part, refused = received(f"{HEADER}\r")
    assert (part.error.code, refused) == ("internal_error", Reason.UNREADABLE)
    assert fields(part.content, "MSA")[:3] == ["MSA", "AR", "ID1"]
    other = HEADER.replace("ID1", "ID2")
    whole = f"BHS|^~\\&|A|B|C|D\r{HEADER}\r{other}\rBTS|2\r"
    found = reception.receive(whole.encode(), Rules(), NOW)
    assert [part.error is None for part in found.parts] == [False, True]
    monkeypatch.setattr(batch, "parse", lambda *_args, **_more: stumble("ID1"))
    found = reception.receive(whole.encode(), Rules(), NOW)
    assert [part.error.code for part in found.parts] == ["internal_error"]
    assert fields(found.parts[0].content, "MSA")[1] == "AR"


def test_too_long_is_answered_by_its_beginning():
    found = reception.too_long(f"{HEADER}\rNTE|".encode(), Rules(), NOW)
    assert fields(found.parts[0].content, "MSA")[:3] == ["MSA", "AE", "ID1"]
    assert found.refused is Reason.TOO_LONG


@pytest.mark.parametrize(
    ("kind", "level", "waits"),
    [
        ("MFN^M16", "AL", True),
        ("MFN^M15", "ER", True),
        ("MFN^M16", "NE", False),
        ("MFN^M05", "AL", False),
    ],
)
def test_lists_that_ask_for_each_row_wait(kind: str, level: str, waits: bool):
    text = HEADER.replace("ADT^A01^ADT_A01", kind) + f"\rMFI|INV||UPD|||{level}\rMFE|MAD|R1||A\r"
    assert (received(text, rows=True)[0].waiting is not None) is waits
    assert received(text)[0].waiting is None
