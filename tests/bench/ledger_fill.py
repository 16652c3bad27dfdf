"""Fills a ledger as months of traffic would have, with events, payloads, attempts and keys."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from tests.harness import Database

#: Tables that grow with the traffic.
TABLES = (
    "integration_event",
    "integration_message",
    "integration_payload",
    "integration_attempt",
    "integration_idempotency",
    "integration_record_sync",
)

VACUUMS = 10


@dataclass(frozen=True)
class Extent:
    """How much a ledger holds.

    :ivar finished: messages that are done
    :ivar unfinished: messages in each of the states dead, held and retry
    """

    finished: int
    unfinished: int = 0


def fill(database: Database, inbound: int, outbound: int, extent: Extent) -> None:
    """Store messages of two interfaces, half of them each.

    Messages live as in production: queued, claimed, finished, in that order and some at a time,
    with the table vacuumed in between whenever autovacuum would. So its free space is where it
    is in production, which decides where new rows go.

    :param inbound: interface whose messages have one received payload
    :param outbound: interface whose messages have an event, a sent payload and a response
    """
    parameters = {
        "inbound": inbound,
        "outbound": outbound,
        "finished": extent.finished,
        "unfinished": extent.unfinished,
    }
    with closing(database.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor, _without_foreign_keys(cursor):
            cursor.execute(_FUNCTIONS)
            for statement in (_PLAN, "CREATE INDEX ON plan (number)", "ANALYZE plan", _EVENTS):
                cursor.execute(statement, parameters)
            # Autovacuum comes when a fifth of a table has changed.
            size = extent.finished + 3 * extent.unfinished
            step = max(1, size // VACUUMS)
            for first in range(1, size + 1, step):
                chunk = parameters | {"first": first, "last": first + step - 1}
                for statement in (_QUEUED, _CLAIMED, _ENDED):
                    cursor.execute(statement, chunk)
                cursor.execute("VACUUM (ANALYZE) integration_message")
            for statement in (_PAYLOADS, _ATTEMPTS, _KEYS, _SYNC):
                cursor.execute(statement, parameters)
        for table in TABLES:
            database.sql(f"VACUUM (ANALYZE) {table}")


@contextmanager
def _without_foreign_keys(cursor) -> Iterator[None]:
    """Take the foreign keys of the tables away meanwhile: checked row by row they take minutes."""
    cursor.execute(
        """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
          FROM pg_constraint
         WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
        """,
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for table, name, _definition in found:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in found:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


_FUNCTIONS = """
CREATE FUNCTION pg_temp.hash(text) RETURNS integer LANGUAGE sql IMMUTABLE AS
    'SELECT hashtext($1) & 2147483647';
CREATE FUNCTION pg_temp.trace() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT '00-' || replace(gen_random_uuid()::text, '-', '') || '-'
             || left(replace(gen_random_uuid()::text, '-', ''), 16) || '-01'$$;
"""

# One row a message, oldest first. Finished and unfinished ones are mixed by age.
_PLAN = """
CREATE TEMP TABLE plan AS
SELECT row_number() OVER (ORDER BY age)::integer AS number, state, age, n,
       gen_random_uuid()::text AS uuid, gen_random_uuid()::text AS correlation,
       gen_random_uuid()::text AS event_uuid, n %% 2 = 0 AS outgoing,
       now() AT TIME ZONE 'UTC' - interval '90 days' + age * interval '90 days' AS moment,
       -- Keys of what is not finished are their own: they would hold back what is measured.
       CASE WHEN state = 'done' THEN 'P' || n %% 1000 ELSE state || n END AS key
  FROM (SELECT 'done' AS state, n, random() AS age FROM generate_series(1, %(finished)s) n
        UNION ALL
        SELECT state, n, random() FROM generate_series(1, %(unfinished)s) n,
               unnest(ARRAY['dead', 'held', 'retry']) state) x
"""

_EVENTS = """
INSERT INTO integration_event (
    uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at, company_id, data,
    correlation_id, trace_parent, depth, user_id, dispatched_at)
SELECT p.event_uuid, p.number || '@filled', t.id, t.code, 'purchase.order', p.number, p.key,
       p.moment, 1, rpad('{"filled": "', 1300, 'order ' || p.key) || '"}', p.correlation,
       pg_temp.trace(), 0, 2, p.moment
  FROM plan p, integration_event_type t
 WHERE p.outgoing AND t.code = 'procurement.purchase_order.confirmed' ORDER BY p.number
"""

_QUEUED = """
INSERT INTO integration_message (
    uuid, interface_id, company_id, direction, state, message_type, external_key,
    partition_key, partition_hash, correlation_id, trace_parent, causation_id, depth, event_id,
    res_model, res_id, priority, available_at, created_at, attempts)
SELECT p.uuid, CASE WHEN outgoing THEN %(outbound)s ELSE %(inbound)s END, 1,
       CASE WHEN outgoing THEN 'outbound' ELSE 'inbound' END, 'queued',
       CASE WHEN outgoing THEN 'procurement.purchase_order.confirmed'
            ELSE 'procurement.order_confirmation' END,
       CASE WHEN outgoing THEN p.event_uuid ELSE 'filled_' || p.number END, p.key,
       pg_temp.hash(p.key), p.correlation, pg_temp.trace(), e.uuid, 0, e.id,
       CASE WHEN outgoing THEN 'purchase.order' END, CASE WHEN outgoing THEN p.number END, 10,
       p.moment, p.moment, 0
  FROM plan p LEFT JOIN integration_event e ON e.uuid = p.event_uuid
 WHERE p.number BETWEEN %(first)s AND %(last)s ORDER BY p.number
"""

_CLAIMED = """
UPDATE integration_message SET state = 'processing', attempts = 1,
       claim_token = md5(uuid), lease_until = created_at + interval '30 seconds'
 WHERE state = 'queued'
"""

_ENDED = """
UPDATE integration_message m
   SET state = p.state, claim_token = NULL, lease_until = NULL,
       res_model = 'purchase.order', res_id = p.number,
       held_reason = CASE p.state WHEN 'held' THEN 'parked' END,
       -- not yet due, and not during the benchmark
       available_at = CASE p.state
           WHEN 'retry' THEN now() AT TIME ZONE 'UTC' + (1 + random()) * interval '1 day'
           ELSE m.available_at END,
       finished_at = CASE WHEN p.state = 'done' THEN p.moment + interval '1 second' END,
       attempts = CASE p.state WHEN 'dead' THEN 10 WHEN 'retry' THEN 2 ELSE 1 END,
       error_class = f.class, error_code = f.code, error_message = f.message,
       error_fingerprint = md5(f.code)
  FROM plan p LEFT JOIN (VALUES ('transient', 'http_503', 'The partner answered 503.'))
       AS f(class, code, message) ON p.state IN ('dead', 'retry')
 WHERE m.state = 'processing' AND p.uuid = m.uuid
   AND p.number BETWEEN %(first)s AND %(last)s
"""

# Compressed documents do not compress again: the bytes are as random as theirs.
_PAYLOADS = """
INSERT INTO integration_payload (
    message_id, kind, body, encoding, size, sha256, content_type, created_at)
SELECT m.id, k.kind,
       decode(repeat(md5(m.uuid || k.kind), k.size / 16), 'hex'), 'zlib', k.size * 2,
       md5(m.uuid) || md5(m.uuid), 'application/json', m.created_at
  FROM integration_message m
  JOIN (VALUES ('inbound', 'received', 320), ('outbound', 'sent', 560),
               ('outbound', 'response', 32)) AS k(direction, kind, size)
    ON k.direction = m.direction
 ORDER BY m.id
"""

_ATTEMPTS = """
INSERT INTO integration_attempt (
    message_id, number, started_at, duration_ms, outcome, http_status, error_class, error_code,
    error_message)
SELECT m.id, n, m.created_at + n * interval '1 minute', 40,
       CASE WHEN n < m.attempts THEN 'retry' ELSE m.state END,
       CASE WHEN m.direction = 'outbound' THEN 202 END, m.error_class, m.error_code,
       m.error_message
  FROM integration_message m, generate_series(1, m.attempts) n ORDER BY m.id
"""

_KEYS = """
INSERT INTO integration_idempotency (interface_id, key, body_sha256, message_uuid, created_at)
SELECT interface_id, external_key,
       CASE direction WHEN 'inbound' THEN md5(uuid) || md5(uuid) END, uuid, created_at
  FROM integration_message ORDER BY id
"""

_SYNC = """
INSERT INTO integration_record_sync (
    res_model, res_id, interface_id, state, message_id, changed_at)
SELECT res_model, res_id, interface_id,
       CASE state WHEN 'done' THEN 'synchronised' WHEN 'dead' THEN 'failed' ELSE 'pending' END,
       id, created_at
  FROM integration_message WHERE direction = 'outbound' ORDER BY id
"""
