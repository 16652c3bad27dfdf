"""Purchase orders confirmed, delivered, confirmed back and applied, against direct method calls.

Ours: two processes confirm orders, one transaction each, as buyers do. A server with two workers
and queue_job's runner dispatches, signs and delivers the events to a supplier in a process of its
own, takes its signed confirmations one by one, and applies them. The clock runs from the first
order to the moment at which the last one is confirmed back.

The reference: two processes confirm the same kind of orders and apply the same confirmations by
calling the handler's own method, each in a transaction of its own, with the event switched off and
nothing exchanged. Both arms have the whole machine.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.bench import confirmations, figures, rules, runner, stage, supplier
from tests.bench.engine_inbound_drain import jobs_done
from tests.harness import Database, Harness, Shell, wait_until

NAME = "po_roundtrip"
UNIT = "orders/s"
TARGET = figures.Target(0.5)

ORDERS = 1000
PROCESSES = 2
CHANNELS = "root:3"
#: Orders of the statements that are counted.
COUNTED = 100
_POLL = 0.05
#: Quotations of one transaction.
_TOGETHER = 100


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server, the supplier and both arms."""
    with ExitStack() as stack:
        peer = stack.enter_context(supplier.running())
        database = stack.enter_context(stage.database(harness))
        shells = [stack.enter_context(stage.shell(database)) for _number in range(PROCESSES)]
        trade = Trade.open(database, shells, peer.url)
        counted = trade.statements()
        server = stack.enter_context(
            stage.server(
                database,
                workers=PROCESSES,
                channels=CHANNELS,
                options={"log_handler": ":INFO,werkzeug:WARNING"},
            )
        )
        peer.confirm_to(supplier.Door(server.port, trade.path, trade.secret))
        yield runner.Stage(
            database,
            ours=rules.Arm("round trip", PROCESSES, lambda: trade.round_trip(peer)),
            reference=rules.Arm("direct calls", PROCESSES, trade.direct),
            generator=None,
            remarks=(
                f"a round is {ORDERS} orders of {confirmations.LINES} lines of goods, each making "
                f"its receipt; {PROCESSES} processes confirm; beside them the round trip has a "
                f"server of {PROCESSES} workers, channels {CHANNELS}, and the supplier's process, "
                "all on the same processors",
                *(f"statements for each {what}: {number:.1f}" for what, number in counted.items()),
            ),
        )


@dataclass
class Trade:
    """A buyer, a supplier and their interfaces."""

    database: Database
    shells: list[Shell]
    buyer: int
    partner: int
    products: list[int]
    inbound: int
    path: str
    secret: str

    @classmethod
    def open(cls, database: Database, shells: list[Shell], url: str) -> "Trade":
        made = shells[0].run("result = env['bench.roundtrip']._open(url)", url=url)
        return cls(
            database,
            shells,
            made["buyer"],
            made["supplier"],
            made["products"],
            made["inbound"],
            f"/integration/webhook/{made['token']}",
            made["secret"],
        )

    def round_trip(self, peer: supplier.Supplier) -> float:
        """Orders a second, from the first that is confirmed to the last that is confirmed back."""
        orders = self._orders(active=True)
        before = self._applied()
        start = time.monotonic()
        self._each("env['bench.roundtrip']._confirm_each(buyer, orders)", orders)
        wait_until(
            lambda: self._applied() - before >= ORDERS,
            timeout=300,
            poll=_POLL,
            what="the last confirmation",
        )
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), timeout=60, what="the end of the drains")
        assert not peer.refused(), "the door refused confirmations"
        self._check(orders, "synchronised")
        return ORDERS / seconds

    def direct(self) -> float:
        """Orders a second by direct calls."""
        orders = self._orders(active=False)
        start = time.monotonic()
        self._each("env['bench.roundtrip']._confirm_and_apply_each(buyer, orders)", orders)
        seconds = time.monotonic() - start
        self._check(orders, None)
        return ORDERS / seconds

    def statements(self) -> dict[str, float]:
        """Statements of each stage of the round trip for one order, counted in one process."""
        orders = self._orders(active=True, count=COUNTED)
        return self.shells[0].run(
            "from odoo.addons.bench_reference import counting\n"
            "result = counting.round_trip(env.registry, buyer, inbound, orders)",
            buyer=self.buyer,
            inbound=self.inbound,
            orders=orders,
        )

    def _orders(self, *, active: bool, count: int = ORDERS) -> list[int]:
        """Quotations; the event of confirmed orders is switched on or off in all processes."""
        self.shells[0].run(
            "env['bench.purchase']._event(active)\nenv.cr.commit()\nenv.registry.signal_changes()",
            active=active,
        )
        for shell in self.shells:
            shell.run("env.registry.check_signaling()\nenv.registry.clear_cache()")
        share = -(-count // len(self.shells))
        with ThreadPoolExecutor(len(self.shells)) as pool:
            made = pool.map(lambda shell: self._quotations(shell, share), self.shells)
            return [order for orders in made for order in orders][:count]

    def _quotations(self, shell: Shell, count: int) -> list[int]:
        """Quotations by one process; a transaction for a hundred, because a larger one is slower
        for each of them."""
        made = []
        for first in range(0, count, _TOGETHER):
            made += shell.run(
                "result = env['bench.purchase']._orders(buyer, supplier, products, count)",
                buyer=self.buyer,
                supplier=self.partner,
                products=self.products,
                count=min(_TOGETHER, count - first),
            )
        return made

    def _each(self, code: str, orders: list[int]) -> None:
        """Let each process do its share, at the same time."""
        with ThreadPoolExecutor(PROCESSES) as pool:
            done = [
                pool.submit(shell.run, code, buyer=self.buyer, orders=orders[number::PROCESSES])
                for number, shell in enumerate(self.shells)
            ]
            for one in done:
                one.result()

    def _applied(self) -> int:
        """Confirmations that were applied by messages, each with one attempt."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE interface_id = %s "
            "AND state = 'done' AND attempts = 1",
            [self.inbound],
        )

    def _check(self, orders: list[int], status: str | None) -> None:
        """Each line has the promise, and each order the status, or none."""
        promised = self.database.scalar(
            "SELECT count(*) FROM purchase_order_line WHERE order_id = ANY(%s) "
            "AND supplier_promised_date = '2030-05-10' AND supplier_confirmed_qty = product_qty",
            [orders],
        )
        assert promised == len(orders) * confirmations.LINES, f"{promised} lines are promised"
        shown = self.database.scalar(
            "SELECT count(*) FROM integration_record_sync WHERE res_model = 'purchase.order' "
            "AND res_id = ANY(%s) AND state = 'synchronised'",
            [orders],
        )
        assert shown == (len(orders) if status else 0), f"{shown} orders are synchronised"
