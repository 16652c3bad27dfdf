# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""In which order the wall shows what it shows: what needs a person comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .health_wall import Light

_ORDER: Final = {
    light.value: place
    for place, light in enumerate(
        (Light.DOWN, Light.SILENT, Light.DEGRADED, Light.UNKNOWN, Light.OK, Light.PAUSED)
    )
}


def rank(light: str) -> int:
    """The place of a light, the worst first; of an unknown word, the last."""
    return _ORDER.get(light, len(_ORDER))


def worst(lights: Iterable[str]) -> str:
    """The light of several together; of none, ``paused``: nothing is to be expected of them."""
    return min(lights, key=rank, default=Light.PAUSED.value)
