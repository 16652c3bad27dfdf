"""The database function that stores the many messages of one request or of one moment.

All that is asked of the database for them is one call: old keys are freed, keys from before the
interface was clinical are looked for, keys, ledger rows, payloads and answers are inserted. A
connection that is kept, like that of a listener, keeps the plans of the function as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

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
#: Columns of the messages. ``clear`` is the key as it may have been stored before the interface
#: was clinical, NULL where that is the key itself.
COLUMNS = {
    "key": "text",
    "clear": "text",
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
    "answer_encoding": "text",
    "answer_size": "integer",
    "answer_digest": "text",
    "answer_type": "text",
}
#: Columns of bytes: they go as one value, with the place and the length of each.
BYTES = ("body", "answer")

_PLACES = {f"{name}_{what}": "integer" for name in BYTES for what in ("start", "length")}
_ARRAYS = COLUMNS | _PLACES
_PARAMETERS = (
    COMMON
    | {f"{name}_all": "bytea" for name in BYTES}
    | {name: f"{type_}[]" for name, type_ in _ARRAYS.items()}
)
# Parameters carry a prefix, because PL/pgSQL confuses them with columns otherwise. The plans must
# not depend on what statistics say when they are made: a ledger that was empty then is not so for
# long. So tables are looked into by their indexes, and OFFSET 0 keeps the planner from joining.
# A key that comes twice is stored once: its first message has the key's row.
_DEFINITION = """
CREATE FUNCTION integration_intake_many({parameters})
RETURNS TABLE (stored_uuid text, stored_id integer) LANGUAGE plpgsql
SET enable_seqscan TO off SET enable_nestloop TO off AS $function$
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
         WHERE v.clear IS NULL OR NOT EXISTS (
               SELECT 1 FROM integration_idempotency older
                WHERE older.interface_id = p_interface AND older.key = v.clear OFFSET 0)
         ORDER BY v.position
        ON CONFLICT (interface_id, key) DO NOTHING
        RETURNING message_uuid
    ), new AS MATERIALIZED (
        SELECT nextval('integration_message_id_seq')::integer AS id, ordered.*
          FROM (SELECT v.* FROM incoming v JOIN fresh ON fresh.message_uuid = v.uuid
                 ORDER BY v.position) ordered
    ), message AS (
        INSERT INTO integration_message (
            id, uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, depth, priority,
            available_at, created_at, attempts, error_class, error_code, error_message)
        SELECT v.id, v.uuid, p_interface, p_company, 'inbound', v.state, v.type, v.key,
               v.partition, v.hash, v.correlation, v.trace, 0, p_priority,
               moment, moment, 0, v.error_class, v.error_code, v.error_message FROM new v
    ), payload AS (
        INSERT INTO integration_payload (
            message_id, kind, body, encoding, size, sha256, content_type, data_class, created_at)
        SELECT v.id, 'received', substring(p_body_all FROM v.body_start FOR v.body_length),
               v.encoding, v.size, v.body_digest, v.content_type, p_data_class, moment
          FROM new v
        UNION ALL
        SELECT v.id, '{answer}', substring(p_answer_all FROM v.answer_start FOR v.answer_length),
               v.answer_encoding, v.answer_size, v.answer_digest, v.answer_type, p_data_class,
               moment
          FROM new v WHERE v.answer_start IS NOT NULL
    )
    SELECT new.uuid, new.id FROM new;
END
$function$
"""


def create(cr: BaseCursor) -> None:
    """Create the function, replacing one of an earlier version of the addon."""
    drop(cr)
    expiry = intake_expiry.statement("p_interface", "p_key || p_clear", "p_dedupe")
    # All parts are constants of the engine.
    definition = _DEFINITION.format(
        parameters=", ".join(f"p_{name} {type_}" for name, type_ in _PARAMETERS.items()),
        expiry=expiry,
        arrays=", ".join(f"p_{name}" for name in _ARRAYS),
        names=", ".join(_ARRAYS),
        answer=acknowledgements.KIND,
    )
    cr.execute(definition)  # pylint: disable=sql-injection


def drop(cr: BaseCursor) -> None:
    """Remove the function, whatever its parameters were."""
    cr.execute("DROP FUNCTION IF EXISTS integration_intake_many")


def call(
    cr: BaseCursor, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Store messages; the ids of those that are new, by uuid. The keys of the others were taken.

    :param common: a value for each of :data:`COMMON`
    :param rows: of each message, a value for each of :data:`COLUMNS` and :data:`BYTES`
    """
    values: dict[str, Any] = {**common, "count": len(rows)}
    alike = set()
    for name, type_ in COLUMNS.items():
        column = [row[name] for row in rows]
        if column.count(column[0]) == len(column):
            alike.add(name)
            values[name] = column[0]
        else:
            values[name] = _array(type_, column)
    for name in BYTES:
        values |= _bytes(name, [row[name] for row in rows])
    # Content must not reach the log, not even when two deliveries of one id collide.
    cr.execute(_call(frozenset(alike)), values, log_exceptions=False)
    return dict(cr.fetchall())


@lru_cache(maxsize=256)
def _call(alike: frozenset[str]) -> str:
    """The statement for messages of which some columns are alike, and therefore sent once."""
    arguments = [
        f"array_fill(%({name})s::{COLUMNS[name]}, ARRAY[%(count)s])"
        if name in alike
        else f"%({name})s"
        for name in _PARAMETERS
    ]
    return f"SELECT * FROM integration_intake_many({', '.join(arguments)})"  # noqa: S608 (names)


def _array(type_: str, values: Sequence[Any]) -> str:
    return array_text.of_integers(values) if type_ == "integer" else array_text.of_texts(values)


def _bytes(name: str, values: Sequence[bytes | None]) -> dict[str, Any]:
    """Bytes as one value, with the place (from 1 on) and the length of each."""
    lengths = [None if value is None else len(value) for value in values]
    ends = accumulate((length or 0 for length in lengths), initial=1)
    starts = [None if length is None else end for length, end in zip(lengths, ends, strict=False)]
    return {
        f"{name}_all": b"".join(value for value in values if value is not None),
        f"{name}_start": array_text.of_integers(starts),
        f"{name}_length": array_text.of_integers(lengths),
    }
