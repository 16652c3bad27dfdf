"""What became of the entries of a master file, for the answer that names each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from odoo.sql_db import BaseCursor

from ..tools.hl7 import master_file
from ..tools.hl7.acknowledgement import Detail
from ..tools.hl7.master_file import Entry
from ..tools.hl7.message import Message
from ..tools.mllp import reception

DONE = ("done", "filtered")
FAILED = ("quarantined", "dead", "cancelled")


@dataclass(frozen=True)
class Rows:
    """The entries of a file that was taken apart.

    :ivar open: whether some of them are under way
    :ivar found: state, error code and error of each, in the order of the file
    """

    open: bool
    found: Sequence[tuple[str, str, str]] = ()

    def answer(
        self, message: Message, now: datetime, detail: Callable[[str, str], Detail]
    ) -> bytes | None:
        """The answer with a segment for each entry; None if the sender wants none.

        :param detail: what an error code and its text are called in an answer
        """
        entries = [
            Entry() if state in DONE else Entry(detail(code, text))
            for state, code, text in self.found
        ]
        made = master_file.answer(message, entries, control_id=reception.new_id(), now=now)
        return made.encode() if made else None


def of_file(cr: BaseCursor, uuid: str, message: Message | None) -> Rows | None:
    """The entries of a file whose sender wants to hear of each; None of any other message.

    :param uuid: of the message that brought it, which was taken apart
    :param message: its content
    """
    if message is None or not master_file.wants_rows(message):
        return None
    scope = """
          FROM integration_message whole
          JOIN integration_message m ON m.correlation_id = whole.correlation_id
           AND m.causation_id = whole.uuid AND m.original_id IS NULL
         WHERE whole.uuid = %s AND m.direction = 'inbound'"""
    cr.execute(
        f"SELECT EXISTS (SELECT {scope} AND m.state <> ALL(%s))",
        [uuid, [*DONE, *FAILED]],
    )
    if cr.fetchone()[0]:
        return Rows(open=True)
    cr.execute(
        "SELECT m.state, coalesce(m.error_code, ''), coalesce(m.error_message, '')"
        f"{scope} ORDER BY m.id",
        [uuid],
    )
    return Rows(open=False, found=cr.fetchall())
