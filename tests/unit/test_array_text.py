"""Arrays as PostgreSQL reads them. That it does is tested inside Odoo, with the same values."""

import pytest
from core_tools import array_text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "{}"),
        (["a"], '{"a"}'),
        (["a", "b c", ""], '{"a","b c",""}'),
        (["NULL", None, "{x}"], '{"NULL",NULL,"{x}"}'),
        ([None], "{NULL}"),
        (['say "a"', "b"], '{"say \\"a\\"","b"}'),
        (['a","b'], '{"a\\",\\"b"}'),
        (["back\\slash", "b"], '{"back\\\\slash","b"}'),
    ],
)
def test_texts(values, text):
    assert array_text.of_texts(values) == text


def test_integers():
    assert array_text.of_integers([]) == "{}"
    assert array_text.of_integers([1, None, -3]) == "{1,NULL,-3}"
