# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""HL7 v2 as a format of received bodies, beside the core's JSON."""

import re
from typing import Any, Final

from odoo.addons.integration_core.tools.codecs import Format

from . import document, master_file, message
from .charsets import ASCII
from .errors import Hl7Error
from .fingerprint import fingerprint

_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_.:/-]+)""", re.IGNORECASE)


def read(raw: bytes, content_type: str = "") -> dict[str, Any]:
    """The JSON form of a message (:mod:`.document`).

    :param content_type: the header as it came; its charset counts where MSH-18 says nothing
    :raises Hl7Error: it cannot be read.
    """
    found = _CHARSET.search(content_type)
    return document.view(message.parse(raw, charset=found[1] if found else ASCII))


def identity(raw: bytes) -> bytes:
    """What a repetition has in common with a message: all of it but the time when it was sent.

    What cannot be read is only repeated by the same bytes.
    """
    try:
        return fingerprint(message.parse(raw)).encode()
    except Hl7Error:
        return raw


#: HL7 over HTTP, by its usual names.
HL7: Final = Format(
    ("application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7"),
    read,
    identity=identity,
    parts=master_file.parts,
)
