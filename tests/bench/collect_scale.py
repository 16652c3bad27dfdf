"""What a collection of monitoring costs in a ledger of a million messages, against a small one.

Two databases of one cluster, one process each, no server. In turn both get the same new messages
(stored, dispatched, claimed and recorded by the engine's own functions), and then one collection is
timed: counts of the open minutes, readings of what waits, rows, marks, commit. The past of the
ledgers is not counted: that is done once, in steps, after the installation.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench import figures, ledger_fill, ledger_scale, rules, runner
from tests.harness import Harness

NAME = "collect_scale"
UNIT = "ms"
TARGET = figures.Target(1.2, at_most=True)

#: What waits is counted one by one, so both ledgers have the same amount of it.
UNFINISHED = 1_000
LARGE = ledger_fill.Extent(finished=1_000_000, unfinished=UNFINISHED)
SMALL = ledger_fill.Extent(finished=10_000, unfinished=UNFINISHED)
COLLECTIONS = 10

_COLLECT = """
import time
from odoo.addons.integration_monitoring.engine import collector
env.cr.rollback()
begun = time.monotonic()
for _number in range(count):
    assert collector.collect(env.registry)
result = 1000 * (time.monotonic() - begun) / count
"""


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Fill both ledgers."""
    with ExitStack() as stack:
        large = stack.enter_context(ledger_scale._filled(harness, LARGE))
        small = stack.enter_context(ledger_scale._filled(harness, SMALL))
        yield runner.Stage(
            large.database,
            ours=rules.Arm("large ledger", 1, lambda: _measure(large)),
            reference=rules.Arm("small ledger", 1, lambda: _measure(small)),
            generator=None,
            remarks=(
                f"large: {LARGE.finished:,} messages done, small: {SMALL.finished:,}; each with "
                f"{UNFINISHED:,} dead, held and not yet due; a figure is the mean of "
                f"{COLLECTIONS} collections after {ledger_scale.MESSAGES} messages each way",
            ),
        )


def _measure(ledger: ledger_scale.Ledger) -> float:
    ledger.measure()
    return ledger.shell.run(_COLLECT, count=COLLECTIONS)
