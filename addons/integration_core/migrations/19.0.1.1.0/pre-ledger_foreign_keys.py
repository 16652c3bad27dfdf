"""The ledger gives up three foreign keys that were a third of what storing a message took."""

from odoo.sql_db import BaseCursor


def migrate(cr: BaseCursor, version: str) -> None:
    cr.execute(
        """
        ALTER TABLE integration_message
            DROP CONSTRAINT IF EXISTS integration_message_interface_id_fkey,
            DROP CONSTRAINT IF EXISTS integration_message_company_id_fkey;
        ALTER TABLE integration_idempotency
            DROP CONSTRAINT IF EXISTS integration_idempotency_interface_id_fkey
        """
    )
