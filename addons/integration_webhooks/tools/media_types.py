"""Reading a Content-Type (RFC 9110, 8.3)."""

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,127}"
_TYPE: Final = re.compile(rf"({_WORD})/({_WORD})")
_CHARSET: Final = re.compile(rf';[ \t]*charset=(?:"({_WORD})"|({_WORD}))[ \t]*(?=;|\Z)', re.I)


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type in lower case; ``charset`` is empty if none is named."""

    essence: str
    charset: str = ""

    @property
    def is_json(self) -> bool:
        return self.essence in ("application/json", "text/json") or self.essence.endswith("+json")

    @property
    def is_xml(self) -> bool:
        return self.essence in ("application/xml", "text/xml") or self.essence.endswith("+xml")


def parse(value: str) -> MediaType:
    """The media type of a header; an empty one if the value cannot be understood."""
    essence = value.partition(";")[0].strip(" \t").lower()
    if not _TYPE.fullmatch(essence):
        return MediaType("")
    match = _CHARSET.search(value)
    charset = (match[1] or match[2]).lower() if match else ""
    return MediaType(essence, charset)
