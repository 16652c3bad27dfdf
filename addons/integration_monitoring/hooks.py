from .engine import log_setup


def post_load():
    """Let each process log as odoo.conf says."""
    log_setup.install()
