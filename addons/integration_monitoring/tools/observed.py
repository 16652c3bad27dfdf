# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A change of a signal with what it is about: what detection hands over to incidents."""

from __future__ import annotations

from typing import NamedTuple

from .causes import Node, Place
from .detector import Change


class Observed(NamedTuple):
    """A signal that started, got worse or ended.

    :param node: what the signal is about: an interface, a system, a listener or the suite.
    :param change: start, rise or end, with the finding that explains it.
    :param place: of an interface: what it depends on, so that a cause behind several of them can be
        told from its effects; ``None`` for anything else.
    """

    node: Node
    change: Change
    place: Place | None = None
