"""One arm of hl7_parse in a process of its own: ``python -m tests.bench.hl7_arm ours SECONDS``.

It prints messages a second, and a checksum of what it read: both arms must have read the same.
"""

import sys
import time
from collections.abc import Callable

#: An admission of six segments, as a hospital sends it: empty fields, repetitions, an escape.
ADMISSION = "\r".join(
    (
        r"MSH|^~\&|ADT1|GOOD HEALTH HOSPITAL|ODOO|HUB|20260818112600||ADT^A01^ADT_A01|MSG1|P|2.5.1",
        r"EVN|A01|20260818112300||",
        r"PID|1||4711001^^^GHH^MR~123456789^^^SSA^SS||EVERYMAN^ADAM^A^III||19610615|M||C|2222 HOME "
        r"STREET^^GREENSBORO^NC^27401-1020|GL|(555) 555-2004|(555)555-2004||S||V12345^^^GHH^AN",
        r"NK1|1|NUCLEAR^NELDA^W|SPO^SPOUSE||||NK^NEXT OF KIN",
        r"PV1|1|I|2000^2012^01^GHH&1.2.3&ISO||||004777^ATTEND^AARON^A|||SUR||||ADM|A0||||V12345^^^GHH",
        r"IN1|1|P1|GHH01|Smith \T\ Sons Insurance|P.O. Box 7^^GREENSBORO^NC||||GRP-1||||20260101",
        "",
    )
).encode()
#: Messages between two looks at the clock.
_BATCH = 200


def ours() -> Callable[[], int]:
    """Reads a message and the plain text of every value; gives their number of characters."""
    from tests.unit.load_ehr import load

    parse = load("hl7.message").parse

    def read() -> int:
        size = 0
        for segment in parse(ADMISSION):
            for tree in segment.trees():
                for components in tree:
                    for component in components:
                        if type(component) is str:
                            size += len(component)
                        else:
                            size += sum(map(len, component))
        return size

    return read


def reference() -> Callable[[], int]:
    """The same by hl7 from PyPI, whose containers leave out levels of one item."""
    import hl7

    parse = hl7.parse

    def read() -> int:
        message = parse(ADMISSION, encoding="ascii")
        # Only the header's delimiters are not escaped.
        unescape, header, size = message.unescape, message[0], 0
        for segment in message:
            for number, field in enumerate(segment):
                for repetition in field:
                    if type(repetition) is str:
                        raw = segment is header and number < 3
                        size += len(repetition if raw else unescape(repetition))
                        continue
                    for component in repetition:
                        if type(component) is str:
                            size += len(unescape(component))
                        else:
                            size += sum(len(unescape(part)) for part in component)
        return size

    return read


def rate(read: Callable[[], int], seconds: float) -> float:
    """Messages a second of processor time, after a tenth of the time to warm up.

    Nothing is waited for here: what a busy neighbour takes is not counted against either arm.
    """
    for length in (seconds / 10, seconds):
        count, start = 0, time.process_time()
        while (passed := time.process_time() - start) < length:
            for _number in range(_BATCH):
                read()
            count += _BATCH
    return count / passed


def main(argv: list[str]) -> None:
    read = {"ours": ours, "reference": reference}[argv[0]]()
    print(rate(read, float(argv[1])), read())


if __name__ == "__main__":
    main(sys.argv[1:])
