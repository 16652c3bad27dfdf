"""The clinic's page: who is there, what was told, and what was read."""

from html import escape

from demo_partners.layout import chip, clock, document, table

from .day import Day

_ACCENT = ":root { --accent: #3d5a99; --tint: #eaeff8; }"
_GOOD = {"completed": "good", "active": "wait", "suspended": "bad", "cancelled": ""}


def whole(day: Day) -> str:
    """The page."""
    subtitle = (
        "Tells Odoo over FHIR R4 who comes and goes, answers when it is asked, and reads how far "
        "orders are."
    )
    return document("Riverside Day Clinic", subtitle, "", live(day), _ACCENT)


def live(day: Day) -> str:
    """What changes while somebody looks."""
    return "".join(
        f"<section><h2>{title} <small>{remark}</small></h2>{content}</section>"
        for title, remark, content in (
            ("Who is here", _expected(day), _here(day)),
            ("What Odoo was told", _lost(day), _told(day)),
            ("How far orders are, as Odoo shows it", _lists(day), _orders(day)),
        )
    )


def _expected(day: Day) -> str:
    return f"{len(day.diary.clinic.expected())} more are expected"


def _here(day: Day) -> str:
    rows = [
        f"<tr><td><code>{one.number}</code></td><td>{one.kind.capitalize()}</td>"
        f'<td>{escape(one.place)}</td><td class="time">{clock(one.arrived)}</td></tr>'
        for one in day.diary.clinic.here()
    ]
    return table(["Visit", "For", "Place", "Since (UTC)"], rows, "Nobody is here.")


def _lost(day: Day) -> str:
    return f"{day.lost} lost on the way, for which Odoo has to ask" if day.lost else ""


def _told(day: Day) -> str:
    rows = [
        f'<tr><td class="time">{clock(one.at)}</td><td>{escape(one.what)}</td>'
        f"<td>{chip(str(one.status), 'good' if one.status < 300 else 'bad')}"
        f"<small>{escape(one.reason)}</small></td></tr>"
        for one in day.last
    ]
    return table(["Time (UTC)", "What", "Answer"], rows, "Nothing yet.")


def _lists(day: Day) -> str:
    if day.reader.problem:
        return escape(day.reader.problem)
    counts = day.reader.counts
    names = {"Location": "places", "DeviceDefinition": "items"}
    return ", ".join(f"{counts[kind]} {name}" for kind, name in names.items() if kind in counts)


def _orders(day: Day) -> str:
    last = list(day.reader.orders.values())[-20:][::-1]
    rows = [
        f"<tr><td><code>{escape(number)}</code></td><td>{escape(item)}</td>"
        f"<td>{chip(status, _GOOD.get(status, ''))}</td></tr>"
        for number, item, status in last
    ]
    return table(["Order", "Item", "Status"], rows, "No order was shown yet.")
