"""An HTTP answer that is made without knowing the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender.

    :ivar headers: names and values; a server adds Date, Content-Length and the like
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
