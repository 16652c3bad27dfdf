from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine import routes

#: What keeps the census up to date.
HANDLERS = (
    "integration.handler.ehr_encounter",
    "integration.handler.ehr_encounter_state",
    "integration.handler.ehr_bed",
)


class EhrLocation(models.Model):
    """What the census says above itself when its feed does not come."""

    _inherit = "ehr.location"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def feed_notices(self):
        """Feeds of the census that are stopped or silent, for the banner of its screens.

        :return: for each of them ``id``, ``name``, ``why`` (stopped, paused, silent, or waiting:
            messages come, and wait for a person), ``since`` (text of a moment in UTC, or
            ``False``) and ``fallback`` (markup: what people do meanwhile)
        """
        self.check_access("read")
        notices = []
        for interface in self._census_feeds():
            why, since = self._feed_trouble(interface)
            if why:
                notices.append(
                    {
                        "id": interface.id,
                        "name": interface.name,
                        "why": why,
                        "since": since and fields.Datetime.to_string(since),
                        "fallback": interface.manual_fallback or False,
                    }
                )
        return notices

    @api.model
    def _census_feeds(self):
        """Interfaces that tell where patients are."""
        # sudo: readers of the census are no observers of interfaces; they learn name and fallback
        interfaces = self.env["integration.interface"].sudo()
        return interfaces.search(
            Domain("direction", "=", "inbound")
            & Domain("state", "in", ("active", "deprecated"))
            & Domain("company_id", "in", self.env.companies.ids)
            & self._feed_domain()
        )

    @api.model
    def _feed_domain(self):
        domain = Domain("handler", "in", HANDLERS)
        if "routing_id" in self.env["integration.interface"]._fields:
            domain |= Domain("routing_id.line_ids.handler", "in", HANDLERS)
        return domain

    @api.model
    def _feed_trouble(self, interface):
        """Why a feed does not keep the census up to date, and when it last did; ``(None, None)``"""
        last = self._last_heard(interface)
        if interface.receiving_stopped:
            return "stopped", last
        if interface.processing_paused or interface.traffic_held:
            return "paused", last
        minutes = interface.company_id.ehr_feed_silence
        known = last or interface.activated_at
        if not last and interface.last_success and known:
            # It brings other things; of the census nothing was found as far as one looked back.
            known = max(known, fields.Datetime.now() - self._look_back(interface))
        if minutes and known and known < fields.Datetime.now() - timedelta(minutes=minutes):
            return ("waiting" if self._waits_for_person(interface, known) else "silent"), last
        return None, None

    @api.model
    def _look_back(self, interface):
        """How far back the last message about the census is looked for among others."""
        return timedelta(days=1, minutes=interface.company_id.ehr_feed_silence)

    @api.model
    def _last_heard(self, interface):
        """When a message about the census was handled last; ``None``: never, or long ago.

        An interface may bring the schedule as well, which says nothing of where patients are.
        """
        last = interface.last_success or None
        if not last or not interface.routing_id:
            return last
        silence = timedelta(minutes=interface.company_id.ehr_feed_silence)
        # Mostly the last minutes tell; what was long ago is looked for when they do not.
        for back in (silence, self._look_back(interface)):
            self.env.cr.execute(
                "SELECT message_type, max(finished_at) FROM integration_message "
                "WHERE interface_id = %s AND state = 'done' AND finished_at > %s GROUP BY 1",
                [interface.id, fields.Datetime.now() - back],
            )
            heard = [at for kind, at in self.env.cr.fetchall() if self._is_census(interface, kind)]
            if heard:
                return max(heard).replace(microsecond=0)
        return None

    @api.model
    def _is_census(self, interface, message_type):
        route = routes.of_type(interface, message_type)
        return bool(route) and route.handler in HANDLERS

    @api.model
    def _waits_for_person(self, interface, since):
        """Whether messages about the census have come since then that could not be handled."""
        # sudo: that there are some, and of which type
        rows = (
            self.env["integration.message"]
            .sudo()
            ._read_group(
                [
                    ("interface_id", "=", interface.id),
                    ("state", "in", ("quarantined", "dead")),
                    ("created_at", ">", since),
                ],
                ["message_type"],
            )
        )
        return any(self._is_census(interface, kind) for (kind,) in rows)
