"""Webhook algorithms in plain Python: no Odoo import, no database, no network."""
