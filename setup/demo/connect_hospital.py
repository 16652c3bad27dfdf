"""Makes the demo's clinical interface live; run by ``odoo shell``. Running it again does no harm.

odoo shell -c odoo.conf -d suite_demo < setup/demo/connect_hospital.py
"""


def connect(env):
    """Activate the feed. Its key ring is that of odoo.conf; it has no secret of its own."""
    feed = env.ref("integration_ehr_bridge.interface_ehr_feed")
    if feed.state != "draft":
        return f"the feed is {feed.state} already"
    # The demo data was loaded under another name of the database: this one is no copy of it.
    env["integration.arming"]._remember("Demo of this machine")
    feed.action_submit()
    feed.action_approve()
    feed.action_activate()
    return "connected"


def main(env):
    print(connect(env))
    env.cr.commit()


main(env)  # noqa: F821 (the shell provides env)
