"""Taking turns at a stock: those who take from it, and those who count it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from odoo.tools import SQL

#: Rows that there are already are written on; only new ones take a number of the sequence.
_WRITE = """
    WITH wanted AS (
        SELECT product, place FROM unnest(%s::int[], %s::int[]) AS stock (product, place)
    ), known AS (
        SELECT t.id, t.product_id, t.location_id FROM ehr_stock_turn t
          JOIN wanted w ON w.product = t.product_id AND w.place = t.location_id
         WHERE t.company_id = %s ORDER BY t.product_id, t.location_id FOR UPDATE OF t
    ), touched AS (
        UPDATE ehr_stock_turn t SET company_id = t.company_id
          FROM known k WHERE k.id = t.id
    )
    INSERT INTO ehr_stock_turn (product_id, location_id, company_id)
    SELECT w.product, w.place, %s FROM wanted w
     WHERE NOT EXISTS (
        SELECT FROM known k WHERE k.product_id = w.product AND k.location_id = w.place)
     ORDER BY w.product, w.place
    ON CONFLICT (product_id, location_id, company_id)
    DO UPDATE SET company_id = EXCLUDED.company_id
"""
_LOCK = """
    SELECT id FROM stock_quant
     WHERE location_id = ANY(%s) AND product_id = ANY(%s) AND company_id = %s
     ORDER BY id FOR UPDATE
"""


def take(env: Any, stocks: Iterable[tuple[int, int]]) -> None:
    """Let transactions work on the same stock one after the other, until each has ended.

    Odoo itself leaves out quants that are locked, and writes others beside them: two that take at
    once would both see all of it, and who counts would neither see what is being taken nor be seen.
    Who comes second waits here, and is then begun again by the engine (or by the server, if a
    person pressed a button), since what he has read is outdated (REPEATABLE READ).

    A lock of the quants alone would not do: there may be none yet, and a count that finds what it
    says writes on none. So each writes a row of the stock, which is what makes the later one fail.
    The quants are locked as well, against people who move the same goods.

    :param stocks: ids of product and location; in the present company
    """
    # In one order, so that batches do not wait for each other in a circle.
    stocks = sorted(set(stocks))
    if not stocks:
        return
    products, places = (list(ids) for ids in zip(*stocks, strict=True))
    company = env.company.id
    env.cr.execute(SQL(_WRITE, products, places, company, company))
    env["stock.quant"].flush_model()
    env.cr.execute(SQL(_LOCK, sorted(set(places)), sorted(set(products)), company))
