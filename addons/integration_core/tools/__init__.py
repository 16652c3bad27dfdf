# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Algorithms of the integration suite: typed Python without an Odoo import.

Models store data and check rights; what can be decided without a database is decided
here, where it can be tested without one. Import the module that you need
(``from odoo.addons.integration_core.tools import states``): this package imports nothing,
so that a caller pays only for what it uses.
"""
