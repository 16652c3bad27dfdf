"""Connects the demo data of a database with the demo clinic; run by ``odoo shell``.

The secrets are made on this machine and live in the clinic's configuration file (mode 0600).
Running it again does no harm.

    DEMO_CLINIC=…/clinic.json odoo shell -c odoo.conf -d suite_demo < setup/demo/connect_clinic.py
"""

import json
import os
from pathlib import Path

BRIDGE, SUPPLY = "integration_ehr_bridge", "integration_ehr_supply"
#: Login names, as the clinic has them (setup/demo/demo_clinic/settings.py).
LOGIN, READER = "riverside", "riverside.reader"


def connect(env, config):
    """Enter secrets and addresses, and make the interfaces live, the one that is polled first."""
    ready = [
        server(env, config),
        feed(env, config),
        view(env, config),
    ]
    return f"connected: {sum(ready)} of {len(ready)}"


def server(env, config):
    """The clinic's server, which is polled."""
    interface = env.ref(f"{BRIDGE}.interface_riverside_server")
    if interface.state != "draft":
        return False
    interface.write({"url": base(config), "fhir_ca": config["authority"]})
    secret(env, interface, {"secret": config["server_token"]})
    return live(env, interface)


def feed(env, config):
    """What the clinic tells, and what is polled."""
    interface = env.ref(f"{BRIDGE}.interface_riverside_feed")
    if interface.state != "draft":
        return False
    interface.write({"token": config["token"], "fhir_base": base(config)})
    secret(env, interface, {"login": LOGIN, "secret": config["secret"]})
    return live(env, interface)


def view(env, config):
    """What the clinic may read, where there is supply."""
    interface = env.ref(f"{SUPPLY}.interface_riverside_view", raise_if_not_found=False)
    if not interface or interface.state != "draft":
        return False
    interface.token = config["view_token"]
    secret(env, interface, {"login": READER, "secret": config["reader_secret"]})
    return live(env, interface)


def base(config):
    """Address of the clinic's server."""
    return f"https://localhost:{config['port']}/fhir"


def secret(env, interface, values):
    """Enter what proves one side to the other."""
    env["integration.credential.version"].create(
        {"credential_id": interface.credential_id.id, **values}
    )


def live(env, interface):
    """Review, approval and activation: installation data needs no second person."""
    # The demo data was loaded under another name of the database: this one is no copy of it.
    env["integration.arming"]._remember("Demo of this machine")
    interface.action_submit()
    interface.action_approve()
    interface.action_activate()
    return True


def main(env):
    config = json.loads(Path(os.environ["DEMO_CLINIC"]).read_text())
    print(connect(env, config))
    env.cr.commit()


main(env)  # noqa: F821 (the shell provides env)
