"""The handwritten messages of the HL7 tests, with invented people; files hold a segment a line."""

from pathlib import Path

_FOLDER = Path(__file__).with_name("hl7_messages")
NAMES = sorted(path.stem for path in _FOLDER.glob("*.hl7"))


def text(name: str) -> str:
    """A message as text, its segments ended by CR."""
    return (_FOLDER / f"{name}.hl7").read_text(encoding="utf-8").replace("\n", "\r")


def data(name: str) -> bytes:
    """A message as bytes. None but those that declare UTF-8 leave ASCII."""
    return text(name).encode()
