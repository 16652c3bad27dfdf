"""Connects the demo data of a database with the demo partners; run by ``odoo shell``.

The secrets are made on this machine and live in the partners' configuration file (mode 0600);
nothing secret is part of the demo data. Running it again does no harm.

    DEMO_CONFIG=…/partners.json odoo shell -c odoo.conf -d suite_demo < setup/demo/connect.py
"""

import json
import os
from pathlib import Path

ADDON = "integration_procurement"


def record(env, name):
    return env.ref(f"{ADDON}.{name}")


def connect(env, config):
    """Enter the secrets, activate the three live interfaces, confirm two orders."""
    outbound = record(env, "interface_medsupply_orders")
    inbound = record(env, "interface_medsupply_confirmations")
    flaky = record(env, "interface_flaky_orders")
    interfaces = outbound | inbound | flaky
    if all(interface.state == "active" for interface in interfaces):
        return "already connected"
    secret_out = config["secret_out"]
    secrets = {
        "credential_medsupply_out": secret_out if isinstance(secret_out, str) else secret_out[0],
        "credential_medsupply_in": config["secret_in"],
        "credential_flaky": config["flaky_secret"],
    }
    for name, secret in secrets.items():
        env["integration.credential.version"].create(
            {"credential_id": record(env, name).id, "secret": secret}
        )
    inbound.token = config["inbound_token"]
    port = {
        "medsupply": config.get("medsupply_port", 8071),
        "flaky": config.get("flaky_port", 8072),
    }
    outbound.url = f"http://127.0.0.1:{port['medsupply']}/orders"
    flaky.url = f"http://127.0.0.1:{port['flaky']}/deliveries"
    # The demo data was loaded under another name of the database: this one is no copy of it.
    env["integration.arming"]._remember("Demo of this machine")
    for interface in interfaces:
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
    for name in ("purchase_order_gloves", "purchase_order_courier"):
        record(env, name).button_confirm()
    return "connected"


def main(env):
    config = json.loads(Path(os.environ["DEMO_CONFIG"]).read_text())
    print(connect(env, config))
    env.cr.commit()


main(env)  # noqa: F821 (the shell provides env)
