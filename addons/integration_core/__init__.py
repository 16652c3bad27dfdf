from . import controllers, engine, mixins, models, wizards
from .engine import audit_triggers, intake_function, intake_many


def uninstall_hook(env):
    """Remove what Odoo does not know of."""
    intake_function.drop(env.cr)
    intake_many.drop(env.cr)
    audit_triggers.drop(env.cr)
