"""Canaries: values planted where content or secrets go in, and the search for where they came out.

A value that must not be stored or logged in clear may do so in disguise. Each canary is therefore
looked for in every :func:`forms` of it, also inside of what is compressed (zlib, gzip), written as
hexadecimal digits (a dump's ``bytea``) or as base64, several layers deep.

    canaries = Canaries()
    name = canaries.plant("patient's name")
    ...
    assert not canaries.search_database(database)
"""

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from setup import postgres
from tests.harness.database import Database

#: Wrappings that are opened one inside of the other.
MAX_LAYERS = 4
#: What one compressed stream may yield; more is no content of a test.
MAX_UNPACKED = 64 * 1024 * 1024

_COPY = re.compile(rb"^COPY ([\w.\"]+) \(([^)]*)\) FROM stdin;$", re.MULTILINE)
_HEX = re.compile(rb"(?:[0-9a-f]{2}){12,}|(?:[0-9A-F]{2}){12,}")
# Base64, for addresses too, and hexadecimal digits.
_WORD = re.compile(rb"[A-Za-z0-9+/_-]{20,}={0,2}")
# zlib (RFC 1950) with the usual window at each level, and gzip (RFC 1952).
_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_DIGESTS = ("md5", "sha1", "sha256", "sha512")
#: So many bytes at an end of a form tell it from most data.
_END = 4
_COMPRESSED_STARTS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08")


@dataclass(frozen=True, order=True)
class Finding:
    """Where a canary was found.

    :ivar label: which canary, by the name that it was planted under
    :ivar place: table and column, or file and line
    :ivar form: in which disguise, with the wrappings around it
    """

    label: str
    place: str
    form: str


@dataclass
class Canaries:
    """What was planted, and the search for it."""

    planted: dict[str, bytes] = field(default_factory=dict)

    def plant(self, label: str, value: str | bytes | None = None) -> str:
        """Remember a value under a label; return it.

        :param value: at least six bytes, or the search would find it by chance; a random one by
            default, of letters and digits
        """
        value = f"Cnry{secrets.token_hex(8)}" if value is None else value
        raw = value.encode() if isinstance(value, str) else value
        if len(raw) < 6:
            raise ValueError("a canary of less than six bytes is found everywhere")
        self.planted[label] = raw
        return raw.decode()

    # -- where to look -------------------------------------------------------------------

    def search_database(self, database: Database) -> list[Finding]:
        """Search a dump of everything in the database: jobs, mails and attachments as well."""
        return sorted(set(self._dump(dump(database))))

    def search_files(self, folder: Path) -> list[Finding]:
        """Search every file below a folder, and the names of the files."""
        found: set[Finding] = set()
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            found.update(self.search(name.encode(), f"name of {name}"))
            if path.is_file():
                found.update(self.search(path.read_bytes(), name))
        return sorted(found)

    def search_log(self, path: Path) -> list[Finding]:
        """Search a log line by line, so that a finding says where it is."""
        found: set[Finding] = set()
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            found.update(self.search(line, f"{path.name}:{number}"))
        return sorted(found)

    def _dump(self, text: bytes) -> Iterator[Finding]:
        """Search a plain dump; name the column of each finding."""
        end = 0
        for table in _COPY.finditer(text):
            yield from self.search(text[end : table.start()], "schema")
            end = text.find(b"\n\\.\n", table.end())
            end = len(text) if end < 0 else end
            rows = text[table.end() + 1 : end]
            if self._is_clean(rows):
                continue
            name = table[1].decode().removeprefix("public.")
            # Names that are words of SQL, too, stand in quotes.
            columns = [column.strip(' "') for column in table[2].decode().split(",")]
            for row in rows.splitlines():
                for column, value in zip(columns, row.split(b"\t"), strict=False):
                    yield from self.search(_unescaped(value), f"{name}.{column}")
        yield from self.search(text[end:], "schema")

    def _is_clean(self, rows: bytes) -> bool:
        """A quick look at a whole table; few tables need the slow one at each column."""
        return next(self.search(_unescaped(rows), ""), None) is None

    # -- the search ----------------------------------------------------------------------

    def search(self, data: bytes, place: str, wrapping: str = "") -> Iterator[Finding]:
        """Search bytes and what is wrapped up in them."""
        words = _WORD.findall(data)
        for label, form in _needles(tuple(self.planted.items())).found(data, words):
            yield Finding(label, place, f"{wrapping}{form}")
        if wrapping.count(" > ") < MAX_LAYERS:
            for kind, inner in unwrapped(data, words):
                yield from self.search(inner, place, f"{wrapping}{kind} > ")


@lru_cache(maxsize=1000)
def forms(value: bytes) -> Mapping[str, bytes]:
    """How a value may be written: ``{name of the form: bytes to look for}``.

    Base64 has three, by the position of the value among the bytes that were encoded together;
    without the characters at the ends, in which neighbours have a part. Plain digests count, too:
    whoever guesses a value can check it against them. An HMAC does not.
    """
    text = value.decode("utf-8", "replace")
    found = {
        "plain": value,
        "lower case": value.lower(),
        "upper case": value.upper(),
        "reversed": value[::-1],
        "utf-16le": text.encode("utf-16-le"),
        "utf-16be": text.encode("utf-16-be"),
        "hex": value.hex().encode(),
        "HEX": value.hex().upper().encode(),
        "json": json.dumps(text)[1:-1].encode(),
        "json, utf-8": json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        "percent": quote(text).encode(),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value)
        # Whole groups of four characters that hold nothing but the value.
        first = 4 if shift else 0
        last = (shift + len(value)) // 3 * 4
        found[f"base64+{shift}"] = encoded[first:last]
        found[f"base64url+{shift}"] = encoded[first:last].translate(_TO_URL)
    for algorithm in _DIGESTS:
        digest = hashlib.new(algorithm, value, usedforsecurity=False)
        found[algorithm] = digest.hexdigest().encode()
        found[f"{algorithm} base64"] = base64.b64encode(digest.digest())
    # A word of letters and digits looks the same in many forms; the first name of each will do.
    names: dict[bytes, str] = {}
    for name, needle in found.items():
        names.setdefault(needle, name)
    return {name: needle for needle, name in names.items()}


_TO_URL = bytes.maketrans(b"+/", b"-_")


class _Needles:
    """All forms of many canaries, looked for at once.

    They begin or end alike, as canaries do: most data has none of those ends, and is done with
    soon. Digests do not, but they are long words.
    """

    def __init__(self, planted: Iterable[tuple[str, bytes]]) -> None:
        every = [
            (label, form, one) for label, value in planted for form, one in forms(value).items()
        ]
        self._in_words = [one for one in every if one[1].startswith(_DIGESTS)]
        others = [one for one in every if not one[1].startswith(_DIGESTS)]
        often = Counter(end for *_name, one in others for end in {one[:_END], one[-_END:]})
        self._by_end: dict[bytes, list[tuple[str, str, bytes]]] = defaultdict(list)
        for label, form, one in others:
            end = max(one[:_END], one[-_END:], key=often.__getitem__)
            self._by_end[end].append((label, form, one))

    def found(self, data: bytes, words: Iterable[bytes]) -> Iterator[tuple[str, str]]:
        """Labels and forms of what is in ``data``, whose long words are known."""
        for end, several in self._by_end.items():
            if end in data:
                yield from ((label, form) for label, form, needle in several if needle in data)
        if joined := b" ".join(words):
            yield from ((label, form) for label, form, one in self._in_words if one in joined)


_needles = lru_cache(maxsize=100)(_Needles)


def unwrapped(data: bytes, words: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """What is wrapped up in bytes: ``(kind of wrapping, what was in it)``.

    :param words: the long words in them: what is written as hexadecimal digits or base64 is such
    """
    for match in _COMPRESSED.finditer(data):
        inner = _decompressed(data[match.start() :])
        if inner:
            yield "compressed", inner
    for match in _HEX.finditer(b" ".join(words)):
        yield "hex", bytes.fromhex(match[0].decode())
    for word in words:
        inner = _from_base64(word)
        # Every long word looks like base64; values themselves are found by their own forms.
        if inner.startswith(_COMPRESSED_STARTS) or _is_text(inner):
            yield "base64", inner


def _decompressed(data: bytes) -> bytes:
    """What a stream at the beginning of ``data`` holds, as far as it is intact."""
    # 32: zlib or gzip, by the header
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    found = b""
    try:
        for start in range(0, len(data), 4096):
            found += unpacker.decompress(data[start : start + 4096], MAX_UNPACKED - len(found))
            if unpacker.eof or len(found) >= MAX_UNPACKED:
                break
    except zlib.error:
        pass  # two bytes that only look like a header, or a stream that was cut
    return found


def _from_base64(word: bytes) -> bytes:
    word = word.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    word = word[: len(word) - 1] if len(word) % 4 == 1 else word
    return base64.b64decode(word + b"=" * (-len(word) % 4))


def _is_text(data: bytes) -> bool:
    return data.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in data)


_ESCAPES = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


def _unescaped(value: bytes) -> bytes:
    """A value of PostgreSQL's COPY text format as it was."""
    if b"\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)


def dump(database: Database) -> bytes:
    """A plain dump of a database, as a backup would hold it."""
    program = shutil.which("pg_dump") or postgres.binaries() / "pg_dump"
    server = database.machine.server
    done = subprocess.run(
        [program, f"--host={server.host}", f"--port={server.port}", f"--username={server.user}",
         "--no-owner", database.name],
        check=True, capture_output=True, env={**os.environ, **database.machine.environ},
    )  # fmt: skip
    return done.stdout


def filestore(database: Database) -> Path:
    """The folder with the attachments of a database."""
    return database.machine.settings.data_dir / "filestore" / database.name


def report(findings: Iterable[Finding]) -> str:
    """Findings for a failing test; names of canaries, never their values."""
    return "\n".join(f"{one.label} in {one.place} ({one.form})" for one in findings)
