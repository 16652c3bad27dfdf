from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit, operations, trials, unmapped
from ..tools import data_classes
from ..tools.acts import Act

ACTIVITY = "integration_core.mail_activity_value_proposed"
# Seconds that one call may look for waiting messages, and convert and retry them. The browser asks
# again for the rest, so that no request runs long and each part is committed.
COUNT_SECONDS = 3.0
REPROCESS_SECONDS = 5.0
MAX_ROWS = 200
# Targets offered at once; the dialog searches for others.
MAX_TARGETS = 200


class IntegrationValueMap(models.Model):
    """Proposing and mapping values that messages wait for, and going on with these messages.

    Values are content: they come and go in the arguments of calls and are stored in the value map
    only, where a person has put them.
    """

    _inherit = "integration.value.map"

    # ------------------------------------------------------------------
    # proposals
    # ------------------------------------------------------------------

    def _ask_to_confirm(self):
        """One open task a map for its responsible, or for an administrator if he is none."""
        # sudo: whoever proposes may neither write the map nor read users
        for value_map in self.sudo():
            if value_map.activity_search([ACTIVITY]):
                continue
            administrators = value_map.env.ref("integration_core.group_administrator")
            people = administrators.all_user_ids.filtered(lambda u: u.active and not u.share)
            owner = value_map.owner_id
            value_map.activity_schedule(
                ACTIVITY,
                user_id=(owner if owner in people else people.sorted("id")[:1] or owner).id,
                summary=self.env._("Confirm proposed values: %s", value_map.name),
            )

    def _settle_proposals(self):
        # sudo: the task may be another administrator's
        done = self.sudo().filtered(lambda value_map: not value_map.proposed_count)
        done.activity_unlink([ACTIVITY])

    # ------------------------------------------------------------------
    # the dialog "Map values"
    # ------------------------------------------------------------------

    def value_choices(self, values):
        """For each of ``values`` (dicts with map_id and value): what it may mean, who waits.

        :return: dicts with the first ``targets`` in use, ``proposed`` target, ``periods`` in which
            the value is mapped already, and ``waiting``, the number of quarantined messages
            (``more`` if there was no time to count all)
        """
        self._require_operator()
        # How many messages wait for a value tells whether it was sent: that is content.
        if not self.env.user.has_group("integration_core.group_content_viewer"):
            raise AccessError(
                self.env._("The values are content. Ask for the role “Content viewer”.")
            )
        maps = self.browse({row["map_id"] for row in values}).exists()
        maps.check_access("read")
        counts, complete = maps._count_waiting()
        lines = self.env["integration.value.map.line"].search(
            [("map_id", "in", maps.ids), ("source", "in", [row["value"] for row in values])]
        )
        by_map = lines.grouped("map_id")
        targets = {value_map: value_map.search_targets() for value_map in maps}
        return [
            {
                **by_map.get(value_map, lines.browse())._choices(row["value"]),
                "targets": targets[value_map],
                "waiting": counts.get((value_map.code, row["value"]), 0),
                "more": not complete,
            }
            for row in values
            for value_map in maps.filtered(lambda m, row=row: m.id == row["map_id"])
        ]

    def search_targets(self, text=""):
        """At most 200 targets of this map's confirmed values, those that contain ``text``."""
        self.ensure_one()
        self.check_access("read")
        domain = [("map_id", "=", self.id), ("state", "=", "confirmed")]
        if text:
            domain.append(("target", "ilike", text))
        lines = self.env["integration.value.map.line"]
        return [target for (target,) in lines._read_group(domain, ["target"], limit=MAX_TARGETS)]

    def _count_waiting(self):
        """``({(code, value): messages}, whether all were counted)``."""
        found = {}
        interfaces = self._tellable(unmapped.interfaces_of(self))
        # sudo: converting needs payloads and contracts; nothing of them is returned
        env = self.env(su=True)
        reconversion = unmapped.Reconversion(env)
        complete = unmapped.Progress()
        with trials.charged(self.env):
            for page in unmapped.waiting(env, interfaces.ids, complete, COUNT_SECONDS):
                for one in chain.from_iterable(map(reconversion.unmapped, page)):
                    key = (one.map_name, one.value)
                    found[key] = found.get(key, 0) + 1
        return found, complete.done

    def map_values(self, rows):
        """Add values to their maps: confirmed by an administrator, proposed by an operator.

        :param list rows: dicts with map_id, value, target, and optionally valid_from, valid_to and
            message_id, the message in which the value was found
        :return: dict with ``confirmed`` and the ids of the maps, to go on with
        """
        self._require_operator()
        if not rows or len(rows) > MAX_ROWS:
            raise UserError(self.env._("Map between 1 and %s values at once.", MAX_ROWS))
        lines = self.env["integration.value.map.line"]
        for row in rows:
            lines |= self._map_value(row)
        if lines._may_confirm():
            lines.map_id._settle_proposals()
        return {
            "confirmed": all(line.state == "confirmed" for line in lines),
            "map_ids": lines.map_id.ids,
        }

    def _map_value(self, row):
        line = self.env["integration.value.map.line"]
        message = self.env["integration.message"].browse(row.get("message_id") or [])
        message.check_access("read")
        vals = {
            "target": (row.get("target") or "").strip(),
            "valid_from": row.get("valid_from") or False,
            "valid_to": row.get("valid_to") or False,
        }
        if not row.get("value") or not vals["target"]:
            raise UserError(self.env._("Say what each value means, or leave its line out."))
        proposal = line.search(
            [
                ("map_id", "=", row["map_id"]),
                ("source", "=", row["value"]),
                ("state", "=", "proposed"),
            ],
            limit=1,
        )
        if proposal and line._may_confirm():
            proposal.write({**vals, "state": "confirmed"})
            audit.record(proposal, "confirm")
            return proposal
        return line.create(
            {
                **vals,
                "map_id": row["map_id"],
                "source": row["value"],
                "origin_message_id": message.id,
            }
        )

    # ------------------------------------------------------------------
    # going on
    # ------------------------------------------------------------------

    def action_reprocess_waiting(self):
        """Offer to go on with the messages that waited for a value of these maps."""
        self._require_operator()
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.reprocess_waiting",
            "params": {"map_ids": self.ids},
        }

    def count_waiting(self):
        """How many quarantined messages of these maps' interfaces lack any value.

        Which of them a value would help tells something of their content. For clinical messages
        that is for clinical viewers alone; whoever may not know retries them without a forecast.

        :return: dict with ``waiting`` and ``ready``, those that can be converted by now; with
            ``more`` if there was no time to look at all, or if some may not be counted
        """
        self._require_operator()
        interfaces = unmapped.interfaces_of(self)
        counted = self._countable(interfaces)
        # sudo: as in _count_waiting
        env = self.env(su=True)
        reconversion = unmapped.Reconversion(env)
        progress = unmapped.Progress()
        waiting = ready = 0
        with trials.charged(self.env):
            for page in unmapped.waiting(env, counted.ids, progress, COUNT_SECONDS):
                waiting += len(page)
                ready += sum(reconversion.converts(stored) for stored in page)
        hidden = next(unmapped.waiting(env, (interfaces - counted).ids, unmapped.Progress(), 0), [])
        return {"waiting": waiting, "ready": ready, "more": not progress.done or bool(hidden)}

    @api.model
    def _countable(self, interfaces):
        """Those of which the user may know how many messages wait, for whatever value."""
        if self.env.user.has_group("integration_core.group_clinical_viewer"):
            return interfaces
        return interfaces.filtered(lambda interface: interface.data_class != "clinical")

    @api.model
    def _tellable(self, interfaces):
        """Those of which the user may know how many messages wait for a certain value.

        Whoever asks for the number of any value finds out who sent it: in private content this
        takes a reason, given for a message of the interface.
        """
        revealed = self.env["integration.reveal"]._interfaces()
        return self._countable(interfaces).filtered(
            lambda i: i.data_class not in data_classes.PRIVATE or i in revealed
        )

    def reprocess_waiting(self, after=None):
        """Retry the waiting messages that can be converted by now, for a few seconds.

        :param list after: what the call before returned as ``after``
        :return: dict with ``retried``, ``left`` (still not convertible) and ``after``, ``False``
            when all were looked at
        """
        self._require_operator()
        interfaces = unmapped.interfaces_of(self)
        # sudo: converting needs payloads and contracts; the retry below runs with the user's rights
        env = self.env(su=True)
        reconversion = unmapped.Reconversion(env)
        progress = unmapped.Progress(*(after or (0, 0)))
        retried = left = 0
        for page in unmapped.waiting(env, interfaces.ids, progress, REPROCESS_SECONDS):
            ready = [stored.id for stored in page if reconversion.converts(stored)]
            moved = self._retry(self.env["integration.message"].browse(ready))
            retried += moved
            left += len(page) - moved
        return {
            "retried": retried,
            "left": left,
            "after": False if progress.done else [progress.interface_id, progress.message_id],
        }

    def _retry(self, messages):
        """Retry messages as their operator; return how many went on."""
        if not messages:
            return 0
        messages.check_access("read")
        try:
            return len(operations.operate(messages, Act.RETRY).moved)
        except UserError:
            # None could be taken up again, such as when their documents are gone. Each message
            # says why when it is retried alone; the walk goes on with the next ones.
            return 0

    def _require_operator(self):
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))


class IntegrationValueMapLine(models.Model):
    """What the dialog shows of the values that a map has."""

    _inherit = "integration.value.map.line"

    def _choices(self, value):
        confirmed = self.filtered(lambda line: line.state == "confirmed")
        proposed = self.filtered(lambda line: line.state == "proposed" and line.source == value)
        return {
            "proposed": proposed[:1].target or "",
            "proposed_by": proposed[:1].sudo().proposed_by_id.name or "",  # sudo: the name only
            "periods": [
                {
                    "target": line.target,
                    "valid_from": fields.Date.to_string(line.valid_from) or "",
                    "valid_to": fields.Date.to_string(line.valid_to) or "",
                }
                for line in confirmed
                if line.source == value
            ],
        }
