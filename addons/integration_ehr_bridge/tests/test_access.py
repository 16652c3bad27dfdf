"""Rights on the models of this addon; the walks over all of them are in the core's tests."""

from odoo.addons.integration_core.tests.access_matrix import NOTHING, READ, ROLES

# Rights of each role, as in the core's matrix.
OBSERVED = (
    "integration.mllp.connection",
    "integration.mllp.listener",
    "integration.mllp.listener.port",
    "integration.mllp.refusal",
)
MATRIX = {OBSERVED: {role: NOTHING if role == "user" else READ for role in ROLES}}
# Who may call which method over RPC, as in the core's table.
MAY_CALL = {}
ARGUMENTS = {}
SAMPLES = {}
