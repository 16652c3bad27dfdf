"""Confirming a purchase order with its event, against the same with the event switched off.

One process, no server: real environments, one cursor and one commit a transaction, as a user of
purchasing. Neither the dispatcher nor a drain runs in either arm; what the user's own transaction
pays for them is in ours: triggers, snapshot, the row in the outbox, and after each commit a wake-up
of the dispatcher that has to create its queue job.
"""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import confirmations, figures, rules, runner, stage
from tests.harness import Database, Harness, Shell

NAME = "event_capture"
UNIT = "ms/transaction"
TARGET = figures.Target(1.10, at_most=True)

TRANSACTIONS = 200
SUBSCRIBERS = 2
# Both arms of a round take turns after so many transactions: what slows the machine for some
# seconds slows both.
BLOCK = 20
# After each switch the first transactions fill caches again.
WARM_UP = 3
_NOWHERE = "http://127.0.0.1:9/hook"


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database and both arms."""
    with stage.database(harness) as database, stage.shell(database) as shell:
        office = Office.open(database, shell)
        for number in range(SUBSCRIBERS):
            office.subscribe(f"subscriber {number}")
        pair = Pair(office, office.products("consu"))
        services = Pair(office, office.products("service"))
        yield runner.Stage(
            database,
            ours=rules.Arm("with the event", 1, lambda: pair.measure(active=True)),
            reference=rules.Arm("without", 1, lambda: pair.measure(active=False)),
            generator=None,
            remarks=(
                f"a round is {TRANSACTIONS} transactions of one process, each confirming one "
                f"order of {confirmations.LINES} lines of goods and so making its receipt; "
                f"{SUBSCRIBERS} subscribers; the arms take turns every {BLOCK} transactions; "
                "figures are means of a round",
                "neither arm is disturbed by a dispatcher or a drain; each wake-up creates its "
                "queue job, as with a dispatcher that sleeps again after each transaction",
            ),
            extras=(
                runner.Extra(
                    "ratio for orders of services, which make no receipt",
                    services.ratio,
                    unit="",
                ),
            ),
        )


@dataclass
class Office:
    """A buyer, a supplier, and the shell in which orders are confirmed."""

    database: Database
    shell: Shell
    buyer: int
    supplier: int

    @classmethod
    def open(cls, database: Database, shell: Shell) -> "Office":
        buyer, supplier = shell.run(
            "made = env['bench.purchase']\n"
            "result = [made._buyer().id, made._supplier('Supplier').id]"
        )
        return cls(database, shell, buyer, supplier)

    def subscribe(self, name: str) -> None:
        self.shell.run("env['bench.purchase']._subscriber(name, url)", name=name, url=_NOWHERE)

    def products(self, kind: str) -> list[int]:
        return self.shell.run("result = env['bench.purchase']._products(kind).ids", kind=kind)

    def confirm(self, products: list[int], count: int, *, active: bool) -> list[float]:
        """Confirm orders, with the event or without; return the seconds of each transaction."""
        self.shell.run("env['bench.purchase']._event(active)", active=active)
        self._confirm(products, WARM_UP)
        before = self._events()
        durations = self._confirm(products, count)
        expected = count if active else 0
        assert self._events() - before == expected, "not one event for each confirmed order"
        return durations

    def _confirm(self, products: list[int], count: int) -> list[float]:
        return self.shell.run(
            "from odoo.addons.bench_reference import confirming\n"
            "orders = env['bench.purchase']._orders(buyer, supplier, products, count)\n"
            "env.cr.commit()\n"
            "result = confirming.confirm_each(env.registry, buyer, orders)",
            buyer=self.buyer,
            supplier=self.supplier,
            products=products,
            count=count,
        )

    def _events(self) -> int:
        """Events with a snapshot of all lines."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_event WHERE json_array_length(data::json -> 'lines') "
            "= %s",
            [confirmations.LINES],
        )


@dataclass
class Pair:
    """Both arms, measured together: each is told in turn what its half of a round was."""

    office: Office
    products: list[int]
    _found: dict[bool, float] = field(default_factory=dict)

    def measure(self, *, active: bool) -> float:
        """Milliseconds that a transaction of a round takes on average."""
        if active not in self._found:
            self._found = self._round()
        return self._found.pop(active)

    def ratio(self) -> float:
        found = self._round()
        return found[True] / found[False]

    def _round(self) -> dict[bool, float]:
        durations: dict[bool, list[float]] = {True: [], False: []}
        for number in range(TRANSACTIONS // BLOCK):
            for active in (True, False) if number % 2 else (False, True):
                durations[active] += self.office.confirm(self.products, BLOCK, active=active)
        return {active: 1000 * statistics.fmean(found) for active, found in durations.items()}
