"""A purchase order event as Odoo sends it, and its delivery."""

import json
from copy import deepcopy

from demo_partners.signing import signed_headers

SECRET_OUT = "whsec_b3V0b3V0b3V0b3V0b3V0b3V0b3V0b3V0"
SECRET_IN = "whsec_aW5paW5paW5paW5paW5paW5paW5paW5p"

EVENT = {
    "type": "procurement.purchase_order.confirmed",
    "timestamp": "2026-11-22T10:00:00Z",
    "data": {
        "order_number": "P00012",
        "revision": 1,
        "supplier": {"name": "MedSupply"},
        "currency": "EUR",
        "order_date": "2026-11-22T09:58:00Z",
        "lines": [
            {
                "line_reference": "37",
                "item": {"code": "GLV-M", "name": "Gloves <M>"},
                "quantity": "5.00",
                "unit": "C62",
                "unit_price": "12.50",
                "requested_date": "2026-11-30",
            },
            {
                "line_reference": "38",
                "item": {"code": "SYR-5", "name": "Syringe 5 ml"},
                "quantity": "0.125",
                "unit": "KGM",
                "unit_price": "1.00",
                "requested_date": None,
            },
        ],
        "total": "62.63",
    },
}


def event(**changes) -> dict:
    """Return the event with changed ``data`` fields."""
    result = deepcopy(EVENT)
    result["data"] |= changes
    return result


def encode(message: dict) -> bytes:
    return json.dumps(message).encode()


def post(http, url, secret, body=None, msg_id="msg_1", **headers):
    """Deliver a signed event the way Odoo does."""
    body = encode(EVENT) if body is None else body
    sent = {"content-type": "application/json"} | signed_headers(secret, msg_id, body)
    return http.post(url, data=body, headers=sent | headers, timeout=10)
