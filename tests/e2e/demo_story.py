"""What tests ask of a database with the demo data, and do in it."""

ALL_STATES = """
from odoo.addons.integration_core.tools.states import State
result = [str(state) for state in State]
"""
DRAIN_ALL = """
for lane in env["integration.lane"].search([]):
    lane._drain()
env["integration.lane"]._cron_watchdog()
"""
# Somebody of the story, by the login; the lines that follow act with that person's rights.
ACTING = """
person = env["res.users"].search([("login", "=", login)])
env = env(user=person.id)
"""
STATES = "SELECT uuid, state, held_reason FROM integration_message ORDER BY uuid"
