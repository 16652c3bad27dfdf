# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Algorithms of the clinical bridge in plain Python: no Odoo import, no database, no network."""
