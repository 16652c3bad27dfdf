"""Relations of the ledger whose columns carry no foreign key."""

from __future__ import annotations

from odoo import fields
from odoo.models import BaseModel


class LedgerMany2one(fields.Many2one):
    """A many2one without a foreign key, for rows that are stored one by one at the door.

    A foreign key is checked for each row by a query that PostgreSQL plans anew in each request,
    because Odoo resets a connection whenever it is borrowed; three of them were a third of what
    storing a message took. It also locks the row of the interface, which all requests share.

    Only for a record that is never deleted while rows name it: the comodel refuses that itself
    (``integration.interface._unlink_except_with_history``; a company by its systems), or whoever
    deletes it deletes the rows first (``retention_batches`` those of a message).
    """

    def update_db_foreign_key(self, model: BaseModel, column: dict[str, object]) -> None:
        """Make none. One that an earlier version made is dropped by its upgrade script."""
