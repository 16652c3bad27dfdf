"""The database function that stores a received message: key, ledger row and payload in one call.

As one SQL statement the three INSERTs took a fifth longer: they were parsed for each message.
(Plans are made anew for each request in any case, because Odoo empties a connection, plans
included, whenever it is borrowed.)
"""

from __future__ import annotations

from collections.abc import Mapping

from odoo.sql_db import BaseCursor

#: Parameters in their order, with their types. NULL is allowed where the column allows it.
PARAMETERS = {
    "interface": "integer",
    "company": "integer",
    "key": "text",
    "digest": "text",
    "uuid": "text",
    "state": "text",
    "type": "text",
    "external_key": "text",
    "partition": "text",
    "hash": "integer",
    "correlation": "text",
    "trace": "text",
    "priority": "integer",
    "error_class": "text",
    "error_code": "text",
    "error_message": "text",
    "body": "bytea",
    "encoding": "text",
    "size": "integer",
    "body_digest": "text",
    "content_type": "text",
    "data_class": "text",
}

# Parameters carry a prefix, because PL/pgSQL confuses them with columns otherwise; and they come
# first, so that it need not look for a column of each name before.
_DEFINITION = """
CREATE FUNCTION integration_intake({parameters}) RETURNS integer LANGUAGE plpgsql AS $function$
#variable_conflict use_variable
DECLARE
    moment CONSTANT timestamp := now() AT TIME ZONE 'UTC';
    stored integer;
BEGIN
    INSERT INTO integration_idempotency (interface_id, key, body_sha256, message_uuid, created_at)
    VALUES (p_interface, p_key, p_digest, p_uuid, moment)
    ON CONFLICT (interface_id, key) DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO integration_message (
        uuid, interface_id, company_id, direction, state, message_type, external_key,
        partition_key, partition_hash, correlation_id, trace_parent, depth, priority,
        available_at, created_at, attempts, error_class, error_code, error_message)
    VALUES (
        p_uuid, p_interface, p_company, 'inbound', p_state, p_type, p_external_key,
        p_partition, p_hash, p_correlation, p_trace, 0, p_priority,
        moment, moment, 0, p_error_class, p_error_code, p_error_message)
    RETURNING id INTO stored;
    INSERT INTO integration_payload (
        message_id, kind, body, encoding, size, sha256, content_type, data_class, created_at)
    VALUES (
        stored, 'received', p_body, p_encoding, p_size, p_body_digest, p_content_type,
        p_data_class, moment);
    RETURN stored;
END
$function$
"""

# In the order of PARAMETERS. PostgreSQL knows their types from the function, of which there is one.
_CALL = "SELECT integration_intake({})".format(", ".join(f"%({name})s" for name in PARAMETERS))


def create(cr: BaseCursor) -> None:
    """Create the function, replacing one of an earlier version of the addon."""
    drop(cr)
    parameters = ", ".join(f"p_{name} {type_}" for name, type_ in PARAMETERS.items())
    # Both parts are constants of this module.
    cr.execute(_DEFINITION.format(parameters=parameters))  # pylint: disable=sql-injection


def drop(cr: BaseCursor) -> None:
    """Remove the function, whatever its parameters were."""
    cr.execute("DROP FUNCTION IF EXISTS integration_intake")


def call(cr: BaseCursor, values: Mapping[str, object]) -> int | None:
    """Store a message; return its id, or ``None`` when its key was stored before.

    :param values: a value for each of :data:`PARAMETERS`
    """
    # Odoo logs a statement that fails with its parameters; the body must not reach the log, not
    # even when two deliveries of one id collide.
    cr.execute(_CALL, values, log_exceptions=False)
    return cr.fetchone()[0]
