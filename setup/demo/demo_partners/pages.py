"""MedSupply's page."""

import json
from collections.abc import Sequence
from decimal import Decimal
from html import escape

from .layout import chip, clock, document, table
from .orders import Behaviour
from .store import Sending, StoredOrder

_DONE = {
    "behaviour": "Saved. It applies to orders that arrive from now on.",
    "resend": "On its way again. See the list of confirmations below.",
}
_KINDS = {
    "confirmation": ("confirmation", ""),
    "duplicate": ("same again", "wait"),
    "conflict": ("changed", "bad"),
}


def medsupply_page(live: str, how: Behaviour, query: dict) -> str:
    """Return the whole page around the tables in ``live``."""
    notice = _DONE.get(query.get("done", ""), "")
    if notice:
        notice = f'<section class="notice" role="status">{notice}</section>'
    subtitle = (
        "Demo supplier. Takes purchase orders at <code>POST /orders</code>, checks their signature "
        "and confirms them to Odoo a moment later."
    )
    return document("MedSupply", subtitle, notice + _behaviour_form(how), live)


def _behaviour_form(how: Behaviour) -> str:
    replies = {
        0: "accept (202)",
        500: "fail with 500",
        503: "fail with 503",
        401: "refuse with 401",
    }
    replies.setdefault(how.reply_status, f"answer {how.reply_status}")
    return (
        '<section><h2>How MedSupply treats orders</h2><form class="row" method="post" '
        'action="/behaviour">'
        + _select("reply_status", "New orders", replies, how.reply_status)
        + _select(
            "confirm", "Confirmations", {1: "send", 0: "hold back until switched on"}, how.confirm
        )
        + _number("delay", "Confirm after (s)", f"{how.delay:g}", 'min="0" max="3600" step="any"')
        + _number("quantity_percent", "Confirmed quantity (%)", how.quantity_percent, 'min="1"')
        + _number("promise_shift_days", "Promised date (± days)", how.promise_shift_days)
        + "<button>Save</button></form></section>"
    )


def _select(name: str, label: str, options: dict[int, str], chosen: int) -> str:
    choices = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{text}</option>'
        for value, text in options.items()
    )
    return f'<label>{label}<br><select name="{name}">{choices}</select></label>'


def _number(name: str, label: str, value: object, extra: str = "") -> str:
    field = f'<input type="number" name="{name}" value="{value}" required {extra}>'
    return f"<label>{label}<br>{field}</label>"


def medsupply_live(orders: Sequence[StoredOrder], sendings: Sequence[Sending], now: float) -> str:
    """Return the two tables, newest entries first."""
    by_id = {order.id: order for order in orders}
    order_table = table(
        ["Received (UTC)", "Order", "Our reference", "Lines", "#Deliveries", "Message"],
        [_order_row(order) for order in orders],
        "No order yet. Confirm a purchase order for MedSupply in Odoo and watch it arrive here.",
    )
    sending_table = table(
        ["Time (UTC)", "Order", "What", "Outcome", "#Attempts", "Send again"],
        [_sending_row(sending, by_id.get(sending.order_id), now) for sending in sendings],
        "Nothing was confirmed yet.",
    )
    return (
        f"<section><h2>Orders received <small>from Odoo</small></h2>{order_table}</section>"
        f"<section><h2>Confirmations <small>to Odoo</small></h2>{sending_table}</section>"
    )


def _order_row(order: StoredOrder) -> str:
    lines = [_order_line(line) for line in json.loads(order.body)["data"]["lines"]]
    more = f"<small>and {len(lines) - 4} more</small>" if len(lines) > 4 else ""
    count = f"{order.deliveries}"
    if order.deliveries > 1:
        count = chip(f"{order.deliveries} times, kept once", "wait")
    return (
        f'<tr><td class="time">{clock(order.received_at)}</td>'
        f"<td><b>{escape(order.number)}</b></td>"
        f"<td>{order.supplier_ref}</td><td>{'<br>'.join(lines[:4])}{more}</td>"
        f'<td class="num">{count}</td><td><code>{escape(order.webhook_id)}</code></td></tr>'
    )


def _order_line(line: dict) -> str:
    item = line.get("item")
    name = item.get("name") or item.get("code") if isinstance(item, dict) else None
    text = f"{line['quantity']} {line['unit']}" + (f" · {name}" if name else "")
    return escape(text)


def _sending_row(sending: Sending, order: StoredOrder | None, now: float) -> str:
    kind, colour = _KINDS.get(sending.kind, (sending.kind, ""))
    first = json.loads(sending.body)["positions"][0]
    return (
        f'<tr><td class="time">{clock(sending.due_at)}</td>'
        f"<td><b>{escape(order.number if order else '-')}</b></td>"
        f"<td>{chip(kind, colour)}<small>first position: {escape(first['qty'])} "
        f"by {escape(first['promised'])}</small></td>"
        f'<td>{_outcome(sending, now)}</td><td class="num">{sending.attempts}</td>'
        f"<td>{_resend_buttons(sending, first['qty'])}</td></tr>"
    )


def _outcome(sending: Sending, now: float) -> str:
    answer = f"HTTP {sending.status}" if sending.status else ""
    detail = f"<small>{escape(sending.note[:120])}</small>" if sending.note else ""
    if sending.state == "accepted":
        return chip(f"accepted · {answer}", "good") + detail
    if sending.state == "given_up":
        return chip("given up" + (f" · {answer}" if answer else ""), "bad") + detail
    wait = sending.due_at - now
    when = f"in {max(1, round(wait))} s" if wait > 0 else "now"
    if not sending.attempts:
        return chip(f"to be sent {when}")
    return chip(f"{answer or 'failed'} · again {when}", "wait") + detail


def _resend_buttons(sending: Sending, quantity: str) -> str:
    """Only for what has been sent: the same bytes, or the same id with another quantity."""
    if sending.state == "pending":
        return ""
    hidden = f'<input type="hidden" name="sending" value="{sending.id}">'
    other = escape(str(Decimal(quantity) + 1))
    return (
        '<div class="actions"><form method="post" action="/resend">'
        f'{hidden}<button class="quiet" id="again-{sending.id}" '
        'title="Same webhook-id, same content: a duplicate">Same</button></form>'
        f'<form method="post" action="/resend">{hidden}'
        f'<input class="small" name="quantity" id="quantity-{sending.id}" value="{other}" '
        'aria-label="Changed quantity" inputmode="decimal"> '
        f'<button class="quiet" id="changed-{sending.id}" '
        'title="Same webhook-id, other content: a conflict">Changed</button></form></div>'
    )
