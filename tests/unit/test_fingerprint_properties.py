"""What groups errors: the same for all messages, whatever they quote."""

from core_tools import fingerprint
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(max_size=40), st.text(max_size=40))
def test_fingerprints_do_not_see_quotations(first, second):
    def group(text):
        text = text.replace('"', "")
        return fingerprint.fingerprint("mapping", "x", f'no unit "{text}" in line 7')

    assert group(first) == group(second)


@given(st.text(max_size=3000))
def test_normalising_anything_is_harmless(text):
    title = fingerprint.title("code", text)
    assert len(title) <= 160
    assert "\n" not in title
    assert not any(char in title for char in "0123456789")
