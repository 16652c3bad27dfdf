"""Messages per second of the inbound drain with clinical content, against internal content.

As engine_inbound_drain, but both arms are the drain: one interface is of class clinical, the other
internal. The clinical arm decrypts what it handles; that it was encrypted when it arrived is the
door's cost, which is printed beside. Payload, contract, handler and everything else are the same.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench import confirmations, figures, rules, runner, stage
from tests.bench.engine_inbound_drain import CHANNELS, MESSAGES, OPTIONS, WORKERS, Drained
from tests.harness import Harness

NAME = "payload_encryption"
UNIT = "messages/s"
TARGET = figures.Target(0.9)

STORED = 1000


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS),
    ):
        arms = {}
        for data_class in ("clinical", "internal"):
            arm = Classified(database, shell, data_class, confirmations.canonical)
            arm.classify()
            arm.check_contract()
            arms[data_class] = arm
        yield runner.Stage(
            database,
            ours=rules.Arm("drain, clinical", WORKERS, arms["clinical"].measure),
            reference=rules.Arm("drain, internal", WORKERS, arms["internal"].measure),
            generator=None,
            remarks=(
                f"a round is {MESSAGES} confirmations of {confirmations.LINES} lines (about "
                f"{len(confirmations.canonical(1))} bytes); one worker, channels {CHANNELS}; all "
                "of them are stored before the clock starts, so no load generator runs",
            ),
            extras=tuple(
                runner.Extra(f"stored by one process, {name}", arm.measure_storing)
                for name, arm in arms.items()
            ),
        )


@dataclass
class Classified(Drained):
    """The arm of one data class; its name is the class."""

    def classify(self) -> None:
        """Give the interface its class before it sees a message, and check what is stored."""
        self.shell.run(
            "made = env['integration.interface'].browse(interface)\n"
            "made._write_approved({'data_class': data_class})",
            interface=self.interface,
            data_class=self.name,
        )
        self._store({f"{self.name}-check": self.body(0)})
        encoding = self.database.scalar(
            "SELECT encoding FROM integration_payload p JOIN integration_message m "
            "ON m.id = p.message_id WHERE m.interface_id = %s",
            [self.interface],
        )
        assert ("aes256gcm" in encoding) == (self.name == "clinical"), encoding
        self._drain()
        self.database.sql(
            "DELETE FROM integration_message WHERE interface_id = %s", [self.interface]
        )

    def measure_storing(self) -> float:
        """Messages a second that one process stores, sealing included, in one transaction."""
        numbers = [next(self._numbers) for _number in range(STORED)]
        bodies = {f"{self.name}-{number}": self.body(number) for number in numbers}
        start = time.monotonic()
        self._store(bodies)
        seconds = time.monotonic() - start
        self._drain()
        return STORED / seconds
