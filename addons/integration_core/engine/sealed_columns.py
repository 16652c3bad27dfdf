"""Which columns hold ciphertexts, and under which keys.

A model declares its encrypted columns in ``_sealed_columns``; what must know all ciphertexts of a
database (re-encryption, the page of encryption keys) finds them here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

# Names come from declarations of programmers, never from data.
# pylint: disable=sql-injection
from odoo import api
from odoo.sql_db import BaseCursor


@dataclass(frozen=True)
class SealedColumn:
    """A column of a model's table that holds what :class:`tools.keyring.KeyRing` encrypted.

    All texts are SQL over the table as ``t``, written by programmers.

    :param column: the ciphertext: ``bytea``, or base64 text (``base64``)
    :param key_column: an indexed column with the id of its key, NULL where nothing is encrypted;
        one that the database computes itself (:func:`ensure_key_column`), or one that is written
        along with the ciphertext (``computed=False``)
    :param context: expression for what the ciphertext is bound to, in clear
    :param joins: further tables that ``context`` needs
    """

    column: str
    key_column: str
    context: str
    joins: str = ""
    base64: bool = False
    computed: bool = False


@dataclass(frozen=True)
class Sealed:
    """A declared column with its place."""

    model: str
    table: str
    label: str
    spec: SealedColumn


def declared(env: api.Environment) -> Iterator[Sealed]:
    """All encrypted columns of the database, by model."""
    for name, model in sorted(env.registry.items()):
        if not model._abstract:
            for spec in getattr(model, "_sealed_columns", ()):
                label = env[name]._description.removeprefix("Integration ")
                yield Sealed(name, model._table, label, spec)


def counts(cr: BaseCursor, sealed: Sealed) -> dict[str, int]:
    """Ciphertexts by key id; read from the index of the key column alone."""
    column = sealed.spec.key_column
    cr.execute(
        f"SELECT {column}, count(*) FROM {sealed.table} "  # noqa: S608
        f"WHERE {column} IS NOT NULL GROUP BY 1"
    )
    return dict(cr.fetchall())


def places(env: api.Environment) -> dict[str, dict[str, int]]:
    """All ciphertexts of the database: ``{key id: {kind of record: number of values}}``.

    This takes as long as there are values.
    """
    found: dict[str, dict[str, int]] = {}
    for sealed in declared(env):
        for key_id, count in counts(env.cr, sealed).items():
            labels = found.setdefault(key_id, {})
            labels[sealed.label] = labels.get(sealed.label, 0) + count
    return found


def key_ids(cr: BaseCursor, sealed: Sealed) -> list[str]:
    """The key ids that occur, in a time that does not depend on the number of ciphertexts.

    One step in the index from each to the next (PostgreSQL has no skip scan for DISTINCT).
    """
    column = sealed.spec.key_column
    cr.execute(
        f"""
        WITH RECURSIVE found(key_id) AS (
            (SELECT {column} FROM {sealed.table} WHERE {column} IS NOT NULL
              ORDER BY {column} LIMIT 1)
            UNION ALL
            SELECT (SELECT {column} FROM {sealed.table} t
                     WHERE {column} IS NOT NULL AND {column} > found.key_id
                     ORDER BY {column} LIMIT 1)
              FROM found WHERE found.key_id IS NOT NULL
        ) SELECT key_id FROM found WHERE key_id IS NOT NULL
        """  # noqa: S608
    )
    return [row[0] for row in cr.fetchall()]


def samples(cr: BaseCursor, sealed: Sealed, key_id: str, most: int = 3) -> list[tuple[bytes, str]]:
    """A few ciphertexts under a key, each with its context."""
    spec = sealed.spec
    cr.execute(
        f"SELECT t.{spec.column}, {spec.context} FROM {sealed.table} t {spec.joins} "  # noqa: S608
        f"WHERE t.{spec.key_column} = %s ORDER BY t.id LIMIT %s",
        [key_id, most],
    )
    return [
        (base64.b64decode(stored) if spec.base64 else bytes(stored), context)
        for stored, context in cr.fetchall()
    ]


def ensure_key_column(
    cr: BaseCursor, table: str, column: str, key_column: str, condition: str
) -> None:
    """Let the database keep the key id of a ``bytea`` ciphertext in an indexed column.

    Layout of a ciphertext: version, length of the key id, key id (``tools.keyring``).

    :param condition: SQL that is true for rows whose column is encrypted
    """
    cr.execute(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema "
        "AND table_name = %s AND column_name = %s",
        [table, key_column],
    )
    if not cr.fetchone():
        cr.execute(
            f"""
            ALTER TABLE {table} ADD COLUMN {key_column} varchar GENERATED ALWAYS AS (
                CASE WHEN {condition}
                     THEN encode(substr({column}, 3, get_byte({column}, 1)), 'escape') END) STORED
            """
        )
    cr.execute(
        f"CREATE INDEX IF NOT EXISTS {table}_{key_column}_idx ON {table} ({key_column}, id) "
        f"WHERE {key_column} IS NOT NULL"
    )
