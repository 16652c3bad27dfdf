"""Failures are grouped with each collection of the traffic: their own action did it once more."""

from odoo import SUPERUSER_ID, api

CRON = "integration_monitoring.ir_cron_error_groups"


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    cron = env.ref(CRON, raise_if_not_found=False)
    if cron:
        action = cron.ir_actions_server_id
        cron.unlink()
        action.unlink()
