"""Rights on rollups and heartbeats."""

from odoo.addons.integration_core.tests.access_matrix import NOTHING, READ, ROLES

SEEN = {role: NOTHING if role == "user" else READ for role in ROLES}
SWITCHED = {**SEEN, "administrator": "rw"}
MATRIX = {
    (
        "integration.rollup",
        "integration.rollup.mark",
        "integration.rollup.range",
        "integration.rollup.repeat",
        "integration.rollup.state",
    ): SEEN,
    (
        "integration.rollup.term",
        "integration.monitoring.term",
        "integration.heartbeat",
    ): SWITCHED,
}
