"""Both arms of hl7_parse read the same, and all of it."""

from tests.bench import hl7_arm


def test_both_arms_read_every_character():
    size = hl7_arm.ours()()
    assert hl7_arm.reference()() == size
    # All but delimiters and line ends, the delimiters that are values, and an escaped one.
    values = hl7_arm.ADMISSION.decode()[8:].replace("\r", "").replace(r"\T", "+").replace("\\", "")
    for mark in "|^~&":
        values = values.replace(mark, "")
    assert size == len(values) + len("MSH|^~\\&")
