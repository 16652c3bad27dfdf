"""Rights on what the screens ask for."""

from odoo.addons.integration_core.tests.access_matrix import ROLES

_READERS = set(ROLES) - {"user"}
MAY_CALL = {
    "integration.overview": {
        "load_overview": _READERS,
        "load_interface": _READERS,
        "load_system": _READERS,
    },
    "integration.trace": {"find": _READERS, "case": _READERS},
}
