# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a stock is below its minimum, and when it is refilled.

The two are apart (hysteresis): a stock that hovers around its minimum is one breach, not many.
"""

from __future__ import annotations

OK = "ok"
BREACHED = "breached"


def judge(state: str, quantity: float, minimum: float, refilled_at: float) -> str:
    """The state after a look at the stock.

    :param state: the state before
    :param quantity: what is there, rounded as its unit is; below zero is possible
    :param refilled_at: from here on a breach is over; never below ``minimum``

    >>> judge("ok", 4.0, 5.0, 8.0)
    'breached'
    >>> judge("breached", 7.0, 5.0, 8.0), judge("ok", 7.0, 5.0, 8.0)
    ('breached', 'ok')
    >>> judge("breached", 8.0, 5.0, 8.0)
    'ok'
    """
    limit = refilled_at if state == BREACHED else minimum
    return BREACHED if quantity < limit else OK
