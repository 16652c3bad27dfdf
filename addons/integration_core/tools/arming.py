# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether this database, on this server, is the one whose traffic was released.

Traffic is released for one :class:`Identity`. A copy differs from it in at least one part:

======================================  ====================================================
what was done                           what gives it away
======================================  ====================================================
Odoo's duplicate or restore             a new ``database.uuid``
``createdb -T``, ``pg_restore``         another number (``pg_database.oid``)
dump restored on another server         the cluster's system identifier as well
renamed                                 the name alone
base backup, snapshot of a disk         nothing inside the database; the environment of the Odoo
                                        server, and the file that it lacks or that is newer
promoted standby                        nothing: it is the same database, and goes on
======================================  ====================================================

What lies outside the database (:class:`Outside`) also tells an older state: a number that both
sides count up together is higher outside when the database was set back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

#: So many marks the file may be ahead of a transaction that began before the last one.
SLACK = 1


class Cause(StrEnum):
    """Why traffic is held. Values are what the database stores and what screens translate."""

    NEVER = "never"  #: nothing was ever released in this database
    NEUTRALIZED = "neutralized"  #: ``odoo neutralize`` made a test copy of it
    DISARMED = "disarmed"  #: an administrator held everything
    OLDER = "older"  #: restored from a backup: an older state than the one outside
    COPY = "copy"  #: another database than the released one
    RENAMED = "renamed"  #: the released one under another name
    ENVIRONMENT = "environment"  #: the server says that it is another environment
    NO_FILE = "no_file"  #: the server lacks the file that was written along
    OTHER_FILE = "other_file"  #: the file belongs to another release of traffic


@dataclass(frozen=True)
class Identity:
    """What a database and its server are. Texts; empty when unknown.

    :ivar database_uuid: Odoo's ``database.uuid``
    :ivar database_name: as PostgreSQL has it
    :ivar database_oid: number of the database in its cluster
    :ivar system_identifier: of the PostgreSQL cluster, the same on its standbys
    :ivar environment: as the Odoo server is configured
    """

    database_uuid: str
    database_name: str
    database_oid: str
    system_identifier: str
    environment: str


@dataclass(frozen=True)
class Outside:
    """What lies outside the database.

    :ivar kept: False when the server is configured to keep nothing outside
    :ivar token: random, made when traffic was released; empty when there is no file
    :ivar mark: number that counts up with that of the database
    :ivar at: when it was written
    :ivar before: tokens of earlier releases of the same database, the latest first
    """

    kept: bool = True
    token: str = ""
    mark: int = 0
    at: datetime | None = None
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Released:
    """What the database remembers of the release of its traffic.

    :ivar held_because: a :class:`Cause` set by a person or by neutralization; empty: released
    """

    identity: Identity
    token: str
    mark: int
    mark_at: datetime | None
    held_because: str = ""


@dataclass(frozen=True)
class Difference:
    """A part of the identity that is not what it was."""

    name: str
    released: str
    present: str


@dataclass(frozen=True)
class Verdict:
    """Whether traffic is held, why, and what differs.

    :ivar backup_at: the state of the database is about this old, if it was set back
    """

    cause: Cause | None
    differences: tuple[Difference, ...] = ()
    backup_at: datetime | None = None

    @property
    def held(self) -> bool:
        return self.cause is not None


def differences(released: Identity, present: Identity) -> tuple[Difference, ...]:
    """What differs. A part that was known and is unknown now differs, too: that fails closed.

    What was unknown then proves nothing, so it is not compared.
    """
    now = asdict(present)
    return tuple(
        Difference(name, then, now[name])
        for name, then in asdict(released).items()
        if then != now[name] and (then or name == "environment")
    )


def judge(released: Released | None, present: Identity, outside: Outside) -> Verdict:
    """Decide whether traffic may flow."""
    if released is None:
        return Verdict(Cause.NEVER)
    found = differences(released.identity, present)
    # What is the same database otherwise may be read from a snapshot that is one mark old.
    slack = 0 if found else SLACK
    ahead = outside.token == released.token and outside.mark > released.mark + slack
    # Released again since: the backup is older than that. Without a mark it was never outside.
    again = bool(released.mark) and released.token in outside.before
    older = outside.kept and (ahead or again)
    backup_at = released.mark_at if older else None
    if released.held_because:
        return Verdict(Cause(released.held_because), found, backup_at)
    if older:
        return Verdict(Cause.OLDER, found, backup_at)
    if found:
        return Verdict(_cause({one.name for one in found}), found)
    # The file is written before the first mark is counted, so from then on it must be there.
    if outside.kept and released.mark and outside.token != released.token:
        return Verdict(Cause.OTHER_FILE if outside.token else Cause.NO_FILE)
    return Verdict(None)


def _cause(names: set[str]) -> Cause:
    if names & {"database_uuid", "database_oid", "system_identifier"}:
        return Cause.COPY
    return Cause.RENAMED if "database_name" in names else Cause.ENVIRONMENT


def same_database(found: Sequence[Difference]) -> bool:
    """Whether the differences leave no doubt that this is the released database itself."""
    return not {one.name for one in found} & {
        "database_uuid",
        "database_oid",
        "system_identifier",
    }
