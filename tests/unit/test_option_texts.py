"""What forms show of schemes, handshakes and codecs: texts for everything, choices that work."""

import pytest

from tests.unit.load_webhooks import load

texts = load("option_texts")
options = load("options")
registry = load("schemes.registry")
handshakes = load("handshakes")
bodies = load("bodies")
batches = load("batches")
reasons = load("reason_texts")
signature = load("signature")

FORMS = [
    *(scheme.options for scheme in registry.schemes().values()),
    *(handshake.options for handshake in handshakes.HANDSHAKES.values()),
    *(codec.options for codec in bodies.CODECS.values()),
    batches.BatchOptions,
]


def shown(form):
    return texts.form(form, lambda text: text)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_option_has_a_text(form):
    for one in shown(form):
        name = one["name"]
        assert f"{form.__name__}.{name}" in texts.OPTIONS or name in texts.OPTIONS, name
        assert one["label"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_usual_values_are_what_the_options_say(form):
    for one in shown(form):
        value = getattr(form(), one["name"])
        assert one["default"] == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_choice_is_accepted_by_itself(form):
    """What a choice needs besides may be missing, but the value itself is one of those known."""
    for one in shown(form):
        for choice in one["choices"]:
            assert one["default"] in one["choices"]
            try:
                options.read_options(form, {one["name"]: choice})
            except options.OptionsInvalid as exc:
                assert not str(exc).startswith(f"{one['name']}: must be one of"), choice


def test_every_scheme_has_a_name():
    assert set(texts.SCHEMES) == set(registry.schemes())


def test_every_reason_has_a_sentence():
    assert set(reasons.REASONS) == set(signature.Reason)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_what_makes_a_scheme_stands_before_what_most_have(form):
    common = ["max_age", "max_skew", "id_header", "id_path", "type_header", "type_path"]
    is_common = [
        one["name"] in common and f"{form.__name__}.{one['name']}" not in texts.OPTIONS
        for one in shown(form)
    ]
    assert is_common == sorted(is_common)


def test_what_is_wrong_names_options_as_the_form_does():
    form = registry.schemes()["client_certificate"].options
    with pytest.raises(options.OptionsInvalid) as caught:
        options.read_options(form, {})
    told = texts.explained(form, caught.value, lambda text: text)
    assert told == "“Networks of the proxies”: name the networks of the proxies."
    other = options.OptionsInvalid("There is no option “a: b”.")
    assert texts.explained(form, other, lambda text: text) == str(other)
