"""Leaks that are made on purpose: where something is planted, the canary test has to find it."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2

from tests.e2e.canary_run import Run
from tests.harness import Database

#: A leak of each kind: how it gets there, and where it is found.
LEAKS = {
    "document": ("UPDATE stock_picking SET note = %s", "stock_picking.note"),
    "invoice": ("UPDATE account_move SET narration = %s", "account_move.narration"),
    "line of an invoice": ("UPDATE account_move_line SET name = %s", "account_move_line.name"),
    "error": ("UPDATE integration_message SET error_message = %s",
              "integration_message.error_message"),
    "question": ("UPDATE integration_exception SET name = %s", "integration_exception.name"),
    "chatter": ("UPDATE mail_message SET body = %s", "mail_message.body"),
    "task": ("UPDATE mail_activity SET summary = %s", "mail_activity.summary"),
    "mail": ("INSERT INTO mail_mail (mail_message_id, body_html) "
             "SELECT min(id), %s FROM mail_message", "mail_mail.body_html"),
    "job": ("UPDATE queue_job SET exc_info = %s", "queue_job.exc_info"),
    "attachment": ("INSERT INTO ir_attachment (name, type, index_content) "
                   "VALUES ('x', 'binary', %s)", "ir_attachment.index_content"),
    "answer": ("UPDATE ehr_requisition_answer SET answer = to_jsonb(%s::text)",
               "ehr_requisition_answer.answer"),
}  # fmt: skip
#: What the flows write into: all that has room for words.
_COLUMNS = r"""
SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
  FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
   AND c.data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'ARRAY')
   AND (c.data_type <> 'ARRAY' OR c.udt_name IN ('_text', '_varchar'))
   AND coalesce(c.character_maximum_length, 99) >= 20
   AND c.table_name ~ '^(ehr|integration|stock|account_move|purchase_order|product|mail|queue|bus)_'
 ORDER BY 1, 2
"""
_AS = {
    "jsonb": "to_jsonb(%s::text)", "json": "to_json(%s::text)", "ARRAY": "ARRAY[%s::text]",
    "bytea": "convert_to(%s, 'UTF8')",
}  # fmt: skip


#: Columns of which the database knows what may stand in them.
REFUSED = {
    "account_move_line.analytic_distribution", "purchase_order_line.analytic_distribution",
    "purchase_order_line.display_type",
}  # fmt: skip


def plant_everywhere(database: Database, value: str) -> tuple[set[str], set[str]]:
    """Write a value into one row of each column in which the flows have room for words.

    The server must be down, and is of no use afterwards.

    :return: columns that have it, and those whose constraints refuse it
    """
    planted, refused = set(), set()
    for row in database.sql(_COLUMNS):
        table, column = row["table"], row["column"]
        one = f'"{table}" SET "{column}" = {_AS.get(row["type"], "%s")}'
        statement = f'UPDATE {one} WHERE ctid = (SELECT min(ctid) FROM "{table}") RETURNING 1 AS x'
        try:
            database.sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            if database.sql(statement, [value]):
                planted.add(f"{table}.{column}")
        except (psycopg2.DataError, psycopg2.IntegrityError):
            refused.add(f"{table}.{column}")
    return planted, refused


# -- outside of the database -------------------------------------------------------------------


#: So much of a log is looked at again, in characters.
_END = 100_000


@dataclass(frozen=True)
class Leak:
    """One thing more, at a place outside of the database.

    :ivar check: which check has to find it
    :ivar make: gives a run in which it is, from a run, the thing, and a folder for a file
    """

    check: str
    make: Callable[[Run, str, Path], Run]


def elsewhere(
    models: Iterable[str], buttons: Iterable[str], listeners: Iterable[str]
) -> Mapping[str, Leak]:
    """Leaks by their place.

    :param models: what clerks read
    :param buttons: what they press
    :param listeners: who is told as HL7 v2
    """
    found = {f"read: {one}": Leak("read", _shown("read", one)) for one in models}
    found |= {f"button: {one}": Leak("buttons", _shown("traced", one)) for one in buttons}
    found["not charged"] = Leak("buttons", _shown("answers"))
    found["printed"] = Leak("printed", _shown("printed"))
    found["merchant"] = Leak("merchant", _merchant)
    found |= {f"HL7: {one}": Leak("HL7", _told(one)) for one in listeners}
    for process in ("suite.server", "listener"):
        found[f"{process}, all"] = Leak(process, _logged(process, "DEBUG"))
        found[f"{process}, default"] = Leak("default", _logged(process, "INFO"))
    found["log of the database server"] = Leak("database server", _database_server)
    return found


def _shown(name: str, key: str = "") -> Callable[[Run, str, Path], Run]:
    """What people see: ``name`` is how, and ``key`` where. Nothing else is looked at again."""

    def make(run: Run, text: str, _folder: Path) -> Run:
        people = copy.copy(run.people)
        seen, more = getattr(people, name), text.encode()
        setattr(people, name, {key: seen[key] + more} if key else seen + more)
        return replace(run, people=people)

    return make


def _merchant(run: Run, text: str, _folder: Path) -> Run:
    return replace(run, merchant=[*run.merchant, text.encode()])


def _told(listener: str) -> Callable[[Run, str, Path], Run]:
    """In the first message to a listener."""
    mark = f"|TOLD-{listener.upper()}|"

    def make(run: Run, text: str, _folder: Path) -> Run:
        at = next(at for at, one in enumerate(run.echoed) if mark in one.split("\r")[0])
        more = f"{run.echoed[at]}NTE|1||{text}\r"
        return replace(run, echoed=[*run.echoed[:at], more, *run.echoed[at + 1 :]])

    return make


def _logged(process: str, level: str) -> Callable[[Run, str, Path], Run]:
    def make(run: Run, text: str, folder: Path) -> Run:
        log = run.suite.server.log if process == "suite.server" else run.listener.log
        record = f"2026-11-29 08:00:00,000 1 {level} db odoo.leak: {text}\n"
        more: Any = SimpleNamespace(log=_with(Path(log), record, folder))
        if process == "listener":
            return replace(run, listener=more)
        return replace(run, suite=replace(run.suite, server=more))

    return make


def _database_server(run: Run, text: str, folder: Path) -> Run:
    name = run.suite.database.name
    head = f"2026-11-29 08:00:00.000 UTC [1] odoo {name} "
    refused = 'ERROR:  new row for relation "ehr_encounter" violates'
    record = f"{head}{refused}\n{head}LOG:  {text}\n"
    return replace(run, cluster_log=_with(run.cluster_log, record, folder))


def _with(log: Path | None, record: str, folder: Path) -> Path:
    """The end of a log with one record more."""
    assert log
    copied = folder / log.name
    copied.write_text(log.read_text()[-_END:] + record)
    return copied
