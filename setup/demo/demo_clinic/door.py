"""The clinic's way to Odoo: a Bundle is posted until it is answered."""

import json
import logging
import threading
from dataclasses import dataclass
from typing import Final

import requests

from .records import Resource

TIMEOUTS: Final = (3.0, 20.0)
PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
#: Statuses that ask for a repetition.
AGAIN: Final = frozenset({408, 425, 429})
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What Odoo says of a Bundle: the status, and the first reason that it gives."""

    status: int
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


class Stopped(Exception):
    """The clinic closes while a Bundle waits for its answer."""


class Door:
    """Where Bundles are posted.

    :param proof: login and password
    :param stopping: ends all waiting
    """

    def __init__(self, url: str, proof: tuple[str, str], stopping: threading.Event) -> None:
        self.repeated = 0
        self._url = url
        self._stopping = stopping
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = proof
        self._session.headers["Content-Type"] = "application/fhir+json; charset=utf-8"

    def post(self, bundle: Resource) -> Answer:
        """Post a Bundle and return the answer, however long it takes. A refusal is an answer.

        :raises Stopped: the clinic closes meanwhile
        """
        body = json.dumps(bundle).encode()
        for attempt in range(1_000_000):
            if self._stopping.is_set():
                break
            problem = "busy"
            try:
                answer = self._session.post(self._url, data=body, timeout=TIMEOUTS)
                if answer.status_code < 500 and answer.status_code not in AGAIN:
                    return Answer(answer.status_code, _reason(answer))
                problem = f"status {answer.status_code}"
            except requests.RequestException as error:
                problem = type(error).__name__
            if not attempt:
                _LOGGER.info("no answer from Odoo (%s), trying again", problem)
            self.repeated += 1
            self._stopping.wait(PAUSES[min(attempt, len(PAUSES) - 1)])
        raise Stopped

    def close(self) -> None:
        """End the connection."""
        self._session.close()


def _reason(answer: requests.Response) -> str:
    """The first sentence of an OperationOutcome; nothing of any other answer."""
    if answer.ok:
        return ""
    try:
        issue = answer.json()["issue"][0]
        text = issue.get("diagnostics") or issue.get("details", {}).get("text") or issue["code"]
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return str(text)[:300]
