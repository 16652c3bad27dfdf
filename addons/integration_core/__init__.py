from . import controllers, engine, models
from .engine import intake_function


def uninstall_hook(env):
    """Remove what Odoo does not know of."""
    intake_function.drop(env.cr)
