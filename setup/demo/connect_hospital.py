"""Makes the demo's clinical interface live; run by ``odoo shell``. Running it again does no harm.

odoo shell -c odoo.conf -d suite_demo < setup/demo/connect_hospital.py
"""

FEED = "integration_ehr_bridge.interface_ehr_feed"
ROUTING = "integration_ehr_supply.routing_demo_hospital"


def connect(env):
    """Activate the feed. Its key ring is that of odoo.conf; it has no secret of its own."""
    feed, routing = env.ref(FEED), env.ref(ROUTING, raise_if_not_found=False)
    if routing and routing.state == "draft":
        # Demo data of an earlier version knew less of the hospital.
        env["integration.demo"]._load_ehr_hospital()
        env["integration.demo"]._load_ehr_hospital_charges()
        routing.action_submit()
        routing.action_approve()
    if feed.state == "draft":
        # The demo data was loaded under another name of the database: this one is no copy of it.
        env["integration.arming"]._remember("Demo of this machine")
        feed.action_submit()
        feed.action_approve()
        feed.action_activate()
        return "connected"
    if routing and feed.state == "active" and feed.routing_id != routing:
        return propose(env, feed, routing)
    return f"the feed is {feed.state} already"


def propose(env, feed, routing):
    """Let a feed that is live bring what the hospital has learned to tell."""
    revision = env["integration.revision"]._propose(feed)
    revision.proposal_id.routing_id = routing
    revision.summary = "The hospital tells of supply and charges as well."
    revision.action_submit()
    revision.action_approve()
    return "connected anew"


def main(env):
    print(connect(env))
    env.cr.commit()


main(env)  # noqa: F821 (the shell provides env)
