"""The records of the clinic: the newest version of each FHIR resource, and when it was made."""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Resource = dict[str, Any]


def instant(milliseconds: int) -> str:
    """A moment (milliseconds since 1970) as FHIR writes it.

    >>> instant(1_796_000_000_250)
    '2026-11-30T00:53:20.250Z'
    """
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """A moment as FHIR writes it.

    :raises ValueError: it is none, or it has no offset
    """
    found = datetime.fromisoformat(text.replace(" ", "+"))
    if found.tzinfo is None:
        raise ValueError("a moment without an offset")
    return found


class Records:
    """Resources by their name. No two changes have the same moment."""

    def __init__(self) -> None:
        self._found: dict[str, Resource] = {}
        self._last = 0

    def put(self, resource: Resource, now: float) -> Resource:
        """Keep a resource as its newest version, and return that.

        :param now: seconds since 1970
        """
        name = f"{resource['resourceType']}/{resource['id']}"
        version = int(self._found[name]["meta"]["versionId"]) + 1 if name in self._found else 1
        self._last = max(self._last + 1, int(now * 1000))
        kept = copy.deepcopy(resource)
        kept["meta"] = {"versionId": str(version), "lastUpdated": instant(self._last)}
        self._found[name] = kept
        return copy.deepcopy(kept)

    def get(self, name: str) -> Resource | None:
        """A resource by its name, such as ``Patient/7``."""
        return copy.deepcopy(self._found.get(name))

    def drop(self, names: Iterable[str]) -> None:
        """Forget what nobody will ask for any more."""
        for name in names:
            self._found.pop(name, None)

    def of_type(self, kind: str) -> list[Resource]:
        """All of a type, in the order of their last change."""
        found = [one for one in self._found.values() if one["resourceType"] == kind]
        return copy.deepcopy(sorted(found, key=lambda one: str(one["meta"]["lastUpdated"])))

    def state(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {"found": self._found, "last": self._last}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Records":
        """The records of a :meth:`state`."""
        records = cls()
        records._found, records._last = state["found"], state["last"]
        return records
