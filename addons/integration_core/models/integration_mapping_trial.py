import time
from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.exceptions import AccessError

from ..engine import conversion, routes, trials, unmapped
from ..tools import canonical_json, codecs, data_classes, errors, json_text, mapping
from ..tools.mapping_trial import Trial
from ..tools.value_maps import ValueMapSet

# Characters of a document that can be tried, and of a result that is shown: more than a person
# reads, and few enough that a trial costs no more than the handling of a large message.
TRIAL_CHARS = 500_000
SHOWN_CHARS = 200_000


class IntegrationMapping(models.Model):
    """Trying a mapping on a document: the content travels in the call and is stored nowhere."""

    _inherit = "integration.mapping"

    def trial_setup(self):
        """What the panel offers: rights, and messages of the interfaces that use any version."""
        # sudo: only to find the interfaces; the messages are read with the user's rights
        versions = self.sudo().with_context(active_test=False)
        versions = versions.search([("name", "in", self.mapped("name"))]) if self else versions
        interfaces = versions.interface_ids | versions.rule_ids.routing_id.interface_ids
        return {
            "may_read": self.env.user.has_group("integration_core.group_content_viewer"),
            "may_map": self.env.user.has_group("integration_core.group_operator"),
            "domain": [("interface_id", "in", interfaces.ids)] if interfaces else [],
        }

    def trial_input(self, message_id, reason=""):
        """The content of a stored message as text, and the contracts of its interface.

        :param reason: why private content is needed; asked for when it is not revealed
        :return: dict with ``text``, ``refused`` (a sentence), ``needs_reason``, ``seconds`` after
            which private content has to go (0 if it is not private), and the contracts' ids
        """
        self._require_content_viewer()
        message = self.env["integration.message"].browse(message_id)
        message.check_access("read")
        # sudo: the content's group was checked; a viewer need not be able to read the interface
        interface = message.sudo().interface_id
        before, after = self._trial_contracts(message.sudo(), interface)
        found = {
            "before_id": before.id,
            "after_id": after.id,
            "text": "",
            "refused": "",
            "needs_reason": False,
            "seconds": 0,
        }
        if not message._may_see_class():
            found["refused"] = message._role_sentence(message._effective_class())
            return found
        if message._effective_class() in data_classes.PRIVATE:
            if reason.strip():
                message._reveal(reason)
            elif not message._revealed():
                return found | {"needs_reason": True}
            found["seconds"] = message._look()
        [stored] = unmapped.stored(self.env, message.ids)
        with trials.charged(self.env):
            try:
                # sudo: as above
                value = unmapped.Reconversion(self.env(su=True)).before_mapping(stored)
            except errors.IntegrationError as exc:
                found["refused"] = exc.message
            else:
                found["text"] = json_text.indented(value)
        return found

    def _trial_contracts(self, message, interface):
        """The contracts before and after the mapping, as the engine would choose them.

        :param message: as superuser
        """
        if interface.direction == "outbound":
            canonical = message.event_id.type_id.contract_id
            return canonical.current_version_id, interface.contract_version_id
        route = routes.of_type(interface, message.message_type)
        handler = route.model(self.env) if route else None
        contract = self.env["integration.contract"]
        if handler is not None:
            contract = contract.search([("code", "=", handler._contract)], limit=1)
        wire = route.wire if route else interface.contract_version_id
        return wire, contract.current_version_id

    def run_trial(self, text, options=None):
        """Apply the mapping to ``text`` and tell everything that is wrong.

        :param dict options: ``message_id`` for the day and the context of a stored message,
            ``before_id`` and ``after_id`` contract versions, ``spec`` with the unsaved content
            of the form (header, sections, value_map_ids), heeded for those who may write mappings
        :return: dict for the panel (see ``mapping_trial.js``)
        :raises UserError: the user has tried out too much of late
        """
        self._require_content_viewer()
        options = options or {}
        found = {"output": "", "faults": [], "missing": [], "before": [], "after": [], "ms": 0}
        day, context = self._trial_day(options.get("message_id"))
        found["day"] = fields.Date.to_string(day)
        if len(text) > TRIAL_CHARS:
            sentence = self.env._(
                "The document is longer than %s characters. Try a shorter one.", TRIAL_CHARS
            )
            found["faults"].append({"place": "", "message": sentence})
            return found
        with trials.charged(self.env):
            try:
                spec, value_maps = self._trial_spec(options.get("spec"))
                compiled = mapping.compile_mapping(spec)
                value = canonical_json.loads(text.encode(), max_depth=codecs.MAX_DEPTH)
            except (errors.MappingError, ValueError) as exc:
                found["faults"].append({"place": "", "message": str(exc)})
                return found
            maps = ValueMapSet(value_maps._entries()).on(day)
            self._trial_run(found, compiled, value, maps, context, options)
        return found

    def _trial_run(self, found, compiled, value, maps, context, options):
        trial = Trial()
        clock = time.perf_counter()
        result = compiled.apply(value, maps, context, trial)
        found["ms"] = round((time.perf_counter() - clock) * 1000, 1)
        text = json_text.indented(result)
        if len(text) > SHOWN_CHARS:
            text = text[:SHOWN_CHARS] + "\n…"
        found["output"] = text
        found["faults"] = [{"place": f.place, "message": f.message} for f in trial.findings]
        codes = {m.code: m for m in self.env["integration.value.map"].search([])}
        found["missing"] = [
            {
                "map_id": codes[u.map_name].id,
                "map_name": codes[u.map_name].display_name,
                "value": u.value,
                "place": u.place,
                "message_id": options.get("message_id") or False,
            }
            for u in trial.unmapped
            if u.map_name in codes
        ]
        found["before"] = self._trial_violations(options.get("before_id"), value)
        found["after"] = self._trial_violations(options.get("after_id"), result)

    def _trial_violations(self, version_id, value):
        version = self.env["integration.contract.version"].browse(version_id or [])
        if not version:
            return []
        version.check_access("read")
        pairs = (text.partition(": ") for text in version._validator().violations(value))
        return [{"place": place, "message": message} for place, _colon, message in pairs]

    def _trial_spec(self, unsaved):
        """``(specification, value maps)`` of the form as it stands, or as it is saved."""
        if not unsaved or not self.browse().has_access("write"):
            return self._spec(), self.value_map_ids
        sections = tuple(
            mapping.Section(
                target=section.get("target") or "",
                source=section.get("source") or "",
                expression=section.get("expression") or "",
                optional=bool(section.get("optional")),
            )
            for section in unsaved.get("sections") or ()
        )
        value_maps = self.env["integration.value.map"].with_context(active_test=False)
        value_maps = value_maps.search([("id", "in", unsaved.get("value_map_ids") or [])])
        return mapping.MappingSpec(unsaved.get("header") or "", sections), value_maps

    def _trial_day(self, message_id):
        """``(day, context)``: those of the message, or of today and nobody in particular."""
        message = self.env["integration.message"].browse(message_id or [])
        if not message:
            context = {"system": None, "zone": "UTC", "company": self.env.company.id}
            context["moment"] = conversion.moment_text(fields.Datetime.now())
            return fields.Date.context_today(self), context
        message.check_access("read")
        # sudo: the day, the time zone and the code of its system, nothing else
        message = message.sudo()
        interface = message.interface_id
        zone = ZoneInfo(interface.system_id.tz or "UTC")
        moment = message._moment()
        context = conversion.mapping_context(interface)
        context["moment"] = conversion.moment_text(moment)
        return moment.replace(tzinfo=UTC).astimezone(zone).date(), context

    def _require_content_viewer(self):
        self.browse().check_access("read")
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            raise AccessError(
                self.env._(
                    "A trial shows content. Ask an administrator for the role “Content viewer”."
                )
            )
