"""Names with dots between them find what JMESPath finds."""

import jmespath
import pytest
from core_tools.simple_path import names_of, walk
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "_c1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(path=st.lists(NAMES, min_size=1, max_size=4).map(".".join), value=VALUES)
def test_finds_what_jmespath_finds(path, value):
    assert walk(names_of(path), value) == jmespath.search(path, value)


@pytest.mark.parametrize("path", ["", "a.", ".a", "a b", "a[0]", "a-b", '"a"', "a | b", "é", "a\n"])
def test_all_else_is_left_to_jmespath(path):
    assert names_of(path) is None
