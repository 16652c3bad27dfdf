"""Database triggers of the audit: what was written stays, and what is new waits to be sealed.

Triggers are made by ``init()`` of the models, so that each update of the addon makes them anew.
"""

from __future__ import annotations

from odoo.sql_db import BaseCursor
from odoo.tools import SQL


def append_only(cr: BaseCursor, table: str) -> None:
    """Refuse every change of what was written to ``table``, whoever tries."""
    cr.execute(
        """
        CREATE OR REPLACE FUNCTION integration_append_only() RETURNS trigger
        LANGUAGE plpgsql AS $function$
        BEGIN
            RAISE EXCEPTION 'Audit entries are append-only' USING ERRCODE = '42501';
        END
        $function$
        """
    )
    # By row: Odoo itself updates every table with a reference to any record, when accounts are
    # taken apart for example, and a statement that meets no row changes nothing.
    for suffix, acts, each in (
        ("append_only", SQL("UPDATE OR DELETE"), SQL("ROW")),
        ("never_emptied", SQL("TRUNCATE"), SQL("STATEMENT")),
    ):
        cr.execute(
            SQL(
                """
                CREATE OR REPLACE TRIGGER %(trigger)s
                BEFORE %(acts)s ON %(table)s
                FOR EACH %(each)s EXECUTE FUNCTION integration_append_only()
                """,
                trigger=SQL.identifier(f"{table}_{suffix}"),
                acts=acts,
                table=SQL.identifier(table),
                each=each,
            )
        )


def enqueue(cr: BaseCursor) -> None:
    """Let every new entry wait for the sealer, in the transaction that writes it.

    Transactions commit late and out of the order of ids, so that the sealer cannot go by the last
    id that it has seen; and looking for entries without a seal would take longer every day.
    """
    cr.execute(
        """
        CREATE OR REPLACE FUNCTION integration_audit_enqueue() RETURNS trigger
        LANGUAGE plpgsql AS $function$
        BEGIN
            INSERT INTO integration_audit_unsealed (id) SELECT id FROM fresh;
            RETURN NULL;
        END
        $function$;
        CREATE OR REPLACE TRIGGER integration_audit_entry_enqueue
        AFTER INSERT ON integration_audit_entry REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION integration_audit_enqueue()
        """
    )


def drop(cr: BaseCursor) -> None:
    """Remove what Odoo does not know of when the addon is uninstalled."""
    for function in ("integration_append_only", "integration_audit_enqueue"):
        cr.execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", SQL.identifier(function)))
