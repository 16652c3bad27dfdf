"""When the newest of items and suppliers arrived is taken from the ledger, as far as it is there.

Otherwise the first retry or replay after the upgrade would put something old in place of it.
"""

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine import arrivals
from odoo.addons.integration_core.tools.ticks import tick

HANDLERS = {
    "integration.handler.item": "product.product",
    "integration.handler.supplier": "res.partner",
}
PAGE = 5000


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    for handler, model in HANDLERS.items():
        last = 0
        while found := _newest(cr, handler, model, last):
            last = found[-1][0]
            _remember(env, model, found)


def _newest(cr, handler, model, last):
    """Links after one, each with the message of its record that arrived last of those applied."""
    cr.execute(
        """
        SELECT l.id, l.system_id, l.external_id, n.id
          FROM (SELECT id, system_id, external_id, res_id FROM integration_record_link
                 WHERE res_model = %(model)s AND newest IS NULL AND id > %(last)s
                 ORDER BY id LIMIT %(page)s) l
          LEFT JOIN LATERAL (
               SELECT m.id FROM integration_message m
                 JOIN integration_interface i ON i.id = m.interface_id
                 LEFT JOIN integration_routing_line r
                   ON r.routing_id = i.routing_id AND r.handler = %(handler)s
                  AND starts_with(m.message_type, rtrim(r.message_type, '*'))
                WHERE m.res_model = %(model)s AND m.res_id = l.res_id AND m.state = 'done'
                  AND m.direction = 'inbound' AND i.system_id = l.system_id
                  AND (i.handler = %(handler)s OR r.id IS NOT NULL)
                ORDER BY coalesce(m.original_id, m.id) DESC LIMIT 1) n ON true
         ORDER BY l.id
        """,
        {"model": model, "handler": handler, "last": last, "page": PAGE},
    )
    return cr.fetchall()


def _remember(env, model, found):
    known = arrivals.of(env.cr, [message for *_link, message in found if message])
    ticks = {}
    for _id, system, external_id, message in found:
        if message in known:
            arrival = known[message]
            at = arrival.at.replace(microsecond=0)
            ticks.setdefault(system, {})[external_id] = tick(at, arrival.place)
    for system, said in ticks.items():
        env["integration.record.link"]._remember_newest(system, model, said)
