"""How many messages a handler gets at once: as many as go well together."""

from __future__ import annotations

from dataclasses import dataclass, field

#: The first batch is no larger: nobody knows yet how long one takes.
START = 50
#: A batch that takes longer than so many seconds is followed by a smaller one.
SLOW = 3.0
#: One that takes longer than so many is not followed by a larger one.
BRISK = 1.0


@dataclass
class Stride:
    """The size of the next batch.

    One bad message spoils a batch, which is undone then. Halving finds it in a few attempts, and
    doubling leaves it behind as fast: what 500 messages cost with one bad one among them is two
    to four times what they cost without. Where most messages are bad, few batches are tried at all.

    >>> stride = Stride(500)
    >>> stride.size
    50
    >>> stride.passed(0.1); stride.size
    100
    >>> stride.failed(100); stride.size
    50
    >>> stride.stop(); stride.passed(0.1); stride.size
    1

    :ivar limit: the largest batch that the handler takes; 1 for none
    """

    limit: int
    size: int = field(init=False)
    _stopped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.size = max(1, min(self.limit, START))

    def passed(self, seconds: float) -> None:
        """A batch, or a single message, went well and took so long."""
        if self._stopped:
            return
        if seconds > SLOW:
            self.size = max(1, self.size // 2)
        elif seconds < BRISK:
            self.size = max(1, min(self.limit, self.size * 2))

    def failed(self, count: int) -> None:
        """A batch of so many messages was undone."""
        self.size = max(1, min(self.size, count) // 2)

    def stop(self) -> None:
        """Batches of this handler cannot go well: no more of them."""
        self._stopped = True
        self.size = 1


class Strides:
    """The strides of several handlers, who take more or less at once.

    >>> strides = Strides()
    >>> strides.of("a", 500).passed(0.1); strides.of("a", 500).size, strides.of("b", 1).size
    (100, 1)
    >>> strides.limit
    500
    """

    def __init__(self) -> None:
        self._known: dict[str, Stride] = {}

    @property
    def limit(self) -> int:
        """The largest batch that one of the handlers takes which were met so far."""
        return max((stride.limit for stride in self._known.values()), default=1)

    def of(self, name: str, limit: int) -> Stride:
        """The stride of a handler that takes so many at once."""
        known = self._known.get(name)
        if known is None or known.limit != limit:
            known = self._known[name] = Stride(limit)
        return known

    def failed(self, count: int) -> None:
        """Some of so many messages were in the way, nobody knows whose."""
        for stride in self._known.values():
            stride.failed(count)
