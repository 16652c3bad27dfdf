"""Items per second from HL7 v2 item lists, against one JSON-2 call per item.

One server with one worker does both. Ours: item master files (MFN^M16) of 5,000 items each, 50,000
in all, are in the ledger, encrypted, before the clock starts; it stops when the last item is done.
Each file becomes a message for each of its items; the time includes that, waking the drain, its
queue jobs, leases, claims, decryption, reading HL7, mapping, contract validation, the search for
duplicates, packagings, record links, attempts and results. Ten items of a round are wrong: they
end in quarantine, and all others apply. The reference sends the same items one by one to Odoo's own
JSON-2 API, as in :mod:`.master_upsert`; its rate is taken on a sample.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench import figures, rules, runner, stage
from tests.bench.engine_inbound_drain import jobs_done
from tests.bench.master_upsert import CHANNELS, CONNECTIONS, GROUPS, OPTIONS, SAMPLE, WORKERS, Calls
from tests.harness import Database, Harness, Shell, wait_until

NAME = "mfn_upsert"
UNIT = "items/s"
TARGET = figures.Target(10.0)

ITEMS = 50_000
PER_FILE = 5_000
BAD = 10
COUNTED = 500
#: Every third item exists already and gets another name.
_KNOWN_EACH = 3
_POLL = 0.05
_LONGEST = 3600
_HEADER = "MSH|^~\\&|MMIS|MAIN|ODOO|HUB|20260302040000||MFN^M16^MFN_M16|{control}|P|2.8"


@contextmanager
def prepare(harness: Harness) -> Iterator[runner.Stage]:
    """Prepare the database, the server and both arms."""
    with (
        stage.database(harness) as database,
        stage.shell(database) as shell,
        stage.server(database, workers=WORKERS, channels=CHANNELS, options=OPTIONS) as server,
    ):
        ours = Files(database, shell)
        ours.check_contract()
        reference = Calls(shell, server)
        yield runner.Stage(
            database,
            ours=rules.Arm("item lists through batch handlers", WORKERS, ours.measure),
            reference=rules.Arm("one JSON-2 call per item", WORKERS, reference.measure),
            generator=None,
            remarks=(
                f"a round is {ITEMS} items in files of {PER_FILE}, {BAD} of them wrong, against "
                f"{SAMPLE} calls over {CONNECTIONS} connections; of both a third are known items "
                f"with a new name; one worker, channels {CHANNELS}; files are stored before the "
                "clock starts",
            ),
            extras=(
                runner.Extra("statements per item", ours.statements, "statements"),
                runner.Extra("statements per call", reference.statements, "statements"),
            ),
        )


def entry(number: int, name: str, unit: str = "EA") -> str:
    """The segments of an item with a number of its own."""
    gtin = f"{4_000_000_000_000 + number:013d}"
    key = f"ITM-{number:07d}"
    return (
        f"MFE|MUP|{number}||{key}|CWE\rITM|{key}|{name}|A|||Y||||||||Y\rPKG|1|{unit}||1||||{gtin}\r"
    )


@dataclass
class Files:
    """The arm that lets a drain take stored files apart and apply their items."""

    database: Database
    shell: Shell
    _new: Iterator[int] = field(default_factory=itertools.count)
    _known: Iterator[int] = field(default_factory=itertools.count)
    _controls: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        routing = self.shell.run(
            "result = env.ref('integration_ehr_supply.routing_hl7_v2_items').id"
        )
        self.interface = stage.interface(
            self.shell,
            "items",
            groups=GROUPS,
            transport="mllp",
            body_codec="hl7",
            data_class="clinical",
            mllp_port=12_575,
            mllp_tls="none",
            routing_id=routing,
            handler=False,
            credential_id=False,
            ordering_key_path=False,
        ).id

    def check_contract(self) -> None:
        """A wrong item must end in quarantine, and bodies must be encrypted."""
        self._work_off([entry(9_999_999, "Wrong", "NOSUCH")])
        found = self.database.sql("SELECT state, error_code FROM integration_message ORDER BY id")
        assert [one["state"] for one in found] == ["done", "quarantined"], found
        assert found[1]["error_code"] == "missing_value", found
        encodings = self.database.sql("SELECT DISTINCT encoding FROM integration_payload")
        assert all("aes" in one["encoding"] for one in encodings), encodings

    def measure(self) -> float:
        entries, new = self._entries(ITEMS, BAD)
        done, failed, products = self._done(), self._failed(), self._products()
        seconds = self._work_off(entries)
        assert self._failed() - failed == BAD, "not exactly the wrong items are listed"
        assert self._done() - done == ITEMS - BAD, "not every good item was handled once"
        assert self._products() - products == new, "not every new item is one product"
        return ITEMS / seconds

    def statements(self) -> float:
        """SQL statements per item, of a drain in a process that counts them."""
        entries, _new = self._entries(COUNTED, 0)
        self._store(entries)
        return self.shell.run(
            "result = env['bench.fixture']._statements_of_drain(interface) / count",
            interface=self.interface,
            count=COUNTED,
        )

    def _entries(self, count: int, bad: int) -> tuple[list[str], int]:
        """New items, in between others of earlier rounds with a new name, and wrong ones.

        :return: the entries, and how many good ones are new
        """
        found, new = [], 0
        for position in range(count):
            if bad and position % (count // bad) == 0:
                found.append(entry(8_000_000 + next(self._controls), "Wrong", "NOSUCH"))
            elif position % _KNOWN_EACH == _KNOWN_EACH - 1:
                number = next(self._known)
                found.append(entry(number, f"Renamed {number}"))
            else:
                number = next(self._new)
                new += 1
                found.append(entry(number, f"New {number}"))
        return found, new

    def _work_off(self, entries: list[str]) -> float:
        """Store files, wake the drain; return the seconds until nothing was left to do."""
        self._store(entries)
        start = time.monotonic()
        self.shell.run("env['bench.fixture']._wake(interface)", interface=self.interface)
        wait_until(self._drained, timeout=_LONGEST, poll=_POLL, what="the end of the items")
        seconds = time.monotonic() - start
        wait_until(lambda: jobs_done(self.database), poll=_POLL, what="the end of the drain's job")
        return seconds

    def _store(self, entries: list[str]) -> None:
        for start in range(0, len(entries), PER_FILE):
            control = f"F{next(self._controls)}"
            head = f"{_HEADER.format(control=control)}\rMFI|INV||UPD|||NE\r"
            self.shell.run(
                "env['bench.fixture']._store(interface, messages, 'MFN^M16', 'application/hl7-v2')",
                interface=self.interface,
                messages={control: head + "".join(entries[start : start + PER_FILE])},
            )

    def _drained(self) -> bool:
        return bool(
            self.database.scalar(
                "SELECT NOT EXISTS (SELECT 1 FROM integration_message "
                "WHERE state IN ('queued', 'processing', 'retry', 'held'))"
            )
        )

    def _done(self) -> int:
        """Items that are done in one attempt and know the product that has their number."""
        return self.database.scalar(
            "SELECT count(*) FROM integration_message m "
            "JOIN integration_attempt a ON a.message_id = m.id AND a.outcome = 'done' "
            "JOIN integration_record_link l ON l.res_model = m.res_model AND l.res_id = m.res_id "
            "WHERE m.state = 'done' AND m.attempts = 1 AND m.causation_id IS NOT NULL"
        )

    def _failed(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM integration_message WHERE state = 'quarantined' "
            "AND error_code = 'missing_value' AND causation_id IS NOT NULL"
        )

    def _products(self) -> int:
        return self.database.scalar(
            "SELECT count(*) FROM product_product p JOIN product_template t "
            "ON t.id = p.product_tmpl_id WHERE p.default_code LIKE 'ITM-%%' "
            "AND p.barcode IS NOT NULL AND t.tracking = 'lot' AND t.is_storable"
        )
