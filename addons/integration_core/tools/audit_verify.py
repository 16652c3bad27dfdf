# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks a chain of sealed audit entries, link by link, and says what is wrong first.

Fed with seals in the order of their numbers, each with its entry; with the entries that have no
seal; and with the checkpoints that were kept outside the database. One broken place is one finding:
the links behind it are checked against what is stored, so that they do not all count as broken.

What times say is never a break: clocks are set back. It is a remark. The sentences are English and
marked for translation; whoever shows them translates them. Standard library only.
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .audit_chain import GENESIS, AuditKeys, Entry, Head, Seal, canonical, content_mac, seal_mac
from .audit_checkpoint import BadLine, Checkpoint, in_force

#: So many findings are kept with their place; the rest is only counted.
MAX_FINDINGS: Final = 100
# A seal that was moved is recognised when its place was not farther away.
_REACH: Final = 100
# Without a number in the chain: named after all that have one.
_LAST: Final = 1 << 62


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


#: What is wrong, by the code of a finding. Numbers count the sealed entries from 1.
FINDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "changed": _("Number %(sequence)s (entry %(entry)s) was changed after it was sealed."),
        "missing": _("Number %(sequence)s (entry %(entry)s) was deleted after it was sealed."),
        "gap": _("Numbers %(sequence)s to %(last)s are missing: entries were deleted with seals."),
        "reordered": _(
            "Number %(sequence)s (entry %(entry)s) was sealed as number %(was)s: "
            "the order was changed."
        ),
        "misplaced": _("Number %(sequence)s (entry %(entry)s) comes too late: the order is wrong."),
        "forged": _(
            "The seal of number %(sequence)s (entry %(entry)s) is not genuine: its MAC is wrong."
        ),
        "detached": _(
            "Number %(sequence)s (entry %(entry)s) was not sealed after the number before it: "
            "parts of two trails were joined."
        ),
        "unknown_key": _(
            "Number %(sequence)s (entry %(entry)s) was sealed with key “%(key)s”, which is not "
            "configured. Add it to audit_key again."
        ),
        "replaced": _(
            "Number %(sequence)s is not what checkpoint %(number)s of %(time)s tells of: "
            "the trail was replaced."
        ),
        "older": _(
            "The trail ends before number %(sequence)s and is older than checkpoint %(number)s of "
            "%(time)s, which tells of number %(recorded)s: its end was deleted, or an older "
            "database was restored."
        ),
        "lost": _("Entry %(entry)s was deleted before it was sealed."),
        "unsealed": _(
            "Entry %(entry)s has no seal and does not wait for one: it was inserted past the "
            "trigger, or its seal was deleted."
        ),
        "false_checkpoint": _("Line %(line)s of the checkpoint file is not genuine: %(why)s."),
    }
)

#: What a reader should know, by the code of a remark.
REMARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "waiting": _("Waiting to be sealed: %(count)s, the oldest since %(since)s."),
        "earlier": _(
            "Entries older than the first seal (%(since)s): %(count)s. That they have not changed "
            "is proven since then only."
        ),
        "clock": _(
            "The clock went backwards: %(count)s times, first at number %(sequence)s. Numbers show "
            "the order; times are as the clock was."
        ),
        "withheld": _(
            "Entries of companies that the exporting person does not see: %(count)s. Their seals "
            "were checked, not their content."
        ),
        "no_checkpoint": _(
            "No checkpoint was compared, so a deleted end of the trail would not be noticed."
        ),
        "checkpoints": _("Checkpoints that agree: %(count)s, the last of %(time)s."),
        "restart": _(
            "Somebody accepted the trail as it was with number %(sequence)s, after a restore "
            "(checkpoint %(number)s of %(time)s): earlier checkpoints do not count."
        ),
        "torn": _("Lines of the checkpoint file that are no checkpoints: %(count)s."),
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    :ivar code: a key of :data:`FINDINGS`
    :ivar sequence: the number in the chain, None when it has none
    :ivar values: what the sentence needs
    """

    code: str
    sequence: int | None
    entry_id: int | None
    values: Mapping[str, object]

    @property
    def sentence(self) -> str:
        return FINDINGS[self.code] % self.values

    @property
    def place(self) -> tuple[int, int]:
        """Findings are sorted by it."""
        return (_LAST if self.sequence is None else self.sequence, self.entry_id or _LAST)


@dataclass(frozen=True)
class Remark:
    """Something that is not wrong, but limits or explains what the result means."""

    code: str
    values: Mapping[str, object]

    @property
    def sentence(self) -> str:
        return REMARKS[self.code] % self.values


@dataclass(frozen=True)
class Report:
    """What a verification found.

    :ivar checked: seals that were looked at
    :ivar head: where the chain ends
    :ivar findings: sorted, the first broken place first; at most :data:`MAX_FINDINGS`
    :ivar count: how many findings there were
    :ivar digest: SHA-256 over all of them, kept or not: whether there is the same wrong as before
    """

    checked: int
    head: Head
    findings: tuple[Finding, ...]
    count: int
    remarks: tuple[Remark, ...]
    digest: str

    @property
    def intact(self) -> bool:
        return not self.count


@dataclass
class Verifier:
    """Checks a chain that it is fed with.

    :ivar keys: every key that was ever used
    :ivar start: the end of what was verified before; :data:`GENESIS` to check everything
    """

    keys: AuditKeys
    checkpoints: Iterable[Checkpoint | BadLine] = ()
    start: Head = GENESIS
    checked: int = 0
    count: int = 0
    _findings: list[Finding] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _first: dict[str, object] = field(default_factory=dict)
    # Off where the MAC before is not known to be the right one.
    _linked: bool = True
    _sealed_at: str = ""

    def __post_init__(self) -> None:
        self._head = self.start
        self._late: set[int] = set()
        self._digest = hashlib.sha256()
        self._to_compare: dict[int, list[Checkpoint]] = defaultdict(list)
        self._agreed: Checkpoint | None = None
        genuine = []
        for one in self.checkpoints:
            if isinstance(one, Checkpoint):
                genuine.append(one)
            elif one.torn:
                self._counts["torn"] += 1
            elif not self.count:  # one of them is enough to look into the file
                self._find("false_checkpoint", None, None, line=one.line, why=one.why)
        self._restarts = [one for one in genuine if one.kind == "restart"]
        for checkpoint in in_force(genuine):
            if checkpoint.sequence > self.start.sequence:
                self._to_compare[checkpoint.sequence].append(checkpoint)

    @property
    def head(self) -> Head:
        """The end of what was fed so far."""
        return self._head

    # -- feeding ---------------------------------------------------------------------------

    def seal(self, seal: Seal, entry: Entry | None, *, withheld: bool = False) -> None:
        """Check the next link.

        :param entry: None when there is no such entry
        :param withheld: the entry exists, but is not shown to whoever verifies
        """
        self.checked += 1
        expected = self._head.sequence + 1
        if seal.sequence < expected:
            self._late.add(seal.sequence)
            self._find("misplaced", seal.sequence, seal.entry_id)
            return
        if seal.sequence > expected:
            self._find("gap", expected, None, last=seal.sequence - 1)
            self._linked = False
        genuine = self._check_seal(seal)
        if genuine and not withheld:
            self._check_entry(seal, entry)
        self._compare(seal)
        self._look_at_times(seal, entry, withheld)
        self._head = seal.head
        self._linked = genuine

    def unsealed(self, entry_id: int, occurred_at: str, *, waiting: bool) -> None:
        """Tell of an entry without a seal.

        :param waiting: it is in the queue of the sealer
        """
        if not waiting:
            self._find("unsealed", None, entry_id)
            return
        self._counts["waiting"] += 1
        self._first["waiting"] = min(str(self._first.get("waiting", occurred_at)), occurred_at)

    def lost(self, entry_id: int) -> None:
        """Tell of an entry that waits to be sealed and is not there any more."""
        self._find("lost", None, entry_id)

    def finish(self) -> Report:
        """What was found. Nothing may be fed afterwards."""
        self._compare_rest()
        # A number that came later was out of order, not missing.
        found = [one for one in self._findings if not self._came_late(one)]
        return Report(
            checked=self.checked,
            head=self._head,
            findings=tuple(sorted(found, key=lambda one: one.place)),
            count=self.count - len(self._findings) + len(found),
            remarks=tuple(self._remarks()),
            digest=self._digest.hexdigest(),
        )

    def _came_late(self, finding: Finding) -> bool:
        return finding.code == "gap" and finding.sequence == finding.values["last"] in self._late

    # -- links -----------------------------------------------------------------------------

    def _check_seal(self, seal: Seal) -> bool:
        """Whether a seal is genuine and in its place."""
        if seal.key_id not in self.keys:
            self._find("unknown_key", seal.sequence, seal.entry_id, key=seal.key_id)
            return False
        if not _same(seal_mac(self.keys, seal), seal.mac):
            was = self._place_of(seal)
            if was is None:
                self._find("forged", seal.sequence, seal.entry_id)
            else:
                self._find("reordered", seal.sequence, seal.entry_id, was=was)
            return False
        if self._linked and not _same(seal.previous_mac, self._head.mac):
            self._find("detached", seal.sequence, seal.entry_id)
        return True

    def _place_of(self, seal: Seal) -> int | None:
        """The number for which the seal was made, if it is not far from where it is."""
        if len(self._findings) >= MAX_FINDINGS:
            return None
        for was in range(max(1, seal.sequence - _REACH), seal.sequence + _REACH + 1):
            if _same(seal_mac(self.keys, seal, sequence=was), seal.mac):
                return was
        return None

    def _check_entry(self, seal: Seal, entry: Entry | None) -> None:
        if entry is None:
            self._find("missing", seal.sequence, seal.entry_id)
        elif entry.get("id") != seal.entry_id or not _same(
            content_mac(self.keys, seal.key_id, entry), seal.content_mac
        ):
            self._find("changed", seal.sequence, seal.entry_id)

    # -- checkpoints -----------------------------------------------------------------------

    def _compare(self, seal: Seal) -> None:
        for checkpoint in self._to_compare.pop(seal.sequence, ()):
            if _same(checkpoint.mac, seal.mac):
                self._counts["checkpoints"] += 1
                self._agreed = checkpoint
            else:
                self._find(
                    "replaced",
                    seal.sequence,
                    seal.entry_id,
                    number=checkpoint.number,
                    time=checkpoint.time,
                )

    def _compare_rest(self) -> None:
        """Checkpoints that tell of numbers behind the end of the chain."""
        missed = [
            one
            for sequence, several in self._to_compare.items()
            for one in several
            if sequence > self._head.sequence
        ]
        if missed:
            newest = max(missed, key=lambda one: (one.sequence, one.number))
            self._find(
                "older",
                self._head.sequence + 1,
                None,
                number=newest.number,
                time=newest.time,
                recorded=newest.sequence,
            )

    # -- remarks ---------------------------------------------------------------------------

    def _look_at_times(self, seal: Seal, entry: Entry | None, withheld: bool) -> None:
        occurred_at = str((entry or {}).get("occurred_at") or "")
        if seal.sealed_at < max(self._sealed_at, occurred_at):
            self._counts["clock"] += 1
            self._first.setdefault("clock", seal.sequence)
        self._sealed_at = seal.sealed_at
        self._counts["withheld"] += withheld
        began = str(self._first.setdefault("sealed", seal.sealed_at))
        if self.start == GENESIS and "" < occurred_at < began:
            self._counts["earlier"] += 1

    def _remarks(self) -> Iterable[Remark]:
        counts, first = self._counts, self._first
        if counts["waiting"]:
            yield Remark("waiting", {"count": counts["waiting"], "since": first["waiting"]})
        if counts["earlier"]:
            yield Remark("earlier", {"count": counts["earlier"], "since": first["sealed"]})
        if counts["clock"]:
            yield Remark("clock", {"count": counts["clock"], "sequence": first["clock"]})
        for code in ("withheld", "torn"):
            if counts[code]:
                yield Remark(code, {"count": counts[code]})
        for one in self._restarts:
            yield Remark(
                "restart", {"sequence": one.sequence, "number": one.number, "time": one.time}
            )
        if self._agreed:
            values = {"count": counts["checkpoints"], "time": self._agreed.time}
            yield Remark("checkpoints", values)
        elif not any(one.code in ("older", "replaced") for one in self._findings):
            yield Remark("no_checkpoint", {})

    def _find(
        self, code: str, sequence: int | None, entry_id: int | None, **values: object
    ) -> None:
        self.count += 1
        named = {"sequence": sequence, "entry": entry_id, **values}
        self._digest.update(canonical({"code": code, **named}).encode() + b"\n")
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(Finding(code, sequence, entry_id, named))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
