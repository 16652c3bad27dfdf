"""What time does to incidents: quiet ones end, unattended ones go up, windows and causes end."""

from __future__ import annotations

from dataclasses import replace

from ..tools import incidents, telling
from ..tools.causes import Subject
from ..tools.incident_states import Act, after
from .incident_book import Book
from .incident_case import Case
from .rollup_rows import moment


def go(book: Book) -> None:
    """Look at every incident once; to be done each minute."""
    for case in list(book.cases.values()):
        if case.node.kind is not Subject.INTERFACE and book.over(case):
            for effect in list(book.effects.values()):
                if effect.incident_id == case.record:
                    book.promote(effect)
    for case in list(book.cases.values()):
        if not _settled(book, case):
            if telling.lapsed(case.standing, book.now):
                book.reopen(case, "lasts")
            book.tell(case)


def _settled(book: Book, case: Case) -> bool:
    """End an incident that has been quiet for long enough."""
    left, notice = incidents.settle(case.incident, book.now)
    if left is not None or notice is None:
        return False
    state = after(case.standing.state, Act.CLOSE)
    case.became(case.incident)
    case.standing = replace(case.standing, state=state)
    case.record.closed_at = moment(notice.at)
    case.record._note("closed", at=notice.at)
    book.tell(case)
    case.record._closed()
    case.save()
    del book.cases[case.node]
    return True
