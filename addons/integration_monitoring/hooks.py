from .engine import fast_loop, log_setup


def post_load():
    """Let each process log as odoo.conf says."""
    log_setup.install()


def uninstall_hook(env):
    """A job that waits would find nobody who knows what it is about."""
    env["queue.job"].search([("channel", "=", fast_loop.CHANNEL)]).unlink()
