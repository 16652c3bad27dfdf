"""What the benchmark of FHIR needs in Odoo: interfaces, and queue jobs that do the same."""

import json
from datetime import UTC, datetime
from urllib.parse import urljoin

from odoo import api, models
from odoo.fields import Command

from odoo.addons.integration_core.engine.conversion import InboundPlan
from odoo.addons.integration_core.engine.inbound_batch import Received
from odoo.addons.integration_core.engine.inbound_plan import inbound_plan
from odoo.addons.integration_ehr_bridge.tools.fhir import resource

#: Read once in a process, where a drain reads them every second.
_plans: dict[tuple[str, int], InboundPlan] = {}


class BenchFhir(models.AbstractModel):
    """Polls of FHIR, and queue jobs that do the same with what they read."""

    _name = "bench.fhir"
    _description = "Benchmark of FHIR"

    @api.model
    def _prepare(self, system):
        """Naming systems that the value map knows, and places that are made as they are told."""
        self.env.company.ehr_create_locations = True
        self.env.ref("integration_ehr_bridge.value_map_fhir_assigner").line_ids = [
            Command.create(
                {"source": f"{system}/{name}", "target": "GENERAL", "state": "confirmed"}
            )
            for name in ("mrn", "visits")
        ]

    @api.model
    def _interface(self, name, url, authority, groups):
        """An active interface that polls visits once in a day, and when it is asked to."""
        fixture = self.env["bench.fixture"]
        system = fixture._system(name)
        system.write({"kind": "ehr", "environment": "production"})
        policy = self.env.ref("integration_core.policy_default").copy({"name": name})
        common = {
            "system_id": system.id,
            "transport": "fhir",
            "data_class": "clinical",
            "policy_id": policy.id,
        }
        source = self._activated(
            common
            | {
                "name": f"{name} source",
                "direction": "outbound",
                "fhir_purpose": "read",
                "url": url,
                "allowed_networks": "127.0.0.0/8, ::1",
                "fhir_ca": authority,
            }
        )
        return self._activated(
            common
            | {
                "name": name,
                "direction": "inbound",
                "body_codec": "fhir",
                "routing_id": self.env.ref("integration_ehr_bridge.routing_fhir_r4_standard").id,
                "user_id": fixture._service_user(name, groups).id,
                "fhir_poll_interface_id": source.id,
                "fhir_poll_search": "Encounter",
                "fhir_poll_seconds": 24 * 3600,
                "fhir_poll_overlap": 0,
            }
        ).id

    def _activated(self, values):
        interface = self.env["integration.interface"].create(values)
        interface.action_submit()
        interface.action_approve()
        interface.action_activate()
        return interface

    @api.model
    def _handle_all(self, interface_id, resources):
        """Handle resources here and now, by the rules of an interface."""
        for one in resources:
            self._handle(resource.body(one), one["resourceType"], interface_id)

    @api.model
    def _due(self, interface_id):
        """Let the search of an interface be due, as its interval would."""
        interface = self.env["integration.interface"].browse(interface_id)
        interface.fhir_poll_ids._due_now()
        interface._wake()

    # -- the reference ---------------------------------------------------------------------

    @api.model
    def _enqueue(self, interface_id):
        self.with_delay(channel="root")._read(interface_id)

    def _read(self, interface_id):
        """Job: read all pages, and make a job for each resource."""
        interface = self.env["integration.interface"].browse(interface_id)
        source = interface.fhir_poll_interface_id
        server = source._transport()._server(source)
        url = f"{server.base}/Encounter?_sort=_lastUpdated&_count=100"
        while url:
            answer = server.ask("GET", url, limit=64 << 20, as_it_is=True)
            page = json.loads(answer.body)
            bodies = self.env["bench.body"].create(
                [
                    {
                        "message_type": entry["resource"]["resourceType"],
                        "body": json.dumps(entry["resource"]),
                    }
                    for entry in page.get("entry", ())
                ]
            )
            for body in bodies:
                self.with_delay(channel="root")._handle_stored(body.id, interface_id)
            links = {link["relation"]: link["url"] for link in page["link"]}
            url = urljoin(url, links["next"]) if "next" in links else None

    def _handle_stored(self, body_id, interface_id):
        """Job: find the rule of a resource, map it, check it, and hand it to the handler."""
        body = self.env["bench.body"].browse(body_id)
        self._handle(body.body.encode(), body.message_type, interface_id, body.id)

    def _handle(self, raw, message_type, interface_id, number=0):
        key = self.env.cr.dbname, interface_id
        if key not in _plans:
            _plans[key] = inbound_plan(self.env["integration.interface"].browse(interface_id))
        plan = _plans[key].of_type(message_type)
        moment = datetime.now(UTC).replace(tzinfo=None)
        data = plan.convert(raw, resource.CONTENT_TYPE, moment)
        received = Received(number, str(number), message_type, None, None, plan.system_id)
        plan.handler(self.env)._process(received, data)
