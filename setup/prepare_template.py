"""Run by ``odoo shell`` in the template of tests: what each test would do for itself, done once.

The files that the pages of the web client load: Odoo makes them when the first page asks, eight
seconds of work, and keeps them in the database. Each browser test would do so again, because its
transaction is undone at its end.

And the password of the administrator, as it was, in a form that takes no half a second to check:
nobody guesses the passwords of databases that live for seconds.
"""

from odoo.addons.base.models import res_users

# Bundles, by the kind of what is made of them.
SCRIPTS = (
    *("web.assets_web", "web.assets_tests", "web.assets_emoji"),
    *("web.assets_frontend_minimal", "web.assets_frontend_lazy", "bus.websocket_worker_assets"),
)
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_frontend")


def prepare(env):
    """Make what is missing, and commit."""
    pages = env["ir.qweb"]
    for bundle in SCRIPTS:
        pages._get_asset_bundle(bundle, css=False, js=True).js()
    for bundle in STYLES:
        pages._get_asset_bundle(bundle, css=True, js=False).css()
    res_users.MIN_ROUNDS = 1
    admin = env.ref("base.user_admin")
    # Not by writing it: that would tell the administrator in a mail.
    admin._set_encrypted_password(admin.id, admin._crypt_context().hash("admin"))
    env.cr.commit()


if __name__ == "__main__":
    prepare(env)  # noqa: F821 - the shell's
