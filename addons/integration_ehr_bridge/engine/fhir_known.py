"""What FHIR servers call our documents, and at which version: ``integration.fhir.known`` in SQL."""

from __future__ import annotations

from collections.abc import Collection

from odoo.sql_db import BaseCursor

from ..tools.fhir.bundle import Made
from ..tools.fhir.conditional import Known


def read(
    cr: BaseCursor, system_id: int, records: Collection[tuple[str | None, int | None]]
) -> dict[tuple[str | None, int | None, str], Known]:
    """What a system calls resources of these records, by record and resource type."""
    if not records:
        return {}
    models, ids = zip(*records, strict=True)
    cr.execute(
        """
        SELECT k.res_model, k.res_id, k.resource_type, k.fhir_id, coalesce(k.version, ''),
               coalesce(k.conflict_version, ''), coalesce(k.conflict_uuid, '')
          FROM integration_fhir_known k
          JOIN unnest(%s::varchar[], %s::int[]) AS r(res_model, res_id)
            ON r.res_model = k.res_model AND r.res_id = k.res_id
         WHERE k.system_id = %s AND k.place = ''
        """,
        [list(models), list(ids), system_id],
    )
    return {(model, id_, name): Known(*rest) for model, id_, name, *rest in cr.fetchall()}


def note(
    cr: BaseCursor, system_id: int, interface_id: int, record: tuple[str, int], made: Made
) -> None:
    """Remember what the server calls a record from now on; a conflict is over by that."""
    cr.execute(
        """
        INSERT INTO integration_fhir_known (
            system_id, interface_id, res_model, res_id, resource_type, place, fhir_id, version,
            told_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')
        ON CONFLICT (system_id, res_model, res_id, resource_type, place) DO UPDATE
           SET fhir_id = EXCLUDED.fhir_id, version = EXCLUDED.version, told_at = EXCLUDED.told_at,
               interface_id = EXCLUDED.interface_id, conflict_version = NULL, conflict_uuid = NULL
        """,
        [system_id, interface_id, *record, made.type, made.place, made.id, made.version or None],
    )


def note_conflict(
    cr: BaseCursor, system_id: int, record: tuple[str, int], found: Made, message_uuid: str
) -> None:
    """Remember the version that a message was refused for: a retry by a person is made over it."""
    cr.execute(
        """
        UPDATE integration_fhir_known SET conflict_version = %s, conflict_uuid = %s
         WHERE system_id = %s AND res_model = %s AND res_id = %s AND resource_type = %s
           AND place = '' AND fhir_id = %s
        """,
        [found.version, message_uuid, system_id, *record, found.type, found.id],
    )


def merged(cr: BaseCursor, res_model: str, ids: Collection[int], survivor_id: int) -> None:
    """Records are one from now on: what a server calls them it calls the survivor.

    Of several names the survivor's own counts, else the one that was heard last: the others stay
    record links.
    """
    cr.execute(
        """
        WITH gone AS (
            DELETE FROM integration_fhir_known
             WHERE res_model = %(model)s AND res_id = ANY(%(ids)s) RETURNING *
        )
        INSERT INTO integration_fhir_known (
            system_id, interface_id, res_model, res_id, resource_type, place, fhir_id, version,
            told_at)
        SELECT DISTINCT ON (system_id, resource_type, place)
               system_id, interface_id, res_model, %(survivor)s, resource_type, place, fhir_id,
               version, told_at
          FROM gone ORDER BY system_id, resource_type, place, told_at DESC
        ON CONFLICT (system_id, res_model, res_id, resource_type, place) DO NOTHING
        """,
        {"model": res_model, "ids": list(ids), "survivor": survivor_id},
    )


def forget(cr: BaseCursor, system_id: int, record: tuple[str, int], gone: Made) -> None:
    """The server has a resource no more: what is sent next makes it anew."""
    cr.execute(
        """
        DELETE FROM integration_fhir_known
         WHERE system_id = %s AND res_model = %s AND res_id = %s AND resource_type = %s
           AND place = '' AND fhir_id = %s
        """,
        [system_id, *record, gone.type, gone.id],
    )
