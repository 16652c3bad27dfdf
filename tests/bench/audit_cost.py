"""Saving the form of an interface with its audit entry, against the same without.

One process, no server: what the web client calls (``web_save``, which reads the form back), one
cursor and one commit a transaction. Without: neither are values compared nor is an entry written.
Sealing is no part of a user's transaction; how fast it is, is printed beside.
"""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, rules, runner, stage
from tests.harness import Database, Harness, Shell

NAME = "audit_cost"
UNIT = "ms/transaction"
TARGET = figures.Target(1.15, at_most=True)

TRANSACTIONS = 400
# Both arms of a round take turns after so many transactions: what slows the machine for some
# seconds slows both.
BLOCK = 20
# After each switch the first transactions fill caches again.
WARM_UP = 3
SEALED = 20_000
_KEY = "bench:" + "YmVuY2gg" * 6


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database, integration={"audit_key": _KEY}) as shell,
    ):
        desk = Desk.open(database, shell)
        interface, policy = Pair(desk, "integration.interface"), Pair(desk, "integration.policy")
        yield runner.Stage(
            database,
            ours=rules.Arm("with the entry", 1, lambda: interface.measure(audited=True)),
            reference=rules.Arm("without", 1, lambda: interface.measure(audited=False)),
            generator=None,
            remarks=(
                f"a round is {TRANSACTIONS} transactions of one process, each saving the form of "
                f"a draft interface; the arms take turns every {BLOCK} transactions; figures are "
                "means of a round",
                "entries have seven to eleven columns and two values; one sealer, batches of "
                "2,000, nothing else at work",
            ),
            extras=(
                runner.Extra("ratio for the form of a policy", policy.ratio, unit=""),
                runner.Extra(
                    f"sealing of {SEALED:,} entries (1,000 are needed)",
                    desk.sealing_rate,
                    unit="entries/s",
                ),
            ),
        )


@dataclass
class Desk:
    """An administrator at work, and the records whose forms he saves."""

    database: Database
    shell: Shell
    records: dict[str, int]

    @classmethod
    def open(cls, database: Database, shell: Shell) -> "Desk":
        records = shell.run(
            "system = env['integration.system'].create({'name': 'Partner', 'code': 'PARTNER'})\n"
            "interface = env['integration.interface'].create({'name': 'Orders',"
            " 'system_id': system.id, 'direction': 'inbound'})\n"
            "policy = env['integration.policy'].create({'name': 'Usual'})\n"
            "result = {one._name: one.id for one in (interface, policy)}"
        )
        return cls(database, shell, records)

    def save(self, model: str, count: int, *, audited: bool) -> list[float]:
        """Save a form, with entries or without; return the seconds of each transaction."""
        self._save(model, WARM_UP, audited=audited)
        before = self._entries()
        durations = self._save(model, count, audited=audited)
        expected = count if audited else 0
        assert self._entries() - before == expected, "not one entry for each save"
        return durations

    def sealing_rate(self) -> float:
        return self.shell.run(
            "from odoo.addons.bench_reference import auditing\n"
            "result = auditing.seal_entries(env.registry, count)",
            count=SEALED,
        )

    def _save(self, model: str, count: int, *, audited: bool) -> list[float]:
        return self.shell.run(
            "from odoo.addons.bench_reference import auditing\n"
            "from uuid import uuid4\n"
            "texts = [f'Form {uuid4()}' for _number in range(count)]\n"
            "user = env.ref('base.user_admin').id\n"
            "result = auditing.save_each(env.registry, user, model, record, texts,"
            " audited=audited)",
            model=model,
            record=self.records[model],
            count=count,
            audited=audited,
        )

    def _entries(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_audit_entry WHERE act = 'change' "
            "AND changes LIKE '%%\"Form %%'"
        )


@dataclass
class Pair:
    """Both arms, measured together: each is told in turn what its half of a round was."""

    desk: Desk
    model: str
    _found: dict[bool, float] = field(default_factory=dict)

    def measure(self, *, audited: bool) -> float:
        """Milliseconds that a transaction of a round takes on average."""
        if audited not in self._found:
            self._found = self._round()
        return self._found.pop(audited)

    def ratio(self) -> float:
        found = self._round()
        return found[True] / found[False]

    def _round(self) -> dict[bool, float]:
        durations: dict[bool, list[float]] = {True: [], False: []}
        for number in range(TRANSACTIONS // BLOCK):
            for audited in (True, False) if number % 2 else (False, True):
                durations[audited] += self.desk.save(self.model, BLOCK, audited=audited)
        return {audited: 1000 * statistics.fmean(found) for audited, found in durations.items()}
