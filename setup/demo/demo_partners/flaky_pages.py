"""Flaky Logistics' page."""

from collections.abc import Sequence
from html import escape

from .flaky_log import Delivery
from .layout import chip, clock, document, interval, table
from .modes import DESCRIPTIONS, MAX_SECONDS, USES_SECONDS, Mode, Setting

# Two tabs side by side should not look alike.
_COLOURS = ":root { --accent: #6b4a8f; --tint: #f3eef8; }"
_TITLES = {
    Mode.OK: "Works",
    Mode.SLOW: "Slow",
    Mode.ERROR: "500",
    Mode.THROTTLED: "429 with Retry-After",
    Mode.UNAVAILABLE: "503",
    Mode.GONE: "410",
    Mode.CLOSED: "Closed port",
    Mode.GARBAGE: "Garbage",
    Mode.RESET: "Reset connection",
}


def page(live: str, setting: Setting, delivery_url: str) -> str:
    """Return the whole page around the part in ``live``."""
    subtitle = (
        f"Demo carrier that fails on demand. Takes deliveries at <code>POST {escape(delivery_url)}"
        "/deliveries</code>; this page stays up while that port is closed."
    )
    choices = "".join(_choice(mode, setting) for mode in Mode)
    form = (
        '<section><h2>How the next deliveries end</h2><form method="post" action="/mode">'
        f'<fieldset class="modes" aria-label="Mode">{choices}</fieldset><div class="actions" '
        'style="gap: 10px 20px; align-items: flex-end">'
        '<label>Seconds (slow, 429, closed)<br><input type="number" name="seconds" '
        f'value="{setting.seconds:g}" min="0" max="{MAX_SECONDS}" step="any" required></label>'
        "<label>For how many deliveries (0: until changed)<br>"
        f'<input type="number" name="times" value="{setting.times}" min="0" required></label>'
        "<button>Apply</button></div></form></section>"
    )
    return document("Flaky Logistics", subtitle, form, live, _COLOURS)


def _choice(mode: Mode, setting: Setting) -> str:
    checked = " checked" if mode is setting.mode else ""
    return (
        f'<label><input type="radio" name="mode" value="{mode}"{checked}>'
        f"<span><b>{_TITLES[mode]}</b>{DESCRIPTIONS[mode]}</span></label>"
    )


def live(
    deliveries: Sequence[Delivery], setting: Setting, closed_until: float | None, now: float
) -> str:
    """Return the current state and the log of deliveries, newest first."""
    rows = table(
        ["Time (UTC)", "Delivery", "#Attempt", "#After", "Answer", "Signature", "Message"],
        [_row(delivery) for delivery in deliveries],
        "Nothing arrived yet.",
    )
    clear = ""
    if deliveries:
        clear = (
            '<form method="post" action="/clear" style="float: right">'
            '<button class="quiet" id="clear">Clear the log</button></form>'
        )
    return (
        f"<section><h2>Now: {_now(setting, closed_until, now)}</h2></section>"
        f"<section>{clear}<h2>Deliveries <small>from Odoo</small></h2>{rows}</section>"
    )


def _now(setting: Setting, closed_until: float | None, now: float) -> str:
    if setting.mode is Mode.OK:
        return chip("works", "good")
    text = _TITLES[setting.mode]
    if closed_until is not None:
        text += f", opens in {max(0, round(closed_until - now))} s"
    elif setting.mode in USES_SECONDS:
        text += f", {setting.seconds:g} s"
    if setting.times and setting.mode is not Mode.CLOSED:
        text += f", {setting.times} more"
    return chip(text, "bad")


def _row(delivery: Delivery) -> str:
    colour = "good" if delivery.result.startswith("2") else "bad"
    signature = {"valid": "good", "invalid": "bad"}.get(delivery.signature, "")
    slow = "<small>slowly</small>" if delivery.mode == Mode.SLOW else ""
    return (
        f'<tr><td class="time">{clock(delivery.received_at)}</td>'
        f"<td>{escape(delivery.subject)}</td>"
        f'<td class="num">{delivery.attempt}</td>'
        f'<td class="num">{interval(delivery.since_previous)}</td>'
        f"<td>{chip(delivery.result, colour)}{slow}</td>"
        f"<td>{chip(delivery.signature, signature)}</td>"
        f"<td><code>{escape(delivery.webhook_id)}</code></td></tr>"
    )
