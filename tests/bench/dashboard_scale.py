"""What the overview costs over a ledger of a million messages, against a small one.

Two databases of one cluster, one process each. Both have the same interfaces, the same rollups of
90 days and the same open messages: what differs is how much is finished. In turn both answer the
call that the first screen makes, as a reader with an observer's rights, with nothing in the ORM's
cache. The database's own cache is warm, as it is where a screen loads every half minute.
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, ledger_fill, ledger_scale, rules, runner, stage
from tests.harness import Harness, Shell

NAME = "dashboard_scale"
UNIT = "ms/load"
TARGET = figures.Target(1.2, at_most=True)

#: Of each of three states so many are open in both: what waits for a person stays countable.
UNFINISHED = 300
LARGE = ledger_fill.Extent(finished=1_000_000, unfinished=UNFINISHED)
SMALL = ledger_fill.Extent(finished=10_000, unfinished=UNFINISHED)
#: Interfaces beside the two that have messages; all have rollups.
INTERFACES = 20
#: Loads of a round; their median is the figure.
LOADS = 15
#: Milliseconds that a load may take.
LIMIT = 300.0

SCREENS = {
    "overview": "overview.load_overview()",
    "interface": "overview.load_interface(interface_id)",
    "quarter": "overview.load_interface(interface_id, '90d')",
    "system": "overview.load_system(system_id)",
}


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Fill both ledgers and the rollups."""
    with ExitStack() as stack:
        large = stack.enter_context(_filled(harness, LARGE))
        small = stack.enter_context(_filled(harness, SMALL))
        yield runner.Stage(
            large.database,
            ours=rules.Arm("large ledger", 1, large.measure),
            reference=rules.Arm("small ledger", 1, small.measure),
            generator=None,
            remarks=(
                f"large: {LARGE.finished:,} messages done, small: {SMALL.finished:,}; in both "
                f"{UNFINISHED} each dead, held and not yet due, and {INTERFACES + 2} interfaces "
                "with rollups of 90 days",
                f"a figure is the median of {LOADS} loads of all data of the overview, in Python, "
                "without HTTP",
            ),
            extras=tuple(
                runner.Extra(f"ratio of the screen {name}", _ratio_of(name, large, small), unit="")
                for name in SCREENS
                if name != "overview"
            ),
            limits=(runner.Limit("large ledger", lambda result: result.ours, LIMIT),),
        )


def _ratio_of(name: str, large: "Screens", small: "Screens") -> Callable[[], float]:
    def ratio() -> float:
        ours, reference = large.load(name), small.load(name)
        print(f"{name}: {ours:.1f} ms against {reference:.1f} ms")
        return ours / reference

    return ratio


@contextmanager
def _filled(harness: Harness, extent: ledger_fill.Extent) -> Iterator["Screens"]:
    with stage.database(harness) as database, stage.shell(database) as shell:
        ledger = ledger_scale.Ledger.create(database, shell)
        ledger_fill.fill(database, ledger.inbound, ledger.outbound, extent)
        for number in range(INTERFACES):
            stage.interface(shell, f"further {number}")
        shell.run(_ROLLUPS)
        database.sql("VACUUM (ANALYZE) integration_rollup")
        yield Screens(database, shell, ledger.inbound)


@dataclass
class Screens:
    """A database and a process that loads its screens.

    :ivar costs: milliseconds of each round
    """

    database: object
    shell: Shell
    interface: int
    costs: list[float] = field(default_factory=list)

    def measure(self) -> float:
        """Milliseconds of one load of the overview."""
        self.costs.append(self.load("overview"))
        return self.costs[-1]

    def load(self, name: str) -> float:
        """Milliseconds that a screen takes, as median of some loads; the first ones warm up."""
        found = self.shell.run(
            _LOADS.replace("SCREEN", SCREENS[name]), interface_id=self.interface, loads=LOADS + 2
        )
        return 1000 * statistics.median(found[2:])


_LOADS = """
import time
login = "bench.observer"
observer = env["res.users"].search([("login", "=", login)]) or env["res.users"].create(
    {"name": login, "login": login,
     "group_ids": [(4, env.ref("integration_core.group_observer").id)]})
env.cr.commit()
overview = env(user=observer.id)["integration.overview"]
system_id = env["integration.interface"].browse(interface_id).system_id.id
result = []
for _number in range(loads):
    env.invalidate_all()
    begin = time.perf_counter()
    answer = SCREEN
    result.append(time.perf_counter() - begin)
    env.cr.rollback()
"""

# The same for every interface; spread over the days as traffic is.
_ROLLUPS = """
env.cr.execute('''
    INSERT INTO integration_rollup (
        interface_id, step, begin_at, received, finished, errors, attempts, duplicates, bytes,
        latency, depth, depth_peak, oldest)
    SELECT i.id, s.step, t, '{"inbound": 50}', '{"done": 48}', '{"transient": 2}', 50, 1, 40000,
           '[0,0,1,2,4,8,12,9,6,4,2,1]', 1, 3, 2.5
      FROM integration_interface i,
           (VALUES (60, interval '2 days'), (3600, interval '90 days'),
                   (86400, interval '90 days')) s (step, kept),
           generate_series(
               to_timestamp(floor(extract(epoch FROM now() - s.kept) / s.step) * s.step)
                   AT TIME ZONE 'UTC',
               now() AT TIME ZONE 'UTC', make_interval(secs => s.step)) t
     WHERE i.state IN ('active', 'deprecated')
        ON CONFLICT DO NOTHING
''')
env.cr.commit()
"""
