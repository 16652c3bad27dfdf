# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The MLLP listener, as far as it needs neither Odoo nor a database.

* :mod:`.reception` decides what a frame is and how it is answered, :mod:`.answers` writes that;
* :mod:`.door` says what one port is to do, :mod:`.listener` opens it, :mod:`.connection` serves
  one peer, :mod:`.tls` proves both sides;
* :mod:`.committer` stores what all connections delivered in common transactions;
* :mod:`.counters` counts what operators see.
"""
