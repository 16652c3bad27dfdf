"""The search for canaries finds what it is meant to find: else finding nothing proves nothing."""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Database
from tests.harness.canary import Canaries, filestore, forms, report

DISGUISES: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda value: value,
    "inside a word": lambda value: b"x" + value + b"y",
    "lower case": bytes.lower,
    "upper case": bytes.upper,
    "reversed": lambda value: value[::-1],
    "utf-16le": lambda value: value.decode().encode("utf-16-le"),
    "utf-16be": lambda value: b"\0" + value.decode().encode("utf-16-be"),
    "hex": lambda value: value.hex().encode(),
    "HEX": lambda value: value.hex().upper().encode(),
    "hex with more around it": lambda value: b"\\x" + (b"ab" + value + b"cd").hex().encode(),
    "base64 from its beginning": base64.b64encode,
    "base64, shifted by one": lambda value: base64.b64encode(b"a" + value + b"b"),
    "base64, shifted by two": lambda value: base64.b64encode(b"ab" + value + b"c"),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(b"abc?" + value),
    "zlib": zlib.compress,
    "zlib in the middle": lambda value: b"head" + zlib.compress(value * 3, 9) + b"tail",
    "zlib, fast": lambda value: zlib.compress(value, 1),
    "zlib, stored": lambda value: zlib.compress(value, 0),
    "gzip": gzip.compress,
    "zlib in hex": lambda value: b"\\x" + zlib.compress(value).hex().encode(),
    "zlib in base64": lambda value: base64.b64encode(zlib.compress(value)),
    "gzip in zlib": lambda value: zlib.compress(gzip.compress(value)),
    "json in base64": lambda value: base64.b64encode(json.dumps({"a": value.decode()}).encode()),
    "utf-16 in hex": lambda value: value.decode().encode("utf-16-le").hex().encode(),
    "zlib in base64 in json in hex": lambda value: (
        json.dumps({"a": base64.b64encode(zlib.compress(value)).decode()}).encode().hex().encode()
    ),
    "md5": lambda value: hashlib.md5(value, usedforsecurity=False).hexdigest().encode(),
    "sha256": lambda value: hashlib.sha256(value).hexdigest().encode(),
    "sha512 in base64": lambda value: base64.b64encode(hashlib.sha512(value).digest()),
}


@pytest.fixture
def canaries() -> Canaries:
    canaries = Canaries()
    canaries.plant("the canary")
    canaries.plant("another one")
    return canaries


@pytest.mark.parametrize("disguise", DISGUISES)
def test_finds_it_in_every_disguise(canaries: Canaries, disguise: str) -> None:
    data = b"before " + DISGUISES[disguise](canaries.planted["the canary"]) + b" behind"
    assert {one.label for one in canaries.search(data, "here")} == {"the canary"}


def test_every_form_of_each_of_many_is_found(canaries: Canaries) -> None:
    """Many are looked for at once, and none of them hides another."""
    for number in range(20):
        canaries.plant(f"canary {number}")
    for label, value in canaries.planted.items():
        for form, needle in forms(value).items():
            found = {(one.label, one.form) for one in canaries.search(b"a " + needle, "here")}
            assert (label, form) in found, (label, form)
            assert {one for one, _form in found} == {label}


@pytest.mark.parametrize("name", ["Žofie Müllerová", "a/b?c=d&e f", '"quoted" \\ text'])
def test_finds_names_that_are_escaped(name: str) -> None:
    canaries = Canaries()
    canaries.plant("name", name)
    for data in (name.encode(), json.dumps(name, ensure_ascii=True).encode()):
        assert list(canaries.search(data, "here")), data


def test_finds_nothing_where_nothing_is(canaries: Canaries) -> None:
    noise = b"".join(hashlib.sha512(bytes([n])).digest() for n in range(200))
    for data in (noise, noise.hex().encode(), base64.b64encode(noise), zlib.compress(noise)):
        assert list(canaries.search(data, "here")) == []


def test_too_short_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="six"):
        Canaries().plant("short", "abc")


def test_files_and_logs_name_the_place(canaries: Canaries, tmp_path: Path) -> None:
    value = canaries.planted["the canary"]
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "stored").write_bytes(gzip.compress(value))
    (tmp_path / "server.log").write_bytes(b"first line\nsecond " + value.hex().encode() + b"\n")
    places = {one.place for one in canaries.search_files(tmp_path)}
    assert places == {"ab/stored", "server.log"}
    assert {f.place for f in canaries.search_log(tmp_path / "server.log")} == {"server.log:2"}


def test_the_report_does_not_repeat_the_value(canaries: Canaries) -> None:
    value = canaries.planted["the canary"]
    text = report(canaries.search(value, "here"))
    assert "the canary in here (plain)" in text
    assert value.decode() not in text


def test_a_dump_tells_table_and_column(canaries: Canaries, database: Database) -> None:
    """Text, bytea, JSON and what is compressed; jobs, mails and attachments are tables, too."""
    value = canaries.planted["the canary"]
    database.sql(
        "CREATE TABLE canary_cage "
        '(id int, text_ text, bytes_ bytea, packed bytea, json_ jsonb, "references" text)'
    )
    database.sql(
        "INSERT INTO canary_cage VALUES (1, %s, NULL, NULL, NULL, NULL), "
        "(2, NULL, %s, NULL, NULL, NULL), (3, NULL, NULL, %s, NULL, NULL), "
        "(4, NULL, NULL, NULL, %s, %s)",
        [
            f"tab\t{value.decode()}\n",
            b"\0\xff" + value,
            zlib.compress(value * 20),
            json.dumps({"a": [value.decode()]}),
            value.decode(),
        ],
    )
    database.sql("INSERT INTO ir_logging (create_date, name, type, level, dbname, message, path, "
                 "func, line) VALUES (now(), %s, 'server', 'x', 'x', %s, 'x', 'x', '1')",
                 ["x", base64.b64encode(b"?" + value).decode()])  # fmt: skip
    folder = filestore(database) / "zz"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attachment").write_bytes(value)
    assert {one.place for one in canaries.search_database(database)} == {
        "canary_cage.text_",
        "canary_cage.bytes_",
        "canary_cage.packed",
        "canary_cage.json_",
        "canary_cage.references",
        "ir_logging.message",
    }
    assert [one.place for one in canaries.search_files(filestore(database))] == ["zz/attachment"]
