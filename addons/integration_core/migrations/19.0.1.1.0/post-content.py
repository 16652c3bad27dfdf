"""Confidential content was stored in clear before: a cron encrypts it in batches."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    api.Environment(cr, SUPERUSER_ID, {})["integration.content.sweep"]._request()
