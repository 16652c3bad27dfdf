"""The database functions that store the many messages of one request or of one moment.

All that is asked of the database for them is one call: old keys are freed, keys from before the
interface was clinical are looked for, keys, ledger rows, payloads and answers are inserted. A
connection that is kept, like that of a listener, keeps the plans of a function as well.

There are two, made of one text: what is not asked for need not be planned. Messages of most
interfaces that are not clinical have neither an answer nor a key in clear, and are in order.

Their names carry the number of their parameter lists. So a program that runs while the database is
of the version before, or after, finds no function (:data:`OUTDATED`) rather than a wrong one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from psycopg2 import errors as sql_errors

from odoo.sql_db import BaseCursor

from ..tools import array_text
from ..tools.states import State
from . import acknowledgements, intake_expiry

#: What all messages of a call have in common, with types: ``many`` is how many there are,
#: ``dedupe`` is NULL where keys are
#: remembered for ever.
COMMON = {
    "many": "integer",
    "interface": "integer",
    "company": "integer",
    "priority": "integer",
    "data_class": "text",
    "dedupe": "integer",
}
#: Columns of the messages that differ, as a rule.
EACH = {
    "key": "text",
    "digest": "text",
    "uuid": "text",
    "partition": "text",
    "hash": "integer",
    "correlation": "text",
    "trace": "text",
}
#: Columns that are alike in many calls, and are sent once then. ``size`` is NULL for content that
#: is stored as it came.
ALIKE = {
    "type": "text",
    "encoding": "text",
    "size": "integer",
    "content_type": "text",
}
#: What few calls need of each message. ``clear`` is the key as it may have been stored before the
#: interface was clinical, NULL where that is the key itself; ``body_digest`` is NULL where it is
#: ``digest``.
FURTHER_EACH = {"clear": "text", "body_digest": "text"}
#: What few calls need, often alike. Without an answer, or an error, all about it are NULL.
FURTHER_ALIKE = {
    "state": "text",
    "error_class": "text",
    "error_code": "text",
    "error_message": "text",
    "answer_encoding": "text",
    "answer_size": "integer",
    "answer_digest": "text",
    "answer_type": "text",
}
#: Columns of bytes: they go as one value, with the place and the length of each. It is a text if
#: all of them are: of bytes, each would be written as two digits, and be read as such.
BODY, ANSWER = "body", "answer"

#: What says that the database is of another version than the program, as while an update runs:
#: nothing can be stored now, and the messages are not to blame.
OUTDATED = (
    sql_errors.UndefinedFunction,
    sql_errors.UndefinedColumn,
    sql_errors.UndefinedTable,
)

#: To be raised whenever the parameters or the result change.
NUMBER = 2
_PLAIN, _FULL = (f"integration_intake_{name}_{NUMBER}" for name in ("plain", "full"))


# Parameters carry a prefix, because PL/pgSQL confuses them with columns otherwise; and they come
# first, so that it need not look for a column of each name before.
# Messages are numbered from 1, as arrays are: PL/pgSQL takes arrays apart once, and a statement
# that asks for elements needs neither a join nor a sort. What is alike has the number 0.
# A key that comes twice is stored once: its first message has the key's row. That all keys are new
# is the rule, and tried first: to expect that some are known takes a lock, a mark in the log and a
# look into the index for each, half as long again. Nor need anybody ask then which were new.
# Plans are kept, whatever the tables held when they were made: of a table of one page the planner
# would read all of it for each key, and go on so when there are thousands.
_DEFINITION = """
CREATE FUNCTION {function}({parameters}) RETURNS integer[] LANGUAGE plpgsql
SET enable_seqscan TO off AS $function$
#variable_conflict use_variable
DECLARE
    moment CONSTANT timestamp := now() AT TIME ZONE 'UTC';
    {contents}
    fresh integer;
    ids integer[];
BEGIN
    IF p_dedupe IS NOT NULL THEN
        {expiry};
    END IF;
    BEGIN
        {keys};
        GET DIAGNOSTICS fresh = ROW_COUNT;
    EXCEPTION WHEN unique_violation THEN
        {keys}
        ON CONFLICT (interface_id, key) DO NOTHING;
        GET DIAGNOSTICS fresh = ROW_COUNT;
    END;
    IF fresh = p_many THEN
        ids := ARRAY(SELECT nextval('integration_message_id_seq') FROM generate_series(1, p_many));
    ELSE
        ids := ARRAY(SELECT CASE WHEN {ours} THEN nextval('integration_message_id_seq') END
                       FROM generate_series(1, p_many) i ORDER BY i);
    END IF;
    INSERT INTO integration_message (
        id, uuid, interface_id, company_id, direction, state, message_type, external_key,
        partition_key, partition_hash, correlation_id, trace_parent, depth, priority,
        available_at, created_at, attempts, error_class, error_code, error_message)
    SELECT ids[i], p_uuid[i], p_interface, p_company, 'inbound', {state}, {type}, p_key[i],
           p_partition[i], p_hash[i], p_correlation[i], p_trace[i], 0, p_priority,
           moment, moment, 0, {error_class}, {error_code}, {error_message}
      FROM generate_series(1, p_many) i WHERE ids[i] IS NOT NULL;
    INSERT INTO integration_payload (
        message_id, kind, body, encoding, size, sha256, content_type, data_class, created_at)
    SELECT ids[i], 'received', substring(all_body FROM p_body_start[i] FOR p_body_length[i]),
           {encoding}, coalesce({size}, p_body_length[i]), {body_digest}, {content_type},
           p_data_class, moment
      FROM generate_series(1, p_many) i WHERE ids[i] IS NOT NULL
    {answers};
    RETURN ids;
END
$function$
"""
_KEYS = """
        INSERT INTO integration_idempotency (
            interface_id, key, body_sha256, message_uuid, created_at)
        SELECT p_interface, p_key[i], p_digest[i], p_uuid[i], moment
          FROM generate_series(1, p_many) i
        {unknown}"""
# A look into the index for each key, whatever statistics say: OFFSET 0 keeps the planner from
# joining, which may read the keys of years.
_OURS = """
            EXISTS (SELECT 1 FROM integration_idempotency stored
                     WHERE stored.interface_id = p_interface AND stored.key = p_key[i]
                       AND stored.message_uuid = p_uuid[i] OFFSET 0)"""
_UNKNOWN = """
     WHERE p_clear[i] IS NULL OR NOT EXISTS (
           SELECT 1 FROM integration_idempotency older
            WHERE older.interface_id = p_interface AND older.key = p_clear[i] OFFSET 0)"""
_CONTENT = (
    "all_{name} CONSTANT bytea := coalesce(p_{name}_bytes, convert_to(p_{name}_text, 'UTF8'));"
)
_ANSWERS = f"""
    UNION ALL
    SELECT ids[i], '{acknowledgements.KIND}',
           substring(all_answer FROM p_answer_start[i] FOR p_answer_length[i]),
           {{answer_encoding}}, {{answer_size}}, {{answer_digest}}, {{answer_type}}, p_data_class,
           moment
      FROM generate_series(1, p_many) i
     WHERE ids[i] IS NOT NULL AND p_answer_start[i] IS NOT NULL"""  # noqa: S608 (a constant)


def signature() -> str:
    """What the functions take, which belongs to one :data:`NUMBER` for ever."""
    lists = [_parameters(function) for function in (_PLAIN, _FULL)]
    return hashlib.sha256(repr(lists).encode()).hexdigest()[:16]


def create(cr: BaseCursor) -> None:
    """Create the functions, replacing those of an earlier version of the addon."""
    drop(cr)
    for function in (_PLAIN, _FULL):
        # All parts are constants of the engine.
        cr.execute(_definition(function))  # pylint: disable=sql-injection


def _definition(function: str) -> str:
    full = function == _FULL
    alike = {name: f"coalesce(p_{name}[i], p_{name}[0])" for name in (ALIKE | FURTHER_ALIKE)}
    ordinary = dict.fromkeys(("error_class", "error_code", "error_message"), "NULL")
    ordinary |= {"state": f"'{State.QUEUED}'", "body_digest": "p_digest[i]"}
    special = {
        "state": f"coalesce(p_state[i], p_state[0], '{State.QUEUED}')",
        "body_digest": "coalesce(p_body_digest[i], p_digest[i])",
    }
    return _DEFINITION.format(
        **(alike | (special if full else ordinary)),
        function=function,
        parameters=", ".join(f"p_{name} {type_}" for name, type_ in _parameters(function)),
        contents=" ".join(_CONTENT.format(name=name) for name in _bytes(function)),
        expiry=intake_expiry.statement(
            "p_interface", "p_key || p_clear" if full else "p_key", "p_dedupe"
        ),
        keys=_KEYS.format(unknown=_UNKNOWN if full else "").strip(),
        ours=_OURS,
        answers=_ANSWERS.format(**alike) if full else "",
    )


def drop(cr: BaseCursor) -> None:
    """Remove the functions of all numbers up to this one."""
    for number in range(1, NUMBER + 1):
        for name in ("plain", "full"):
            function = f"integration_intake_{name}_{number}"
            # A constant of the engine.
            cr.execute(f"DROP FUNCTION IF EXISTS {function}")  # pylint: disable=sql-injection


def _each(function: str) -> dict[str, str]:
    return EACH if function == _PLAIN else EACH | FURTHER_EACH


def _alike(function: str) -> dict[str, str]:
    return ALIKE if function == _PLAIN else ALIKE | FURTHER_ALIKE


def _bytes(function: str) -> tuple[str, ...]:
    return (BODY,) if function == _PLAIN else (BODY, ANSWER)


def _parameters(function: str) -> list[tuple[str, str]]:
    """Names and types, in their order."""
    contents = _bytes(function)
    return [
        *COMMON.items(),
        *((f"{name}_text", "text") for name in contents),
        *((f"{name}_bytes", "bytea") for name in contents),
        *((f"{name}_{place}", "integer[]") for name in contents for place in ("start", "length")),
        *((name, f"{type_}[]") for name, type_ in (_each(function) | _alike(function)).items()),
    ]


# PostgreSQL knows their types from the function, of which there is one.
_CALLS = {
    function: "SELECT {}({})".format(
        function, ", ".join(f"%({name})s" for name, _type in _parameters(function))
    )
    for function in (_PLAIN, _FULL)
}


def call(
    cr: BaseCursor, common: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]
) -> list[int | None]:
    """Store messages; the id of each, ``None`` where its key was taken.

    :param common: a value for each of :data:`COMMON`, but for ``many``
    :param columns: of all messages, the values of :data:`EACH`, :data:`ALIKE` and :data:`BODY`;
        those of :data:`FURTHER_EACH`, :data:`FURTHER_ALIKE` and :data:`ANSWER` that any has
    """
    function = _PLAIN if columns.keys() == _PLAIN_COLUMNS else _FULL
    values: dict[str, Any] = {**common, "many": len(columns["key"])}
    for name, type_ in _each(function).items():
        values[name] = _array(type_, columns[name]) if name in columns else None
    for name, type_ in _alike(function).items():
        values[name] = _array_or_one(type_, columns[name]) if name in columns else None
    for name in _bytes(function):
        values |= _in_one(name, columns.get(name, ()))
    # Content must not reach the log, not even when two deliveries of one id collide.
    cr.execute(_CALLS[function], values, log_exceptions=False)
    return cr.fetchone()[0]


_PLAIN_COLUMNS = EACH.keys() | ALIKE.keys() | {BODY}


def _array(type_: str, values: Sequence[Any]) -> str:
    return array_text.of_integers(values) if type_ == "integer" else array_text.of_texts(values)


def _array_or_one(type_: str, values: Sequence[Any]) -> str | None:
    """An array of values, or of one with the number 0 that stands for all."""
    first = values[0]
    if values.count(first) < len(values):
        return _array(type_, values)
    return None if first is None else "[0:0]=" + _array(type_, [first])


def _in_one(name: str, values: Sequence[bytes | None]) -> dict[str, Any]:
    """Bytes as one value, with the place (from 1 on) and the length of each."""
    lengths = [None if value is None else len(value) for value in values]
    ends = accumulate((length or 0 for length in lengths), initial=1)
    starts = [None if length is None else end for length, end in zip(lengths, ends, strict=False)]
    whole = b"".join(value for value in values if value is not None)
    text = _as_text(whole)
    return {
        f"{name}_text": text,
        f"{name}_bytes": whole if text is None else None,
        f"{name}_start": array_text.of_integers(starts),
        f"{name}_length": array_text.of_integers(lengths),
    }


def _as_text(content: bytes) -> str | None:
    """The text that is these bytes in UTF-8; ``None`` if PostgreSQL has none for them."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None
