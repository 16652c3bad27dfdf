"""Marks by which content of a visit is recognised when it comes again.

A plain digest of what names a visit tells which visit it is to whoever tries all numbers: few are
in use. So it is kept as a pseudonym, with the key ring, as the ledger keeps digests of private
content.
"""

from __future__ import annotations

import hmac

from odoo.models import BaseModel
from odoo.tools import SQL

from odoo.addons.integration_core.engine import keys

#: Hexadecimal digits of a SHA-256; marks are shorter.
_PLAIN = 64


def mark(records: BaseModel, plain: str) -> str:
    """The mark that a record of this model keeps.

    :param plain: the SHA-256 of its content, in hexadecimal digits
    :raises odoo.addons.integration_core.tools.keyring.KeyRingError: there is no key to make it with
    """
    return keys.require(records.env.cr).pseudonym(plain, _context(records))


def is_marked(records: BaseModel, kept: str | bool, plain: str) -> bool:
    """Whether a record that keeps this mark has this content, whichever key made the mark.

    Before 19.0.1.1.0 the digest itself was kept, and is recognised until the record is upgraded.

    :raises odoo.addons.integration_core.tools.keyring.KeyRingError: as :func:`mark`
    """
    if not kept:
        return False
    if len(kept) == _PLAIN:
        return hmac.compare_digest(kept, plain)
    made = keys.require(records.env.cr).pseudonyms(plain, _context(records))
    return kept in made.values()


def keep_marks(records: BaseModel) -> bool:
    """Put marks in the place of all digests that this model kept before.

    :return: whether all are marks now; without a key ring the digests stay as they are, and are
        recognised
    """
    cr, table = records.env.cr, SQL.identifier(records._table)
    ring = keys.working_ring(cr)
    cr.execute(SQL("SELECT DISTINCT digest FROM %s WHERE length(digest) = %s", table, _PLAIN))
    plain = [row[0] for row in cr.fetchall()]
    if ring is None:
        return not plain
    context = _context(records)
    marks = [ring.pseudonym(one, context) for one in plain]
    cr.execute(
        SQL(
            "UPDATE %s AS r SET digest = v.mark "
            "FROM unnest(%s::text[], %s::text[]) AS v (mark, plain) WHERE r.digest = v.plain",
            table,
            marks,
            plain,
        )
    )
    records.invalidate_model(["digest"])
    return True


def _context(records: BaseModel) -> str:
    return f"{records._name}|digest"
