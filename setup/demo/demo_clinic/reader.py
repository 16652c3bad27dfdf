"""The clinic as a reader: places and items of the main store, and how far orders are."""

import logging
from collections.abc import Iterator
from typing import Any, Final

import requests

from .door import TIMEOUTS
from .records import Resource

#: Looks after which places and items are read again.
LISTS_EVERY: Final = 30
PAGES: Final = 200
_LOGGER = logging.getLogger(__name__)


class Reader:
    """What was read, and how far.

    :param url: base address of what Odoo shows
    :param state: of a former :meth:`state`
    """

    def __init__(self, url: str, proof: tuple[str, str], state: dict[str, Any]) -> None:
        self.problem = ""
        self.counts: dict[str, int] = state.get("counts", {})
        self.orders: dict[str, list[str]] = state.get("orders", {})
        self._since: str = state.get("since", "")
        self._looks = 0
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = proof
        self._session.headers["Accept"] = "application/fhir+json"

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {"counts": self.counts, "orders": self.orders, "since": self._since}

    def look(self) -> None:
        """Read what has changed. What goes wrong is told once, and tried again at the next look."""
        try:
            if self._looks % LISTS_EVERY == 0:
                self._read_lists()
            self._read_orders()
        except (requests.RequestException, ValueError, LookupError) as problem:
            text = str(problem) if isinstance(problem, Unreadable) else type(problem).__name__
            if text != self.problem:
                _LOGGER.warning("reading from Odoo: %s", text)
            self.problem = text
            return
        self.problem = ""
        self._looks += 1

    def _read_lists(self) -> None:
        shown = {one["type"] for one in self._get("metadata")["rest"][0].get("resource", ())}
        for kind in ("Location", "DeviceDefinition"):
            if kind in shown:
                pages = self._pages(f"{kind}?_count=100")
                self.counts[kind] = sum(len(page.get("entry", ())) for page in pages)
        _LOGGER.info("read from Odoo: %s", self.counts or "nothing is shown")

    def _read_orders(self) -> None:
        """Orders that changed since the last look, as :rfc:`9110` clocks play no part in it."""
        since = f"&_lastUpdated=gt{self._since}" if self._since else ""
        until = ""
        for page in self._pages(f"SupplyRequest?_sort=_lastUpdated&_count=100{since}"):
            until = page["meta"]["lastUpdated"]
            for entry in page.get("entry", ()):
                self._note(entry["resource"])
        self._since = until or self._since

    def _note(self, order: Resource) -> None:
        number = (order.get("identifier") or [{}])[0].get("value", "")
        item = order.get("itemCodeableConcept", {})
        coding = (item.get("coding") or [{}])[0]
        text = item.get("text") or coding.get("display") or coding.get("code", "")
        before = self.orders.get(order["id"], ["", "", ""])[2]
        if before != order["status"]:
            _LOGGER.info("order %s: %s", number, order["status"])
        self.orders.pop(order["id"], None)  # those that changed last stand at the end
        self.orders[order["id"]] = [str(number), str(text), str(order["status"])]

    def _pages(self, search: str) -> Iterator[Resource]:
        path = search
        for _number in range(PAGES):
            page = self._get(path)
            yield page
            links = {link["relation"]: link["url"] for link in page.get("link", ())}
            if "next" not in links:
                return
            # Odoo names the host by which its people know it, which may not be ours.
            kind = search.partition("?")[0]
            path = f"{kind}?{links['next'].partition('?')[2]}"

    def _get(self, path: str) -> Resource:
        answer = self._session.get(f"{self._url}/{path}", timeout=TIMEOUTS)
        if answer.status_code != 200:
            raise Unreadable(f"{path.partition('?')[0]} is answered with {answer.status_code}")
        found: Resource = answer.json()
        return found

    def close(self) -> None:
        """End the connection."""
        self._session.close()


class Unreadable(ValueError):
    """Odoo does not show something."""
