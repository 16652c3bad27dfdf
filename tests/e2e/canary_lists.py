"""Lists of items and of stock, which are about no patient, and whose senders say what they like."""

from collections.abc import Iterator

from tests.e2e.canary_ward import Ward


class Lists:
    """Writes MFN M16 and M15. Their control ids are the numbers of reports, which counts keep."""

    def __init__(self, ward: Ward) -> None:
        self.ward, self.said = ward, ward.said

    def file(self, trigger: str, control: str, *entries: list[str], level: str = "NE") -> bytes:
        said = self.said
        rows = [segment for entry in entries for segment in (*entry, f"ZIT|{said['extra']}")]
        head = f"MFI|INV^{said['extra']}||UPD|||{level}"
        return self.ward.message(f"MFN^{trigger}", head, *rows, control=control)

    def item(self, number: str, *more: str, action: str = "MAD", stocked: str = "Y") -> list[str]:
        """An entry of an item master file; who buys it and who is asked is not read."""
        said = self.said
        itm = (
            f"ITM|{number}|Gauze {number}|A|||N||||||||{stocked}||||||||"
            f"{said['doctor']}^Eve|{said['note']}"
        )
        parts = more or ("PKG|1|EA||1",)
        return [f"MFE|{action}|R-{number}||{number}|CWE", itm, f"NTE|1||{said['note']}", *parts]

    def count(self, item: str, quantity: str, **more: str) -> list[str]:
        """An entry of an inventory file. ``more``: lot, expiry, place, at (when), unit."""
        return [
            f"MFE|MUP|C-{item}||{item}|CWE",
            f"IIM|{item}|{item}^{self.said['note']}|{more.get('lot', '')}|{more.get('expiry', '')}|"
            f"|{more.get('place', 'WARD-4W')}|||||{more.get('at', '')}|{quantity}"
            f"|{more.get('unit', 'EA')}",
        ]

    def wrong_items(self) -> Iterator[list[str]]:
        item, one = self.item, "PKG|1|EA||1"

        def wrong() -> str:
            return self.ward.wrong("an item")

        yield item("W-1", f"PKG|1|{wrong()}||1")
        yield item("W-2", one, f"PKG|2|BX||{wrong()}")
        yield item("W-3", f"PKG|1|EA||1||||{wrong()}")
        yield item("W-4", one, f"VND|1|{wrong()}^{self.said['note']}||X-1")
        yield item("W-5", one, f"IVT|1|{wrong()}" + "|" * 22 + "5|10")
        yield item("W-6", f"PKG|1|EA||1|1.5&{wrong()}", "VND|1|SUP1||X-1")
        yield item("W-7", stocked=wrong())
        yield item("W-8", action=wrong())

    def wrong_counts(self) -> Iterator[list[str]]:
        count = self.count

        def wrong() -> str:
            return self.ward.wrong("a report of stock")

        yield count(wrong(), "1")
        yield count("GLV", wrong())
        yield count("GLV", "1", unit=wrong())
        yield count("GLV", "1", place=wrong())
        yield count("GLV", "1", at=wrong())
        yield count("VIAL", "1", lot=wrong())
        yield count("VIAL", "1", lot="L1", expiry=wrong())
