"""The look that the pages of both partners share."""

import time
from html import escape

_STYLE = """
:root { --ink: #1f2933; --soft: #667380; --line: #e3e8ee; --paper: #fff; --ground: #f4f6f9;
  --accent: #0f6e84; --tint: #e8f4f6; --good: #11734b; --good-bg: #def5e9;
  --bad: #a8242f; --bad-bg: #fde6e7;
  --wait: #8a5a00; --wait-bg: #fdf1d5; --plain-bg: #e9eef3; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header { background: var(--accent); color: #fff; padding: 20px 0; }
header h1 { margin: 0; font-size: 24px; }
header p { margin: 2px 0 0; color: rgba(255, 255, 255, .88); }
header code { background: rgba(0, 0, 0, .2); color: #fff; }
.wrap { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
main.wrap { padding-top: 20px; padding-bottom: 48px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
  padding: 16px 20px 18px; margin-bottom: 18px; overflow-x: auto; }
h2 { margin: 0 0 10px; font-size: 16px; } h2:last-child { margin: 0; }
h2 small { color: var(--soft); font-weight: 400; }
table { border-collapse: collapse; width: 100%; min-width: 780px; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: 12.5px; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
td.num, th.num { text-align: right; padding-right: 26px; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td small { color: var(--soft); display: block; }
code { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  background: var(--plain-bg); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere; }
.chip { display: inline-block; border-radius: 10px; padding: 0 9px; font-size: 12.5px;
  font-weight: 600; white-space: nowrap; background: var(--plain-bg); }
.chip.good { color: var(--good); background: var(--good-bg); }
.chip.bad { color: var(--bad); background: var(--bad-bg); }
.chip.wait { color: var(--wait); background: var(--wait-bg); }
.empty { color: var(--soft); padding: 14px 0; text-align: center; }
form { display: inline; } form.row { display: flex; flex-wrap: wrap; gap: 10px 20px;
  align-items: flex-end; }
label { display: block; font-size: 12.5px; color: var(--soft); }
input, select { font: inherit; color: var(--ink); border: 1px solid #b9c3ce; border-radius: 5px;
  padding: 0 8px; height: 32px; background: #fff; } input[type=number] { width: 92px; }
input[type=radio] { height: auto; accent-color: var(--accent); }
input.small { width: 74px; height: 25px; padding: 0 6px; font-size: 13px; }
button { font: inherit; font-weight: 600; border: 1px solid var(--accent); border-radius: 5px;
  padding: 0 16px; height: 32px; background: var(--accent); color: #fff; cursor: pointer; }
button:hover { filter: brightness(.88); }
button.quiet { background: #fff; color: var(--accent); padding: 0 9px; height: 25px;
  font-size: 13px; }
button.quiet:hover { background: var(--tint); filter: none; }
button:focus-visible, input:focus-visible, select:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; }
.actions { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.modes { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 8px;
  margin-bottom: 14px; border: 0; padding: 0; }
.modes label { display: flex; gap: 9px; border: 1px solid var(--line); border-radius: 6px;
  padding: 7px 11px; font-size: 13px; cursor: pointer; line-height: 1.35; }
.modes label:has(:checked) { border-color: var(--accent); background: var(--tint); }
.modes b { color: var(--ink); display: block; font-size: 14px; }
.notice { border-left: 4px solid var(--accent); }
"""

# Refreshes the tables without a reload, so that a half-typed form is not lost.
_SCRIPT = """
setInterval(async () => {
  const live = document.getElementById("live");
  const active = document.activeElement;
  if (document.hidden || (live.contains(active) && active.tagName === "INPUT")) return;
  try {
    const answer = await fetch("/?live=1");
    const text = await answer.text();
    if (answer.ok && text !== live.dataset.text) {
      const focused = live.contains(active) ? active.id : "";
      live.innerHTML = live.dataset.text = text;
      if (focused) document.getElementById(focused)?.focus();
    }
  } catch { /* the partner is down; try again */ }
}, 1500);
"""


def document(title: str, subtitle: str, controls: str, live: str, style: str = "") -> str:
    """Return a whole page; ``subtitle``, ``controls`` and ``live`` are HTML already.

    :param style: more CSS, such as another accent colour
    """
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}{style}</style></head><body>'
        f'<header><div class="wrap"><h1>{escape(title)}</h1><p>{subtitle}</p></div></header>'
        f'<main class="wrap">{controls}<div id="live">{live}</div></main>'
        f"<script>{_SCRIPT}</script></body></html>"
    )


def chip(text: str, kind: str = "") -> str:
    """Return a coloured word; ``kind`` is ``good``, ``bad``, ``wait`` or nothing."""
    return f'<span class="chip {kind}">{escape(text)}</span>'


def table(headings: list[str], rows: list[str], empty: str) -> str:
    """Return a table, or a sentence when there is nothing; rows are HTML already.

    A heading that starts with ``#`` stands above numbers.
    """
    if not rows:
        return f'<div class="empty">{escape(empty)}</div>'
    head = "".join(
        f'<th class="num">{escape(name[1:])}</th>'
        if name[:1] == "#"
        else f"<th>{escape(name)}</th>"
        for name in headings
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def clock(when: float) -> str:
    """Return the time of day in UTC, with the date as a tooltip."""
    moment = time.gmtime(when)
    day = time.strftime("%Y-%m-%d", moment)
    return f'<span title="{day} UTC">{time.strftime("%H:%M:%S", moment)}</span>'


def interval(seconds: float | None) -> str:
    """Return a duration for people: ``0.4 s``, ``12 s``, ``5 min 2 s``, ``3 h 10 min``."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s"
    return f"{total // 3600} h {total % 3600 // 60} min"
