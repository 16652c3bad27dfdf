"""Run by ``odoo shell``: makes the files that the pages of the web client load.

Odoo makes them when the first page asks, eight seconds of work, and keeps them in the database.
Each browser test would do so again, because its transaction is undone at its end.
"""

# Bundles, by the kind of what is made of them.
SCRIPTS = (
    *("web.assets_web", "web.assets_tests"),
    *("web.assets_frontend_minimal", "web.assets_frontend_lazy"),
)
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_frontend")


def prepare(env):
    """Make what is missing, and commit."""
    pages = env["ir.qweb"]
    for bundle in SCRIPTS:
        pages._get_asset_bundle(bundle, css=False, js=True).js()
    for bundle in STYLES:
        pages._get_asset_bundle(bundle, css=True, js=False).css()
    env.cr.commit()


if __name__ == "__main__":
    prepare(env)  # noqa: F821 - the shell's
