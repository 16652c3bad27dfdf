"""Screens of monitoring that are open while something happens: a real browser, a real websocket."""

import time

import pytest

from tests.e2e.conftest import Suite
from tests.harness import wait_until
from tests.harness.browser import Browser, browser, is_there

# One process: with several, a browser would need a reverse proxy for its websocket.
SERVER = {"workers": 0}

#: Seconds after which an open screen would load anew by itself.
POLLS = 30
INCIDENTS = ".o_im_tile:has(h2):has(.o_im_count[aria-label*='incidents']) .o_im_value"
OPEN_INCIDENT = """
now = fields.Datetime.now()
env["integration.incident"].create(
    {"subject": "suite", "subject_ref": 0, "severity": "1", "signals": {"retention": 0},
     "findings": {}, "started_at": now, "detected_at": now})
result = env["integration.overview"]._changed()
"""


def shown(page: Browser) -> str | None:
    """How many incidents the page says are open."""
    return page.evaluate(f'document.querySelector("{INCIDENTS}")?.textContent')


@pytest.mark.skipif(not is_there(), reason="there is no browser on this machine")
def test_an_open_overview_shows_what_has_changed(suite: Suite) -> None:
    with browser() as page, suite.database.shell() as shell:
        page.enter(suite.admin)
        page.command("Page.navigate", url=f"{suite.server.url}/odoo/integration-overview")
        wait_until(lambda: shown(page) == "0", 90, what="the overview")
        loaded = time.monotonic()
        # The websocket is connected some moments after the page is there.
        wait_until(
            lambda: page.evaluate(
                "odoo.__WOWL_DEBUG__.root.env.services.bus_service.workerState === 'CONNECTED'"
            ),
            15,
            what="the websocket",
        )
        assert shell.run(f"from odoo import fields\n{OPEN_INCIDENT}")
        wait_until(lambda: shown(page) == "1", 15, poll=0.2, what="the incident on the screen")
        assert time.monotonic() - loaded < POLLS, "too late to tell it from the regular look"
        assert not page.errors
