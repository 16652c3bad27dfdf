"""What the suite knows of records that are merged into another one goes with them.

External identifiers: a system that knew several of the records knows the survivor by all of their
identifiers. Sync status: the most recent one of each interface. Messages: the survivor's timeline
shows those of all.
"""

from __future__ import annotations

from odoo.models import BaseModel

from . import audit


def merge(merged: BaseModel, survivor: BaseModel, reason: str = "") -> None:
    """Let ``survivor`` take over from ``merged``, whose records still exist or are about to go.

    :param reason: why, for the audit trail
    """
    survivor.ensure_one()
    ids = [record_id for record_id in merged.ids if record_id != survivor.id]
    if not ids:
        return
    survivor.env.flush_all()
    _move_links(survivor, ids, reason)
    _move_status(survivor, ids)
    survivor.env.cr.execute(
        "UPDATE integration_message SET res_id = %s WHERE res_model = %s AND res_id = ANY(%s)",
        [survivor.id, survivor._name, ids],
    )
    _move_suspicions(survivor, ids)
    survivor.env["integration.record.link"]._records_merged(survivor, ids)
    for model in (
        "integration.record.link",
        "integration.record.sync",
        "integration.message",
        "integration.duplicate.candidate",
    ):
        survivor.env[model].invalidate_model()


def _move_links(survivor: BaseModel, ids: list[int], reason: str) -> None:
    # sudo: whoever merges the records need not have rights on their identifiers
    links = survivor.env["integration.record.link"].sudo()
    links = links.search([("res_model", "=", survivor._name), ("res_id", "in", ids)])
    if not links:
        return
    changes = {link.id: {"res_id": (str(link.res_id), str(survivor.id))} for link in links}
    # below the ORM: that the survivor has several names in one system is what merging means
    survivor.env.cr.execute(
        "UPDATE integration_record_link SET res_id = %s WHERE id = ANY(%s)",
        [survivor.id, links.ids],
    )
    links.invalidate_recordset()
    audit.record(links, "change", reason=reason, changes=changes)


def _move_status(survivor: BaseModel, ids: list[int]) -> None:
    survivor.env.cr.execute(
        """
        WITH gone AS (
            DELETE FROM integration_record_sync
             WHERE res_model = %(model)s AND res_id = ANY(%(ids)s)
            RETURNING interface_id, state, reason, message_id, changed_at
        )
        INSERT INTO integration_record_sync AS s (res_model, res_id, interface_id, state, reason,
                                                  message_id, changed_at)
        SELECT DISTINCT ON (interface_id) %(model)s, %(survivor)s, interface_id, state, reason,
               message_id, changed_at
          FROM gone ORDER BY interface_id, changed_at DESC
        ON CONFLICT (res_model, res_id, interface_id) DO UPDATE
           SET state = EXCLUDED.state, reason = EXCLUDED.reason,
               message_id = EXCLUDED.message_id, changed_at = EXCLUDED.changed_at
         WHERE s.changed_at < EXCLUDED.changed_at
        """,
        {"model": survivor._name, "ids": ids, "survivor": survivor.id},
    )


def _move_suspicions(survivor: BaseModel, ids: list[int]) -> None:
    """Possible duplicates that wait for a decision offer the survivor, once."""
    values = {"model": survivor._name, "ids": ids, "survivor": survivor.id}
    survivor.env.cr.execute(
        """
        DELETE FROM integration_duplicate_candidate c
         WHERE c.res_model = %(model)s AND c.res_id = ANY(%(ids)s)
           AND EXISTS (SELECT 1 FROM integration_duplicate_candidate o
                        WHERE o.duplicate_id = c.duplicate_id AND o.res_model = c.res_model
                          AND (o.res_id = %(survivor)s
                               OR o.res_id = ANY(%(ids)s) AND o.id < c.id))
        """,
        values,
    )
    survivor.env.cr.execute(
        """
        UPDATE integration_duplicate_candidate SET res_id = %(survivor)s
         WHERE res_model = %(model)s AND res_id = ANY(%(ids)s)
        """,
        values,
    )
