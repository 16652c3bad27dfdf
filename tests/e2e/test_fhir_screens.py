"""Screens of FHIR in a real browser: a connection is tested, a search polled and read again."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EAGER, Suite
from tests.e2e.fhir_peers import SmartServer, Trust
from tests.e2e.fhir_world import Hospital
from tests.harness import wait_until
from tests.harness.browser import Browser, browser, is_there

SERVER = {"workers": 0, "integration": EAGER}
CAPABLE = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "software": {"name": "Ward EHR", "version": "7"},
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": "Basic",
                    "interaction": [{"code": "search-type"}],
                    "searchParam": [{"name": "_lastUpdated", "type": "date"}],
                }
            ],
        }
    ],
}
FOUND = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [
        {
            "resource": {
                "resourceType": "Basic",
                "id": "1",
                "meta": {"versionId": "1", "lastUpdated": "2026-11-30T03:00:00Z"},
            }
        }
    ],
}


def answer(_method: str, path: str, _body: bytes) -> tuple[int, Any, dict[str, str]]:
    return 200, CAPABLE if path.endswith("/metadata") else FOUND, {}


def click(page: Browser, selector: str) -> None:
    """Press the first visible element of a selector, once it is there."""
    wait_until(
        lambda: page.evaluate(
            f"(() => {{ const found = [...document.querySelectorAll({selector!r})]"
            ".find((one) => one.offsetParent !== null); found?.click(); return !!found; })()"
        ),
        60,
        what=selector,
    )


def wait_text(page: Browser, *texts: str) -> None:
    for text in texts:
        wait_until(
            lambda text=text: page.evaluate(f"document.body.innerText.includes({text!r})"),
            60,
            what=f"“{text}” on the screen",
        )


def look(page: Browser, name: str) -> None:
    """Keep a picture where ``LOOKS`` names a folder."""
    folder = os.environ.get("LOOKS")
    if folder:
        page.screenshot(Path(folder) / f"{name}.png")


@pytest.mark.skipif(not is_there(), reason="there is no browser on this machine")
def test_a_connection_is_tested_and_a_search_read_again(suite: Suite, tmp_path: Path) -> None:
    hospital = Hospital.of(suite, Trust(tmp_path))
    with SmartServer(hospital.trust) as smart, browser(1366, 900) as page:
        smart.answer = answer
        credential = hospital.key_pair(smart.token_url, smart.CLIENT)
        source = hospital.outbound(smart.url, credential, fhir_purpose="read")
        smart.keys_url = hospital.keys_url(source)
        suite.office.activate(source)
        user = suite.office.buyer("polls")
        interface = hospital.polling(source, "Basic", user, fhir_poll_seconds=3600)
        page.enter(suite.admin)
        page.open(f"{suite.server.url}/odoo/integration-interfaces/{source}")
        click(page, "a[name='fhir_outbound']")
        look(page, "server")
        click(page, "button[name='action_test_fhir_connection']")
        wait_text(page, "4.0.1", "Ward EHR 7", "The token address gave us a token.", "Search")
        wait_text(page, "The server answers, and says that it can do all")
        look(page, "connection")
        page.open(f"{suite.server.url}/odoo/integration-interfaces/{interface}")
        click(page, "a[name='fhir_poll']")
        wait_text(page, "Read up to")
        click(page, "button[name='action_poll_now']")
        wait_text(page, "The server is asked.")
        look(page, "polling")
        click(page, "button[name='action_ask_read_again']")
        wait_text(page, "What is stored already is recognised by its version")
        look(page, "read_again")
        page.open(f"{suite.server.url}/odoo/fhir-polling")
        wait_text(page, "Basic")
        look(page, "polls")
        assert not page.errors
    assert not smart.refusals
