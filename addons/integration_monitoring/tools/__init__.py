# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Algorithms of monitoring: typed Python without an Odoo import.

Import the module that you need (``from odoo.addons.integration_monitoring.tools import rollup``):
this package imports nothing, so that a caller pays only for what it uses.
"""
