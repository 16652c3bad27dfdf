"""Order confirmations of five lines, as a supplier of medical goods sends them."""

import json

LINES = 5
#: Messages about so many orders: three or so of them concern the same one.
ORDERS = 1000


def canonical(number: int) -> str:
    """The ``number``-th confirmation in canonical JSON (about 600 bytes)."""
    return json.dumps(
        {
            "order_number": f"P{number % ORDERS:05d}",
            "supplier_reference": f"SO-{100000 + number}",
            "confirmed_at": "2026-11-22T10:00:02Z",
            "lines": [
                {
                    "line_reference": str(number * LINES + line),
                    "quantity": f"{line * 12 + number % 7}.5",
                    "unit": "C62",
                    "promised_date": f"2026-12-{line + 1:02d}",
                }
                for line in range(LINES)
            ],
        }
    )


def partner_shape(number: int) -> str:
    """The same in a supplier's own shape, for the mapping of ``bench.fixture``."""
    return json.dumps(
        {
            "orderNo": f"P{number % ORDERS:05d}",
            "ourRef": f"SO-{100000 + number}",
            "at": "2026-11-22T11:00:02",
            "positions": [
                {
                    "ref": str(number * LINES + line),
                    "qty": line * 12 + 0.5,
                    "uom": "PCE",
                    "deliveryDate": f"{line + 1:02d}.12.2026",
                }
                for line in range(LINES)
            ],
        }
    )


def malformed() -> str:
    """Breaks the contract: what stores it and then finds it done has not validated."""
    return json.dumps({"order_number": "P00001", "lines": []})
