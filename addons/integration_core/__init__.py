from . import controllers, engine, mixins, models, wizards
from .engine import intake_function


def uninstall_hook(env):
    """Remove what Odoo does not know of."""
    intake_function.drop(env.cr)
    env["integration.audit.entry"]._drop_trigger()
