"""Functions that addons bring to mappings, and lists that a result may go without."""

import pytest
from core_tools import mapping_functions
from core_tools.errors import MappingError
from core_tools.mapping import MappingSpec, Section, compile_mapping
from core_tools.mapping_trial import Trial

TEXT = {"types": ["string"]}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    table = mapping_functions.MappingFunctions.FUNCTION_TABLE
    monkeypatch.setattr(mapping_functions.MappingFunctions, "FUNCTION_TABLE", dict(table))


def shout(text: str, mark: str = "!") -> str:
    return text.upper() + mark


def apply(header: str, *sections: Section, root: object = None) -> dict:
    return compile_mapping(MappingSpec(header, sections)).apply(root)


def test_a_function_of_an_addon() -> None:
    with pytest.raises(MappingError, match="there is no function test_shout"):
        compile_mapping(MappingSpec("{a: test_shout('x')}"))
    mapping_functions.extend("test_shout", shout, {**TEXT, "variadic": True})
    assert apply("{a: test_shout('x'), b: test_shout('x', '?')}") == {"a": "X!", "b": "X?"}


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("test_shout(`1`)", "was given a number"),
        ("test_shout()", "wrong number of arguments"),
        ("test_shout('a', 'b', 'c')", "at most 2 arguments"),
    ],
)
def test_its_arguments_are_checked(call: str, fault: str) -> None:
    mapping_functions.extend("test_shout", shout, {**TEXT, "variadic": True})
    with pytest.raises(MappingError, match=fault):
        apply(f"{{a: {call}}}")


def test_what_it_makes_is_paid() -> None:
    mapping_functions.extend("test_many", lambda text: text * 10_000_000, TEXT)
    with pytest.raises(MappingError, match="too long a text"):
        apply("{a: test_many('x')}")


def test_a_name_belongs_to_one_module() -> None:
    mapping_functions.extend("test_shout", shout, TEXT)
    mapping_functions.extend("test_shout", shout, TEXT)
    with pytest.raises(ValueError, match="already"):
        mapping_functions.extend("upper", shout, TEXT)


LINES = Section("lines", "lines", "{n: item}")
OPTIONAL = Section("lines", "lines", "{n: item}", optional=True)


@pytest.mark.parametrize("root", [{}, {"lines": None}, {"lines": []}])
def test_an_optional_list_is_left_out(root: dict) -> None:
    assert apply("{a: `1`}", OPTIONAL, root=root) == {"a": 1}


def test_an_optional_list_with_items_is_there() -> None:
    assert apply("{a: `1`}", OPTIONAL, root={"lines": ["x"]}) == {"a": 1, "lines": [{"n": "x"}]}


def test_other_lists_are_never_left_out() -> None:
    assert apply("{a: `1`}", LINES, root={"lines": []}) == {"a": 1, "lines": []}
    with pytest.raises(MappingError, match="must give a list"):
        apply("{a: `1`}", LINES, root={})
    with pytest.raises(MappingError, match="must give a list"):
        apply("{a: `1`}", OPTIONAL, root={"lines": "x"})


def test_a_trial_does_not_take_a_fault_for_nothing() -> None:
    mapping = compile_mapping(MappingSpec("{a: `1`}", (OPTIONAL,)))
    trial = Trial()
    assert mapping.apply({"lines": "x"}, trial=trial) == {"a": 1}
    assert [finding.place for finding in trial.findings] == ["section lines, source"]
