"""Rights on rollups and heartbeats."""

from odoo.addons.integration_core.tests.access_matrix import NOTHING, READ, ROLES

SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
MATRIX = {("integration.rollup", "integration.heartbeat"): SEEN}
MAY_CALL = {}
SAMPLES = {}
