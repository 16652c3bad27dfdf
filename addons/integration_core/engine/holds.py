"""Legal holds in SQL: what they cover, and the lock between placing one and deleting.

A hold names what it covers by a rule and not by a list, so it covers what comes later, too. There
are few of them: the condition below costs a look at a tiny table for each message.
"""

from __future__ import annotations

from odoo.sql_db import BaseCursor

# Placing a hold takes this advisory lock alone, each batch of retention shares it: what a hold
# covers is not deleted any more once the hold is committed, not even by a batch that had begun.
_LOCK = (0x1E6A1, 0x401D)


def exclude(cr: BaseCursor) -> None:
    """Wait for the batch that runs, and keep others from starting until the end of ``cr``."""
    cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)


def share(cr: BaseCursor) -> bool:
    """Whether a batch may run now; if so, no hold is placed until the end of ``cr``."""
    cr.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", _LOCK)
    return cr.fetchone()[0]


def any_in_force(cr: BaseCursor) -> bool:
    """Whether there is a hold at all; mostly there is none, and nothing to look at."""
    cr.execute("SELECT EXISTS (SELECT 1 FROM integration_legal_hold WHERE state <> 'approved')")
    return cr.fetchone()[0]


def _in_force(at: str | None) -> str:
    """``draft`` and ``in_review`` are in force: what is governed is the lifting of a hold."""
    if at is None:
        return "h.state <> 'approved'"
    return f"h.create_date <= {at} AND (h.state <> 'approved' OR h.approved_at > {at})"


def _within(moment: str) -> str:
    return (
        f"(h.date_from IS NULL OR {moment} >= h.date_from)"
        f" AND (h.date_to IS NULL OR {moment} < h.date_to + 1)"
    )


def of_message(m: str, at: str | None = None) -> str:
    """A condition: the message with alias ``m`` is covered by a hold.

    :param at: SQL of the moment that counts; a hold that is in force now by default
    """
    return f"""EXISTS (
        SELECT 1 FROM integration_legal_hold h
         WHERE {_in_force(at)} AND h.company_id = {m}.company_id AND {_within(f"{m}.created_at")}
           AND CASE h.scope
               WHEN 'interface' THEN h.interface_id = {m}.interface_id
               WHEN 'system' THEN h.system_id = (
                   SELECT i.system_id FROM integration_interface i WHERE i.id = {m}.interface_id)
               WHEN 'record' THEN h.res_model = {m}.res_model AND h.res_id = {m}.res_id
               WHEN 'correlation' THEN h.correlation_id = {m}.correlation_id
               WHEN 'selection' THEN EXISTS (
                   SELECT 1 FROM integration_legal_hold_message_rel r
                    WHERE r.hold_id = h.id AND r.message_id = {m}.id)
               ELSE true END)"""  # noqa: S608 (aliases and moments come from this package's code)


def of_event(e: str) -> str:
    """A condition: the event with alias ``e`` is covered by a hold, its messages apart."""
    return f"""EXISTS (
        SELECT 1 FROM integration_legal_hold h
         WHERE {_in_force(None)} AND ({e}.company_id IS NULL OR h.company_id = {e}.company_id)
           AND {_within(f"{e}.occurred_at")}
           AND CASE h.scope
               WHEN 'record' THEN h.res_model = {e}.res_model AND h.res_id = {e}.res_id
               WHEN 'correlation' THEN h.correlation_id = {e}.correlation_id
               WHEN 'company' THEN true
               ELSE false END)"""  # noqa: S608 (as above)
