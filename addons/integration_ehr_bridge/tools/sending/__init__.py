# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sending HL7 v2: the address, the header that is ours to fill, the connection, the answers.

Import the module that you need; this package imports nothing.
"""
