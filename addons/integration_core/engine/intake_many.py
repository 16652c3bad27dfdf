"""The database functions that store the many messages of one request or of one moment.

All that is asked of the database for them is one call: old keys are freed, keys from before the
interface was clinical are looked for, keys, ledger rows, payloads and answers are inserted. A
connection that is kept, like that of a listener, keeps the plans of a function as well.

There are two, made of one text: what is not asked for need not be planned. Messages of most
interfaces that are not clinical have neither an answer nor a key in clear.

Their names carry the number of their parameter lists. So a program that runs while the database is
of the version before, or after, finds no function (:data:`OUTDATED`) rather than a wrong one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from psycopg2 import errors as sql_errors

from odoo.sql_db import BaseCursor

from ..tools import array_text
from . import acknowledgements, intake_expiry

#: What all messages of a call have in common, with types. ``dedupe`` is NULL where keys are
#: remembered for ever.
COMMON = {
    "interface": "integer",
    "company": "integer",
    "priority": "integer",
    "data_class": "text",
    "dedupe": "integer",
}
#: Columns of the messages.
COLUMNS = {
    "key": "text",
    "digest": "text",
    "uuid": "text",
    "type": "text",
    "partition": "text",
    "hash": "integer",
    "correlation": "text",
    "trace": "text",
    "state": "text",
    "error_class": "text",
    "error_code": "text",
    "error_message": "text",
    "encoding": "text",
    "size": "integer",
    "body_digest": "text",
    "content_type": "text",
}
#: Columns that few interfaces need. ``clear`` is the key as it may have been stored before the
#: interface was clinical, NULL where that is the key itself; without an answer all are NULL.
FURTHER = {
    "clear": "text",
    "answer_encoding": "text",
    "answer_size": "integer",
    "answer_digest": "text",
    "answer_type": "text",
}
#: Columns of bytes: they go as one value, with the place and the length of each.
BODY, ANSWER = "body", "answer"

#: What says that the database is of another version than the program, as while an update runs:
#: nothing can be stored now, and the messages are not to blame.
OUTDATED = (
    sql_errors.UndefinedFunction,
    sql_errors.UndefinedColumn,
    sql_errors.UndefinedTable,
)

#: To be raised whenever the parameters or the result change.
NUMBER = 1
_PLAIN, _FULL = (f"integration_intake_{name}_{NUMBER}" for name in ("plain", "full"))


# Parameters carry a prefix, because PL/pgSQL confuses them with columns otherwise; and they come
# first, so that it need not look for a column of each name before.
# A key that comes twice is stored once: its first message has the key's row.
# Plans are kept, whatever the tables held when they were made: of a table of one page the planner
# would read all of it for each key, and go on so when there are thousands.
_DEFINITION = """
CREATE FUNCTION {function}({parameters})
RETURNS TABLE (stored_uuid text, stored_id integer) LANGUAGE plpgsql
SET enable_seqscan TO off AS $function$
#variable_conflict use_variable
DECLARE
    moment CONSTANT timestamp := now() AT TIME ZONE 'UTC';
BEGIN
    IF p_dedupe IS NOT NULL THEN
        {expiry};
    END IF;
    RETURN QUERY
    WITH incoming AS MATERIALIZED (
        SELECT * FROM unnest({arrays}) WITH ORDINALITY AS v({names}, position)
    ), fresh AS (
        INSERT INTO integration_idempotency (
            interface_id, key, body_sha256, message_uuid, created_at)
        SELECT p_interface, v.key, v.digest, v.uuid, moment FROM incoming v
        {unknown}
         ORDER BY v.position
        ON CONFLICT (interface_id, key) DO NOTHING
        RETURNING message_uuid
    ), message AS (
        INSERT INTO integration_message (
            uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, depth, priority,
            available_at, created_at, attempts, error_class, error_code, error_message)
        SELECT v.uuid, p_interface, p_company, 'inbound', v.state, v.type, v.key,
               v.partition, v.hash, v.correlation, v.trace, 0, p_priority,
               moment, moment, 0, v.error_class, v.error_code, v.error_message
          FROM incoming v JOIN fresh ON fresh.message_uuid = v.uuid ORDER BY v.position
        RETURNING id, uuid
    ), payload AS (
        INSERT INTO integration_payload (
            message_id, kind, body, encoding, size, sha256, content_type, data_class, created_at)
        SELECT message.id, 'received',
               substring(p_body_all FROM v.body_start FOR v.body_length), v.encoding, v.size,
               v.body_digest, v.content_type, p_data_class, moment
          FROM message JOIN incoming v ON v.uuid = message.uuid
        {answers}
    )
    SELECT message.uuid::text, message.id FROM message;
END
$function$
"""
# A look into the index for each key, whatever statistics say: OFFSET 0 keeps the planner from
# joining, which may read the keys of years.
_UNKNOWN = """
         WHERE v.clear IS NULL OR NOT EXISTS (
               SELECT 1 FROM integration_idempotency older
                WHERE older.interface_id = p_interface AND older.key = v.clear OFFSET 0)"""
_ANSWERS = f"""
        UNION ALL
        SELECT message.id, '{acknowledgements.KIND}',
               substring(p_answer_all FROM v.answer_start FOR v.answer_length), v.answer_encoding,
               v.answer_size, v.answer_digest, v.answer_type, p_data_class, moment
          FROM message JOIN incoming v ON v.uuid = message.uuid
         WHERE v.answer_start IS NOT NULL"""  # noqa: S608 (a constant)


def signature() -> str:
    """What the functions take, which belongs to one :data:`NUMBER` for ever."""
    lists = [_parameters(function) for function in (_PLAIN, _FULL)]
    return hashlib.sha256(repr(lists).encode()).hexdigest()[:16]


def create(cr: BaseCursor) -> None:
    """Create the functions, replacing those of an earlier version of the addon."""
    drop(cr)
    for function, keys, unknown, answers in (
        (_PLAIN, "p_key", "", ""),
        (_FULL, "p_key || p_clear", _UNKNOWN, _ANSWERS),
    ):
        arrays = _arrays(function)
        # All parts are constants of the engine.
        definition = _DEFINITION.format(
            function=function,
            parameters=", ".join(f"p_{name} {type_}" for name, type_ in _parameters(function)),
            expiry=intake_expiry.statement("p_interface", keys, "p_dedupe"),
            arrays=", ".join(f"p_{name}" for name in arrays),
            names=", ".join(arrays),
            unknown=unknown,
            answers=answers,
        )
        cr.execute(definition)  # pylint: disable=sql-injection


def drop(cr: BaseCursor) -> None:
    """Remove the functions of all numbers up to this one."""
    for number in range(1, NUMBER + 1):
        for name in ("plain", "full"):
            function = f"integration_intake_{name}_{number}"
            # A constant of the engine.
            cr.execute(f"DROP FUNCTION IF EXISTS {function}")  # pylint: disable=sql-injection


def _columns(function: str) -> dict[str, str]:
    return COLUMNS if function == _PLAIN else COLUMNS | FURTHER


def _bytes(function: str) -> tuple[str, ...]:
    return (BODY,) if function == _PLAIN else (BODY, ANSWER)


def _arrays(function: str) -> dict[str, str]:
    """Types of what is one value for each message."""
    places = [f"{name}_{what}" for name in _bytes(function) for what in ("start", "length")]
    return _columns(function) | dict.fromkeys(places, "integer")


def _parameters(function: str) -> list[tuple[str, str]]:
    """Names and types, in their order."""
    return [
        *COMMON.items(),
        *((f"{name}_all", "bytea") for name in _bytes(function)),
        *((name, f"{type_}[]") for name, type_ in _arrays(function).items()),
    ]


def call(
    cr: BaseCursor, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Store messages; the ids of those that are new, by uuid. The keys of the others were taken.

    :param common: a value for each of :data:`COMMON`
    :param rows: of each message, a value for each of :data:`COLUMNS` and :data:`FURTHER`, and the
        bytes of its ``body`` and ``answer``
    """
    further = any(row["clear"] is not None or row[ANSWER] is not None for row in rows)
    function = _FULL if further else _PLAIN
    values: dict[str, Any] = {**common, "count": len(rows)}
    alike = set()
    for name, type_ in _columns(function).items():
        column = [row[name] for row in rows]
        if column.count(column[0]) == len(column):
            alike.add(name)
            values[name] = column[0]
        else:
            values[name] = _array(type_, column)
    for name in _bytes(function):
        values |= _in_one(name, [row[name] for row in rows])
    # Content must not reach the log, not even when two deliveries of one id collide.
    cr.execute(_call(function, frozenset(alike)), values, log_exceptions=False)
    return dict(cr.fetchall())


@lru_cache(maxsize=256)
def _call(function: str, alike: frozenset[str]) -> str:
    """The statement for messages of which some columns are alike, and therefore sent once."""
    columns = _columns(function)
    arguments = [
        f"array_fill(%({name})s::{columns[name]}, ARRAY[%(count)s])"
        if name in alike
        else f"%({name})s"
        for name, _type in _parameters(function)
    ]
    return f"SELECT * FROM {function}({', '.join(arguments)})"  # noqa: S608 (constants)


def _array(type_: str, values: Sequence[Any]) -> str:
    return array_text.of_integers(values) if type_ == "integer" else array_text.of_texts(values)


def _in_one(name: str, values: Sequence[bytes | None]) -> dict[str, Any]:
    """Bytes as one value, with the place (from 1 on) and the length of each."""
    lengths = [None if value is None else len(value) for value in values]
    ends = accumulate((length or 0 for length in lengths), initial=1)
    starts = [None if length is None else end for length, end in zip(lengths, ends, strict=False)]
    return {
        f"{name}_all": b"".join(value for value in values if value is not None),
        f"{name}_start": array_text.of_integers(starts),
        f"{name}_length": array_text.of_integers(lengths),
    }
