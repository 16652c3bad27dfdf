"""Properties of event filters: typed errors only, and never a surprise."""

import pytest
from core_tools import event_filter
from hypothesis import example, given
from hypothesis import strategies as st

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.decimals(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)
events = st.fixed_dictionaries({}, optional=dict.fromkeys(event_filter.NAMES, values))
words = st.sampled_from(
    [
        "data",
        "type",
        "id",
        "a",
        "b",
        "c",
        ".",
        ".",
        ".",
        "[",
        "]",
        "[?",
        "[*",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "==",
        ">",
        "`1`",
        "'x'",
        ",",
        "|",
        "&",
        "@",
        "length(",
        "to_number(",
        "contains(",
        "values(",
        "sort(",
        "{",
        ":",
        "}",
        "[0]",
        "[]",
        "`null`",
    ]
)
paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
    lambda names: "data." + ".".join(names)
)


def compiled(text):
    try:
        return event_filter.EventFilter.compile(text)
    except event_filter.FilterError as error:
        assert error.code == "invalid_filter"
        return None


@given(st.text(max_size=60) | st.lists(words, max_size=9).map("".join), events)
@example("data.a[?`1`", {})
@example("\0", {})
def test_any_text_gives_a_verdict_or_a_typed_error(text, event):
    found = compiled(text)
    if found is None:
        return
    try:
        assert found.passes(event) in (True, False)
    except event_filter.FilterError as error:
        assert error.code == "filter_failed"


@given(paths, events)
def test_a_path_passes_if_its_value_is_true_or_not_empty(path, event):
    value = event
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    found = event_filter.EventFilter.compile(path)
    if value is None or isinstance(value, (bool, str, list, dict)):
        assert found.passes(event) is bool(value)
    else:
        with pytest.raises(event_filter.FilterError):
            found.passes(event)


@given(paths, events)
def test_a_negation_is_the_opposite(path, event):
    plain = event_filter.EventFilter.compile(f"{path} == `true`").passes(event)
    assert event_filter.EventFilter.compile(f"!({path} == `true`)").passes(event) is not plain


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True), paths)
def test_a_name_that_events_lack_is_found_wherever_it_stands(name, path):
    for text in (
        name,
        f"{path} && {name}.a",
        f"contains({path}, {name})",
        f"@.{name}",
        f"!({name})",
    ):
        if name in event_filter.NAMES:
            assert compiled(text)
        else:
            assert compiled(text) is None
