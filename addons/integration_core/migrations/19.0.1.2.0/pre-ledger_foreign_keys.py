"""Payloads and attempts give up the foreign key to their message, checked for each that is stored.

Messages are removed by retention alone, which removes what belongs to them first.
"""

from odoo.sql_db import BaseCursor


def migrate(cr: BaseCursor, version: str) -> None:
    cr.execute(
        """
        ALTER TABLE integration_payload
            DROP CONSTRAINT IF EXISTS integration_payload_message_id_fkey;
        ALTER TABLE integration_attempt
            DROP CONSTRAINT IF EXISTS integration_attempt_message_id_fkey
        """
    )
