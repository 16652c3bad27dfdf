from pathlib import Path
import time
import pytest
from tests.e2e.conftest import EAGER, running_suite
from tests.e2e.test_item_exports import line, _STOCKED, _EXPORT, _MOVE
from tests.e2e.mllp_receiver import MllpReceiver, ack
from tests.harness.browser import browser

_IN = """
import itertools
from odoo.addons.integration_core.engine import intake, keys, wakeup
system = env["integration.system"].create({"name": "MMIS", "code": "MMIS", "kind": "other", "environment": "production", "tz": "Europe/Brussels"})
policy = env.ref("integration_core.policy_default").copy({"name": "in", "ordering": "key", "failure_blocks_key": False})
user = env["res.users"].create({"name": "MMIS", "login": "mmis", "group_ids": [(4, env.ref(g).id) for g in ("base.group_user","product.group_product_manager","stock.group_stock_manager")]})
made = env["integration.interface"].create({"name": "Item master in", "system_id": system.id, "policy_id": policy.id, "user_id": user.id, "direction": "inbound", "transport": "mllp", "body_codec": "hl7", "data_class": "internal", "mllp_port": 12999, "mllp_tls": "none", "routing_id": env.ref("integration_ehr_supply.routing_hl7_v2_items").id})
made.action_submit(); made.action_approve(); made.action_activate()
env.company.write({'integration_adjustment_value': 10, 'integration_adjustment_percent': 10})
for control, kind, text in files:
    r = intake.store(env.cr, made._inbound_spec(), intake.Incoming(control, kind, text.encode(), "application/hl7-v2", "corr-"+control, None), keys.optional_ring(env.cr))
wakeup.wake_interfaces_after_commit(env.cr, [made.id])
result = made.id
"""
def item(n, unit="EA"):
    return f"MFE|MAD|R{n}||ST-{n}|CWE\rITM|ST-{n}|Stocked {n}|A|||N||||||||Y\rPKG|1|{unit}||1"
def cnt(n, q):
    return f"MFE|MUP|C{n}||ST-{n}|CWE\rIIM|ST-{n}|ST-{n}||||SHELF||||||{q}|EA"

def test_shots(database):
    out = Path("/tmp/items_shots"); out.mkdir(exist_ok=True)
    with running_suite(database, integration=EAGER) as suite, database.shell() as shell, MllpReceiver(lambda i: ack(i, "AE")) as receiver, browser(1500, 900) as page:
        iface = line(shell, receiver.url, "STOCKOUT", "stock_on_hand", "ehr.stock_on_hand.%")
        made = shell.run(_STOCKED, count=600)
        odd = shell.run("u=env['uom.uom'].create({'name':'Handful'}); p=env['product.product'].create({'name':'Odd','type':'consu','is_storable':True,'uom_id':u.id}); env['stock.quant']._update_available_quantity(p, env['stock.location'].browse(shelf), 3); result=p.id", shelf=made["shelf"])
        export = shell.run(_EXPORT, interface=iface, kind="stock")
        suite.office.run_scheduled("integration_ehr_supply.ir_cron_ehr_export")
        h = lambda c, t: f"MSH|^~\\&|MMIS|MAIN|ODOO|HUB|20260302040000||MFN^{t}|{c}|P|2.8\rMFI|INV||UPD|||NE\r"
        files = [["F1", "MFN^M16", h("F1","M16") + "\r".join(item(n, "EA" if n % 7 else "NOSUCH") for n in range(1, 40)) + "\r"],
                 ["F2", "MFN^M15", h("F2","M15") + "\r".join(cnt(n, n + 1 if n < 20 else n + 500) for n in range(1, 30)) + "\r"]]
        inbound = shell.run(_IN, files=files)
        time.sleep(20)
        page.enter(suite.admin)
        def shot(name, url):
            page.open(suite.server.url + url); time.sleep(4); page.screenshot(out / f"{name}.png")
        for name, xml in (("exports", "action_ehr_export"), ("files", "action_item_files"), ("reports", "action_ehr_stock_report")):
            shot(name, f"/odoo/action-integration_ehr_supply.{xml}")
        shot("export", f"/odoo/action-integration_ehr_supply.action_ehr_export/{export['id']}")
        shot("interface", f"/odoo/action-integration_core.action_integration_interface/{iface}")
        page.evaluate("document.querySelector('button[name=action_ask_ehr_export]').click()"); time.sleep(4); page.screenshot(out / "ask.png")
        whole = suite.database.scalar("SELECT id FROM integration_message WHERE message_type='MFN^M16' AND causation_id IS NULL AND interface_id=%s", [inbound])
        shot("whole", f"/odoo/action-integration_core.action_integration_message/{whole}")
        page.evaluate("document.querySelector('button[name=action_open_parts]').click()"); time.sleep(4); page.screenshot(out / "rows.png")
