"""Whatever is done to one place of a sealed trail is found, and named first."""

import copy
import io
import json

import pytest
from core_tools import audit_chain, audit_checkpoint, audit_export, audit_verify
from core_tools.audit_chain import GENESIS, AuditKeyError, AuditKeys
from core_tools.audit_checkpoint import Checkpoint
from hypothesis import assume, given
from hypothesis import strategies as st

KEYS = AuditKeys.parse("old:" + "b2xk" * 11 + ", new:" + "bmV3" * 11)
OTHER = AuditKeys.parse("old:" + "eHl6" * 11 + ", new:" + "enl4" * 11)
DATABASE = "5b1f0f0e-0000-4000-8000-000000000001"

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
moments = st.integers(0, 59).map(lambda second: f"2026-11-22T10:00:{second:02}.000000")


@st.composite
def trails(draw, least=1):
    """Entries and their seals, made in one or more batches."""
    count = draw(st.integers(least, 12))
    ids = draw(st.permutations(range(1, count + 1)))
    entries = [
        {
            "id": number,
            "occurred_at": draw(moments),
            "actor_id": draw(st.integers(1, 9)),
            "actor_login": draw(text),
            "act": "change",
            "res_model": "integration.system",
            "res_id": draw(st.integers(-5, 10**6)),
            "res_name": draw(text),
            "company_id": draw(st.none() | st.integers(1, 3)),
            "reason": draw(st.none() | text),
            "changes": draw(st.none() | text),
            "remote_address": draw(st.none() | text),
        }
        for number in ids
    ]
    seals, head, cut = [], GENESIS, draw(st.integers(0, count))
    for keys, part in ((_signing("old"), entries[:cut]), (KEYS, entries[cut:])):
        seals += audit_chain.extend(keys, head, part, "2026-11-22T10:01:00.000000")
        head = seals[-1].head if seals else head
    return entries, seals


def _signing(key_id):
    return AuditKeys({one: KEYS._keys[one] for one in KEYS.key_ids}, key_id)


def report(pairs, checkpoints=(), keys=KEYS, unsealed=()):
    verifier = audit_verify.Verifier(keys, checkpoints)
    for entry, seal in pairs:
        verifier.seal(seal, entry)
    for entry_id, waiting in unsealed:
        verifier.unsealed(entry_id, "2026-11-22T10:00:00.000000", waiting=waiting)
    return verifier.finish()


def checkpoint(seal, number=1, kind="checkpoint"):
    return Checkpoint(
        number,
        kind,
        DATABASE,
        "2026-11-22T10:05:00Z",
        seal.sequence,
        seal.sequence,
        seal.mac,
        "new",
    )


@given(trails())
def test_what_was_sealed_is_intact(trail):
    entries, seals = trail
    found = report(zip(entries, seals, strict=True), [checkpoint(seals[-1])])
    assert found.intact
    assert found.checked == len(seals)
    assert found.head == seals[-1].head


@given(trails(), st.data())
def test_any_changed_column_of_an_entry_is_found(trail, data):
    entries, seals = trail
    place = data.draw(st.integers(0, len(entries) - 1))
    column = data.draw(st.sampled_from(sorted(entries[0])))
    value = data.draw(st.none() | st.integers(-5, 99) | text)
    assume(value != entries[place][column] or type(value) is not type(entries[place][column]))
    entries[place] = {**entries[place], column: value}
    found = report(zip(entries, seals, strict=True))
    assert [one.code for one in found.findings] == ["changed"]
    assert found.findings[0].sequence == place + 1


@given(trails(), st.data())
def test_any_changed_column_of_a_seal_is_found(trail, data):
    entries, seals = trail
    place = data.draw(st.integers(0, len(seals) - 1))
    column = data.draw(st.sampled_from(seals[0]._fields))
    old = getattr(seals[place], column)
    new = data.draw(st.integers(1, 99) if isinstance(old, int) else text)
    assume(new != old)
    changed = [*seals]
    changed[place] = seals[place]._replace(**{column: new})
    pairs = sorted(zip(entries, changed, strict=True), key=lambda pair: pair[1].sequence)
    found = report(pairs)
    assert not found.intact
    # whatever else it disturbs comes later
    assert found.findings[0].sequence in (place + 1, new)


@given(trails(least=2), st.data())
def test_any_deletion_before_the_end_is_found(trail, data):
    entries, seals = trail
    first = data.draw(st.integers(0, len(seals) - 2))
    last = data.draw(st.integers(first, len(seals) - 2))
    pairs = [*zip(entries, seals, strict=True)]
    found = report(pairs[:first] + pairs[last + 1 :])
    assert [(one.code, one.sequence) for one in found.findings] == [("gap", first + 1)]
    assert found.findings[0].values["last"] == last + 1
    without_entries = [
        (None if first <= place <= last else entry, seal)
        for place, (entry, seal) in enumerate(pairs)
    ]
    found = report(without_entries)
    assert [one.code for one in found.findings] == ["missing"] * (last - first + 1)


@given(trails(), st.data())
def test_a_deleted_end_is_found_by_its_checkpoint(trail, data):
    entries, seals = trail
    known = data.draw(st.integers(1, len(seals)))
    kept = data.draw(st.integers(0, known - 1))
    pairs = [*zip(entries, seals, strict=True)]
    found = report(pairs[:kept], [checkpoint(seals[known - 1], number=7)])
    assert [(one.code, one.sequence) for one in found.findings] == [("older", kept + 1)]
    assert "checkpoint 7" in found.findings[0].sentence
    # and when the sealer has gone on since, with other entries
    others = [{**entry, "id": entry["id"] + 1000} for entry in entries]
    head = seals[kept - 1].head if kept else GENESIS
    more = audit_chain.extend(KEYS, head, others, "2026-11-23T00:00:00.000000")
    found = report([*pairs[:kept], *zip(others, more, strict=True)], [checkpoint(seals[known - 1])])
    assert [(one.code, one.sequence) for one in found.findings] == [("replaced", known)]


@given(trails(least=2), st.data())
def test_any_other_order_is_found(trail, data):
    entries, seals = trail
    one, other = data.draw(
        st.lists(st.integers(0, len(seals) - 1), min_size=2, max_size=2, unique=True)
    )
    # the rows are served in another order
    pairs = [*zip(entries, seals, strict=True)]
    pairs[one], pairs[other] = pairs[other], pairs[one]
    assert not report(pairs).intact
    # the numbers were exchanged
    changed = [*seals]
    changed[one] = seals[one]._replace(sequence=seals[other].sequence)
    changed[other] = seals[other]._replace(sequence=seals[one].sequence)
    pairs = sorted(zip(entries, changed, strict=True), key=lambda pair: pair[1].sequence)
    found = report(pairs)
    assert [finding.code for finding in found.findings] == ["reordered", "reordered"]
    assert found.findings[0].values["was"] == max(one, other) + 1
    # the entries were exchanged below their seals
    entries[one], entries[other] = entries[other], entries[one]
    assert not report(zip(entries, seals, strict=True)).intact


@given(trails())
def test_nobody_else_can_seal(trail):
    entries, seals = trail
    forged = audit_chain.extend(OTHER, GENESIS, entries, "2026-11-22T10:01:00.000000")
    found = report(zip(entries, forged, strict=True))
    assert found.findings[0].sequence == 1
    assert {one.code for one in found.findings} == {"forged"}
    late = audit_chain.extend(OTHER, seals[-1].head, [{"id": 99}], "2026-11-22T10:01:00.000000")
    found = report([*zip(entries, seals, strict=True), ({"id": 99}, late[0])])
    assert [one.sequence for one in found.findings] == [len(seals) + 1]


@given(trails())
def test_an_entry_without_a_seal(trail):
    entries, seals = trail
    pairs = [*zip(entries, seals, strict=True)]
    assert report(pairs, unsealed=[(99, True)]).intact
    found = report(pairs, unsealed=[(99, False)])
    assert [(one.code, one.entry_id) for one in found.findings] == [("unsealed", 99)]


def _records(trail):
    entries, seals = trail
    header = {"type": "header", "database": DATABASE, "reason": "=1+1"}
    body = [audit_export.sealed(s, e) for e, s in zip(entries, seals, strict=True)]
    return [*audit_export.complete([header, *body], KEYS)]


def _check(lines, as_csv, checkpoints=()):
    records = audit_export.checked(audit_export.read(lines, as_csv=as_csv), KEYS)
    audit_export.header(records)
    return audit_export.verify(records, KEYS, checkpoints)


@given(trails(), st.booleans())
def test_an_export_is_lossless(trail, as_csv):
    records = _records(trail)
    write = audit_export.to_csv if as_csv else audit_export.to_json_lines
    content = "".join(write(records))
    back = audit_export.read(io.StringIO(content, newline=""), as_csv=as_csv)
    assert [*map(_known, back)] == [*map(_known, records)]
    found, problem = _check(io.StringIO(content, newline=""), as_csv)
    assert (found.intact, problem) == (True, "")


def _known(record):
    return {name: value for name, value in record.items() if value is not None}


@given(trails(), st.data())
def test_any_changed_value_of_an_export_is_found(trail, data):
    records = copy.deepcopy(_records(trail))
    record = data.draw(st.sampled_from(records[1:-1]))
    name = data.draw(st.sampled_from(sorted(set(record) - {"type"})))
    value = data.draw(st.integers(1, 99) if isinstance(record[name], int) else text)
    assume(value != record[name])
    record[name] = value
    found, problem = _check(audit_export.to_json_lines(records), False)
    assert problem
    assert not found.intact


@given(trails(least=2), st.data())
def test_a_line_less_is_found(trail, data):
    records = _records(trail)
    gone = data.draw(st.integers(1, len(records) - 1))
    _found, problem = _check(
        audit_export.to_json_lines(records[:gone] + records[gone + 1 :]), False
    )
    assert problem


def test_no_formula_reaches_a_spreadsheet():
    content = "".join(audit_export.to_csv([{"type": "header", "reason": "=HYPERLINK(1)"}]))
    assert "'=HYPERLINK(1)" in content
    assert ",=HYPERLINK" not in content


# -- checkpoints ---------------------------------------------------------------------------


@given(trails(), st.data())
def test_any_changed_checkpoint_is_found(trail, data):
    _entries, seals = trail
    line = checkpoint(seals[-1]).line(KEYS)
    assert [*audit_checkpoint.read_lines([line], KEYS, DATABASE)] == [checkpoint(seals[-1])]
    content = json.loads(line)
    name = data.draw(st.sampled_from(sorted(set(content) - {"database"})))
    value = data.draw(st.integers(0, 99) if isinstance(content[name], int) else text)
    assume(value != content[name])
    (bad,) = audit_checkpoint.read_lines([json.dumps({**content, name: value})], KEYS, DATABASE)
    assert isinstance(bad, audit_checkpoint.BadLine)
    assert not bad.torn
    found = report(zip(*trail, strict=True), [bad])
    assert found.findings[-1].code == "false_checkpoint"


def test_checkpoints_of_others_and_torn_lines():
    seal = audit_chain.extend(KEYS, GENESIS, [{"id": 1}], "2026-11-22T10:01:00.000000")[0]
    line = checkpoint(seal).line(KEYS)
    assert not [*audit_checkpoint.read_lines([line, ""], KEYS, "another")]
    (torn,) = audit_checkpoint.read_lines([line[:50]], KEYS, DATABASE)
    assert torn.torn
    assert report([({"id": 1}, seal)], [torn]).intact


def test_a_restart_takes_back_earlier_checkpoints():
    seals = audit_chain.extend(KEYS, GENESIS, [{"id": n} for n in (1, 2, 3)], "2026-11-22T10:01")
    before = [checkpoint(seals[0], 1), checkpoint(seals[2], 2)]
    pairs = [({"id": 1}, seals[0])]
    assert not report(pairs, before).intact
    found = report(pairs, [*before, checkpoint(seals[0], 3, "restart")])
    assert found.intact
    assert "restore" in found.remarks[0].sentence


# -- keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    ["", "nokey", "a:short", "a:" + "eA==", "a:" + "b2xk" * 11 + " a:" + "bmV3" * 11, "ä:eA=="],
)
def test_bad_keys_are_refused_without_quoting_them(bad):
    with pytest.raises(AuditKeyError) as caught:
        AuditKeys.parse(bad)
    assert "b2xk" not in str(caught.value)
    assert "nokey" not in str(caught.value)


def test_where_keys_come_from(tmp_path):
    path = tmp_path / "key"
    path.write_text("f:" + "b2xk" * 11 + "\n")
    load = audit_chain.load_keys
    assert load({}, {}) is None
    assert load({"audit_key_file": str(path)}, {}).current_id == "f"
    assert load({"audit_key": "c:" + "bmV3" * 11, "audit_key_file": "x"}, {}).current_id == "c"
    environ = {"INTEGRATION_AUDIT_KEY": "e:" + "bmV3" * 11}
    assert load({"audit_key": "c:" + "bmV3" * 11}, environ).current_id == "e"
    with pytest.raises(AuditKeyError):
        load({"audit_key_file": str(tmp_path / "none")}, {})
    assert "b2xk" not in repr(load({"audit_key_file": str(path)}, {}))


def test_a_lost_key_is_named():
    seals = audit_chain.extend(KEYS, GENESIS, [{"id": 1}, {"id": 2}], "2026-11-22T10:01:00.000000")
    found = report([({"id": 1}, seals[0]), ({"id": 2}, seals[1])], keys=_only("old"))
    assert [one.code for one in found.findings] == ["unknown_key", "unknown_key"]
    assert "“new”" in found.findings[0].sentence


def _only(key_id):
    return AuditKeys({key_id: KEYS._keys[key_id]}, key_id)


def test_a_clock_that_is_set_back_is_a_remark():
    entries = [
        {"id": 1, "occurred_at": "2026-11-22T10:00"},
        {"id": 2, "occurred_at": "2026-11-22T09"},
    ]
    first = audit_chain.extend(KEYS, GENESIS, entries[:1], "2026-11-22T10:01")
    second = audit_chain.extend(KEYS, first[0].head, entries[1:], "2026-11-22T09:01")
    found = report([(entries[0], first[0]), (entries[1], second[0])])
    assert found.intact
    assert "clock" in [one.code for one in found.remarks]
