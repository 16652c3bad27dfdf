from . import controllers, mixins, models, wizards
from .hooks import post_load, uninstall_hook
