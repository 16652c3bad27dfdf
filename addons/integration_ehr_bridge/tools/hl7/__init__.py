# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""HL7 v2: messages as bytes, fields and JSON, their acknowledgements, and their framing.

Import the module that you need; this package imports nothing:

* :mod:`.message` reads, changes and writes messages, :mod:`.batch` files of them;
* :mod:`.header` and :mod:`.timestamps` read what every message has;
* :mod:`.acknowledgement` answers them, :mod:`.fingerprint` recognises a repetition;
* :mod:`.document` is the JSON form that mappings and contracts work with;
* :mod:`.mllp` frames them on a connection.

Chapters cited are those of the HL7 Messaging Standard, version 2.5.1, where nothing else is said.
"""
