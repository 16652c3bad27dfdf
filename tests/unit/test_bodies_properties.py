"""Bodies of every kind: read as independent readers do, within limits, and without a crash."""

import base64
import csv
import hashlib
import io
import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from core_tools import canonical_json
from core_tools.errors import ContractError
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.unit.load_webhooks import load

bodies = load("bodies")
xml_body = load("xml_body")
csv_body = load("csv_body")
media_types = load("media_types")
options = load("options")

FORM = "application/x-www-form-urlencoded"
SECRET = "Jane-Doe-12345"

few = settings(max_examples=40)
# What XML and databases can hold.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), max_size=20
)
names = st.text("abcXYZ", min_size=1, max_size=5)


def fault(raw, content_type, codec="", given_options=None):
    with pytest.raises(ContractError) as caught:
        bodies.decode(raw, content_type, codec, given_options)
    assert SECRET not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value


# -- which codec -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "codec"),
    [
        ("application/json", "json"),
        ("Application/JSON; charset=UTF-8", "json"),
        ("application/fhir+json", "json"),
        (FORM + "; charset=UTF-8", "form"),
        ("text/xml", "xml"),
        ("application/soap+xml", "xml"),
        ("text/csv;header=present", "csv"),
        ("application/octet-stream", "binary"),
        ("image/png", "binary"),
    ],
)
def test_the_content_type_says_how_to_read(content_type, codec):
    assert bodies.codec_of(content_type) == codec


@pytest.mark.parametrize("content_type", ["", "text/plain", "json", "multipart/form-data", "a/b"])
def test_other_content_types_need_a_choice(content_type):
    assert fault(b"{}", content_type).code == "unsupported_body"
    assert bodies.decode(b"{}", content_type, "json") == {}


@given(value=st.text(max_size=40))
def test_no_content_type_crashes(value):
    assert media_types.parse(value).essence.isascii()


# -- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1, "a": 2}',
        b"[NaN]",
        b"",
        b"{",
        b"\xff",
        b"[" * 65 + b"]" * 65,
        b'{"Jane-Doe-12345',
        b'["\\u0000"]',
        b'["\\ud800"]',
        b"[1e999999999]",
    ],
)
def test_json_is_strict(raw):
    assert fault(raw, "application/json").code == "malformed_json"


def test_json_knows_no_floats():
    assert bodies.decode(b"[1.10, 1]", "application/json") == [Decimal("1.10"), 1]


# -- forms -------------------------------------------------------------------------------------


@few
@given(pairs=st.lists(st.tuples(texts.filter(bool), texts), max_size=6))
def test_forms_are_read_as_they_are_written(pairs):
    read = bodies.decode(urlencode(pairs).encode(), FORM)
    assert [
        (name, value)
        for name, values in read.items()
        for value in (values if isinstance(values, list) else [values])
    ] == sorted(pairs, key=lambda pair: [name for name, _value in pairs].index(pair[0]))


@pytest.mark.parametrize("raw", [b"a=%ff", "a=é".encode(), b"a=%00", b"a=1&" * 1001])
def test_forms_that_cannot_be(raw):
    assert fault(raw, FORM).code == "malformed_form"


# -- XML ---------------------------------------------------------------------------------------

trees = st.recursive(
    st.tuples(names, st.dictionaries(names, texts, max_size=2), texts, st.just(())),
    lambda inner: st.tuples(
        names,
        st.dictionaries(names, texts, max_size=2),
        st.just(""),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


def element(tree):
    name, attributes, text, children = tree
    made = etree.Element(name, attributes)
    made.text = text
    made.extend(element(child) for child in children)
    return made


def expected(made):
    """What the module's table says, from lxml's tree."""
    text = made.text or ""
    text = text if text.strip() else ""
    if not made.attrib and not len(made):
        return text
    value = {f"@{name}": content for name, content in made.attrib.items()}
    for name in dict.fromkeys(child.tag for child in made):
        found = [expected(child) for child in made.findall(name)]
        value[name] = found if len(found) > 1 else found[0]
    return {**value, "#text": text.strip() if len(made) else text} if text else value


@settings(max_examples=60)
@given(tree=trees, encoding=st.sampled_from(["utf-8", "utf-16", "us-ascii", "iso-8859-1"]))
def test_xml_is_read_as_lxml_reads_it(tree, encoding):
    raw = etree.tostring(element(tree), encoding=encoding, xml_declaration=True)
    again = etree.fromstring(raw)
    found = bodies.decode(raw, "application/xml")
    assert found == {again.tag: expected(again)}
    assert canonical_json.dumps(found)


def test_xml_as_documented():
    def read(text, **given_options):
        return bodies.decode(text.encode(), "text/xml", "", xml_body.XmlOptions(**given_options))

    assert read("<a>text</a>") == {"a": "text"}
    assert read("<a/>") == {"a": ""}
    assert read('<a x="1">text</a>') == {"a": {"@x": "1", "#text": "text"}}
    assert read("<a>\n <b>1</b>\n <b>2</b></a>") == {"a": {"b": ["1", "2"]}}
    assert read("<a><b>1</b></a>", lists=("b",)) == {"a": {"b": ["1"]}}
    assert read('<n:a xmlns:n="urn:x" n:y="1"/>') == {"a": {"@y": "1"}}
    assert read('<n:a xmlns:n="urn:x"/>', namespaces=True) == {"{urn:x}a": ""}
    assert read("<a>one<b/>two</a>") == {"a": {"b": "", "#text": "onetwo"}}
    assert read("<a><![CDATA[<b>]]>&amp;&#233;<!-- c --><?pi x?></a>") == {"a": "<b>&é"}


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE a [<!ENTITY l0 "{SECRET}">{BOMB}]><a>&l9;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://169.254.169.254/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://a/">%x;]><a/>',
        '<!DOCTYPE a PUBLIC "-//W3C//DTD" "http://a/"><a/>',
        "<!DOCTYPE a><a/>",
        "<a>&x;</a>",
        "<a",
        "<a></b>",
        "<a/><b/>",
        "",
        f"<{SECRET}",
        "<a>" * 31 + "</a>" * 31,
        '<?xml version="1.0" encoding="rot13"?><a/>',
        '<?xml version="1.0" encoding="utf-7"?><a/>',
        '<?xml version="1.0" encoding="Jane-Doe-12345"?><a/>',
        '<x:a xmlns:y="urn:y"/>',
        '<a xmlns:x="urn:x"><b/><x:b/></a>',
        '<a xmlns:x="urn:x" b="1" x:b="2"/>',
        "<a>\0</a>",
        "<a>&#0;</a>",
        "<a>&#xd800;</a>",
    ],
)
def test_xml_that_is_dangerous_or_wrong_is_refused(text):
    assert fault(text.encode(), "application/xml").code == "malformed_xml"


def test_xml_has_limits():
    many = f"<a>{'<b/>' * (xml_body.MAX_NODES - 1)}</a>"
    assert bodies.decode(many.encode(), "text/xml")
    assert fault(many.replace("<a>", '<a x="1">').encode(), "text/xml").code == "malformed_xml"
    assert bodies.decode(b"<a>" * 30 + b"</a>" * 30, "text/xml")


XML_PIECES = ("<a>", "</a>", "<a/>", "<!", "[", "]]>", "&", ";", "<?xml ", "x='1'", "é", "<!--")
xml_texts = st.lists(st.sampled_from(XML_PIECES), max_size=12).map("".join)


@settings(max_examples=60)
@given(
    raw=xml_texts.map(str.encode) | st.binary(max_size=30),
    charset=st.sampled_from(["", "; charset=utf-16", "; charset=iso-8859-1", "; charset=x"]),
)
def test_no_xml_crashes(raw, charset):
    try:
        canonical_json.dumps(bodies.decode(raw, f"application/xml{charset}"))
    except ContractError as error:
        assert error.code == "malformed_xml"


# -- CSV ---------------------------------------------------------------------------------------

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@few
@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5),
    delimiter=st.sampled_from([",", ";", "|", "tab"]),
    quote=st.sampled_from(['"', "'"]),
)
def test_csv_is_read_as_it_is_written(rows, delimiter, quote):
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter="\t" if delimiter == "tab" else delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows([["x", "y"], *rows])
    given_options = csv_body.CsvOptions(delimiter=delimiter, quote=quote)
    found = bodies.decode(out.getvalue().encode(), "text/csv", "", given_options)
    assert [list(row.values()) for row in found] == rows
    assert canonical_json.dumps(found)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no header"),
        (b"a,a\r\n", "two alike"),
        (b"a,\r\n1,2", "without a name"),
        (b"a,b\r\n1", "line 2 has 1 values instead of 2"),
        (b'a,b\r\n"Jane-Doe-12345"x,2', "line 2 is not quoted rightly"),
        (b'a,b\r\n"1,2', "not quoted rightly"),
        (b"a\r\n\xff", "is not utf-8"),
        (b"a\r\n\0", "NUL"),
        (b"a\r\n" + b"x" * 32_001, "longer than 32000"),
        (b"," * 200, "more than 200 columns"),
        (b"a\r\n" + b"1\r\n" * 10_001, "more than 10000 rows"),
    ],
    ids=range(11),
)
def test_csv_that_cannot_be(raw, words):
    error = fault(raw, "text/csv")
    assert error.code == "malformed_csv"
    assert words in error.message


@pytest.mark.parametrize(
    ("limit", "words"), [(131_072, "too long"), (500_000_000, "longer than 32000")]
)
def test_csv_cell_that_never_ends(limit, words):
    """Whatever others set for the whole process; Odoo does."""
    before = csv.field_size_limit(limit)
    try:
        assert words in fault(b"a\r\n" + b"x" * 140_000, "text/csv").message
    finally:
        csv.field_size_limit(before)


def test_csv_dialects():
    def read(text, **given_options):
        checked = options.read_options(csv_body.CsvOptions, given_options)
        raw = text if isinstance(text, bytes) else text.encode()
        return bodies.decode(raw, "text/csv", "csv", checked)

    assert read("a;b\n1;2\n\n3;4", delimiter=";")[1] == {"a": "3", "b": "4"}
    assert read("1,2", header=False, columns=["x", "y"]) == [{"x": "1", "y": "2"}]
    assert read("\ufeffa\n1") == [{"a": "1"}]
    assert read(b"a\n\xe9", encoding="windows-1252") == [{"a": "é"}]
    assert bodies.decode("a\né".encode("cp1252"), "text/csv; charset=windows-1252")
    with pytest.raises(ContractError, match="lacks b"):
        read("a,c\n1,2", columns=["a", "b"])
    with pytest.raises(ContractError, match="encoding is none of"):
        bodies.decode(b"a", "text/csv; charset=rot13")
    for wrong in (
        {"delimiter": "x"},
        {"quote": "x"},
        {"encoding": "rot13"},
        {"header": False},
        {"columns": ["a", "a"]},
        {"columns": "a"},
    ):
        with pytest.raises(options.OptionsInvalid):
            read("a", **wrong)


@few
@given(raw=st.text('ab,"\r\n\0é', max_size=20).map(str.encode) | st.binary(max_size=20))
def test_no_csv_crashes(raw):
    try:
        canonical_json.dumps(bodies.decode(raw, "text/csv"))
    except ContractError as error:
        assert error.code == "malformed_csv"


# -- anything ----------------------------------------------------------------------------------


@few
@given(raw=st.binary(max_size=60))
def test_binary_bodies_are_complete(raw):
    found = bodies.decode(raw, "application/pdf")
    assert base64.b64decode(found["base64"]) == raw
    assert (found["size"], found["content_type"]) == (len(raw), "application/pdf")
    assert found["sha256"] == hashlib.sha256(raw).hexdigest()
    assert canonical_json.dumps(found)


@pytest.mark.parametrize("codec", bodies.CODECS)
@few
@given(raw=st.binary(max_size=30), content_type=st.text(max_size=20))
def test_nothing_crashes(codec, raw, content_type):
    try:
        found = bodies.decode(raw, content_type, codec)
    except ContractError as error:
        assert error.message
    else:
        assert json.dumps(found, default=str)
